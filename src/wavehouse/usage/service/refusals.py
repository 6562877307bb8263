"""Errors that refuse a call."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from wavehouse.kernel.errors import Refused
from wavehouse.queue import OverBudget
from wavehouse.usage.types import ReserveAnswer


class BudgetExhausted(OverBudget):
    """The call would exceed a budget's limit (U4, U7)."""

    code = "budget_exhausted"
    title = "The budget does not allow this call"

    def __init__(self, answer: ReserveAnswer, *, asked: Decimal, currency: str) -> None:
        """``answer`` is the database's response; ``asked`` is the upper bound of the call."""
        self.budget_id: UUID | None = answer.budget_id
        self.budget = answer.budget_name or ""
        self.limit = answer.hard_limit or Decimal(0)
        self.spent = answer.settled or Decimal(0)
        self.reserved = answer.reserved or Decimal(0)
        self.resets_at: datetime | None = answer.resets_at
        self.asked = asked
        self.currency = currency
        until = self.resets_at.isoformat() if self.resets_at else "never automatically: top it up"
        super().__init__(
            f"the budget {self.budget!r} does not allow this call: {plain(self.spent)} spent and "
            f"{plain(self.reserved)} reserved of {plain(self.limit)} {currency}, the call may cost "
            f"{plain(asked)}; resets {until}",
            hint="Wait for the next period, raise the limit, or top the budget up.",
            command=f"wavehouse budgets grant {self.budget_id} --amount 1.00",
        )


class Unpriced(Refused):
    """The model has no price for a unit the call may use, and no budget allows that."""

    code = "unpriced"
    http_status = 402
    title = "The model has no price"


def plain(amount: Decimal) -> str:
    """An amount as a decimal number without trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
