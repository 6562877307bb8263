"""Use case of the usage page: how a budget burns down, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.store import Operational, Tx
from wavehouse.usage.queries import calendar, reading
from wavehouse.usage.rules import periods
from wavehouse.usage.service.budgets import list_budgets
from wavehouse.usage.types import Budget, BudgetPeriod, BudgetScope

_DAYS = 30


@dataclass(frozen=True, slots=True)
class BurnDown:
    """The days of a budget's period with the remainder after each; None for future days.

    If the organization has no budget: the last 30 days with their costs.
    """

    budget: Budget | None
    limit: Decimal
    currency: str
    days: tuple[tuple[date, Decimal | None], ...]


def burn_down(tx: Tx[Operational], *, identity: Identity) -> BurnDown:
    """The burn-down of the organization's monthly budget, else weekly, else the daily costs."""
    zone = periods.zone_of(calendar.timezone(tx, organization_id=identity.organization_id))
    today = clock.now().astimezone(zone).date()
    budget = _chosen(list_budgets(tx, identity=identity))
    if budget is None:
        first, last = today - timedelta(days=_DAYS - 1), today
    else:
        first = budget.period_starts_at.astimezone(zone).date()
        last = budget.period_ends_at.astimezone(zone).date() - timedelta(days=1)
    rows = reading.spent_by_day(
        tx, organization_id=identity.organization_id, first=first, last=max(last, first)
    )
    spent = {row.usage_date: row.cost for row in rows}
    currency = budget.currency if budget else (rows[0].currency if rows else "EUR")
    limit = budget.hard_limit + budget.granted if budget else Decimal(0)
    days: list[tuple[date, Decimal | None]] = []
    left = limit
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        left -= spent.get(day, Decimal(0))
        value = left if budget else spent.get(day, Decimal(0))
        days.append((day, value if day <= today else None))
    return BurnDown(budget, limit, currency, tuple(days))


def _chosen(budgets: list[Budget]) -> Budget | None:
    for period in (BudgetPeriod.MONTH, BudgetPeriod.WEEK):
        for budget in budgets:
            if budget.scope == BudgetScope.ORGANIZATION and budget.period == period:
                return budget
    return None
