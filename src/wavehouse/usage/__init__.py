"""Public interface of ``usage``: models and prices, reserving and settling, budgets.

A model call is paid for in three steps: ``reserve`` before it, ``settle`` after it, or ``release``
when nothing was used. See docs/concepts/budgets.md.
"""

from wavehouse.usage.service.budgets import (
    NewBudget,
    delete_budget,
    grant,
    history,
    list_budgets,
    list_grants,
    set_budget,
    show_budget,
)
from wavehouse.usage.service.burning import BurnDown, burn_down
from wavehouse.usage.service.correcting import last_reconciliation, reconcile, reprice
from wavehouse.usage.service.gateway import Route, routes
from wavehouse.usage.service.models import (
    add_model,
    add_price,
    import_prices,
    list_models,
    list_prices,
)
from wavehouse.usage.service.periods import change_timezone, ensure_periods
from wavehouse.usage.service.reading import usage_by_day
from wavehouse.usage.service.refusals import BudgetExhausted, Unpriced, plain
from wavehouse.usage.service.spending import find_model, release, reserve, settle, sweep
from wavehouse.usage.types import (
    Budget,
    BudgetId,
    BudgetPeriod,
    BudgetScope,
    Caller,
    Daily,
    EventStatus,
    Modality,
    ModelId,
    Repriced,
    Reservation,
    ReservationId,
    Settled,
    Unit,
    Used,
)

__all__ = [
    "Budget",
    "BudgetExhausted",
    "BudgetId",
    "BudgetPeriod",
    "BudgetScope",
    "BurnDown",
    "Caller",
    "Daily",
    "EventStatus",
    "Modality",
    "ModelId",
    "NewBudget",
    "Repriced",
    "Reservation",
    "ReservationId",
    "Route",
    "Settled",
    "Unit",
    "Unpriced",
    "Used",
    "add_model",
    "add_price",
    "burn_down",
    "change_timezone",
    "delete_budget",
    "ensure_periods",
    "find_model",
    "grant",
    "history",
    "import_prices",
    "last_reconciliation",
    "list_budgets",
    "list_grants",
    "list_models",
    "list_prices",
    "plain",
    "reconcile",
    "release",
    "reprice",
    "reserve",
    "routes",
    "set_budget",
    "settle",
    "show_budget",
    "sweep",
    "usage_by_day",
]
