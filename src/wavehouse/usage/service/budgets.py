"""Use cases of budgets: set, list, top up, history, remove (U4, U7, U8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.store import Operational, Tx
from wavehouse.usage.queries import budgets as queries
from wavehouse.usage.queries import spending
from wavehouse.usage.rules.amounts import amount_of, currency_of
from wavehouse.usage.service.periods import ensure_periods, period_at
from wavehouse.usage.types import (
    EVERY_END_USER,
    Budget,
    BudgetId,
    BudgetPeriod,
    BudgetScope,
    Grant,
    PastPeriod,
    PeriodKind,
)

THRESHOLDS = (50, 80, 100)
FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)
_LONGEST = 200
_MOST_EMAILS = 20


@dataclass(frozen=True, slots=True)
class NewBudget:
    """The settings of a budget.

    ``scope_ref`` is the project's or key's id, or the end user; ``*`` gives every end user a
    separate budget. ``hard`` refuses calls beyond the limit; otherwise the budget only warns.
    """

    limit: Decimal | str | int
    currency: str
    scope: BudgetScope = BudgetScope.ORGANIZATION
    scope_ref: str | None = None
    period: BudgetPeriod = BudgetPeriod.MONTH
    name: str = ""
    hard: bool = True
    allow_unpriced: bool = False
    thresholds: Sequence[int] = THRESHOLDS
    notify_emails: Sequence[str] = ()


def set_budget(tx: Tx[Operational], *, identity: Identity, new: NewBudget) -> Budget:
    """Add a budget, or change the one with the same scope and period; past spending counts.

    Raises InvalidInput for a limit that is negative or a float, for a currency other than the
    organization's, and for a scope without its id.
    """
    organization_id = identity.organization_id
    limit, currency = amount_of(new.limit, "limit"), currency_of(new.currency)
    scope_id, scope_ref = _scope(new.scope, new.scope_ref)
    name = words.line(new.name)[:_LONGEST] or _name(new)
    ledger = spending.insert_ledger(
        tx, organization_id=organization_id, currency=currency, at=clock.now()
    )
    if ledger != currency:
        raise InvalidInput(
            f"the organization's usage is counted in {ledger}; a budget in {currency} cannot be "
            "compared with it",
            where="currency",
            hint=f"Give the limit in {ledger}.",
        )
    queries.lock_totals(tx, organization_id=organization_id)
    ensure_periods(tx, identity=identity)
    queries.roll(tx, organization_id=organization_id, now=clock.now())
    starts_at, ends_at = _span(tx, identity, new.period)
    budget_id = queries.put_budget(
        tx,
        organization_id=organization_id,
        name=name,
        scope=new.scope,
        scope_id=scope_id,
        scope_ref=scope_ref,
        period=new.period,
        currency=currency,
        hard_limit=limit,
        thresholds=_thresholds(new.thresholds),
        is_hard=new.hard,
        allow_unpriced=new.allow_unpriced,
        notify_emails=_emails(new.notify_emails),
        starts_at=starts_at,
        ends_at=ends_at,
    )
    if scope_ref == EVERY_END_USER:
        queries.follow_pattern(tx, organization_id=organization_id, period=new.period)
    _record(tx, identity, budget_id, "set", limit=f"{limit:f}", currency=currency)
    spending.unblock(tx, organization_id=organization_id)
    return show_budget(tx, identity=identity, budget_id=budget_id)


def list_budgets(tx: Tx[Operational], *, identity: Identity) -> list[Budget]:
    """The organization's budgets in their current periods, widest scope first."""
    organization_id = identity.organization_id
    if any(b.period_ends_at <= clock.now() for b in queries.budgets(
        tx, organization_id=organization_id
    )):  # fmt: skip
        ensure_periods(tx, identity=identity)
        queries.roll(tx, organization_id=organization_id, now=clock.now())
    return queries.budgets(tx, organization_id=organization_id)


def show_budget(tx: Tx[Operational], *, identity: Identity, budget_id: BudgetId) -> Budget:
    """One budget. NotFound when the organization has none with this id."""
    budget = queries.budget(tx, organization_id=identity.organization_id, budget_id=budget_id)
    if budget is None:
        raise NotFound(
            "there is no such budget", where=str(budget_id), command="wavehouse budgets list"
        )
    return budget


def grant(
    tx: Tx[Operational],
    *,
    identity: Identity,
    budget_id: BudgetId,
    amount: Decimal | str | int,
    currency: str | None = None,
    note: str = "",
) -> Budget:
    """Top up a budget: for its current period, or permanently when its period is ``total``.

    InvalidInput for an amount that is zero, negative, a float, or in another currency.
    """
    value = amount_of(amount)
    list_budgets(tx, identity=identity)
    budget = show_budget(tx, identity=identity, budget_id=budget_id)
    if value == 0:
        raise InvalidInput("the amount is zero", where="amount")
    if currency is not None and currency_of(currency) != budget.currency:
        raise InvalidInput(
            f"the budget is in {budget.currency}, the amount in {currency_of(currency)}",
            where="currency",
        )
    amount_of(budget.granted + value, "amount")
    queries.grant(
        tx,
        organization_id=identity.organization_id,
        budget_id=budget_id,
        amount=value,
        note=words.line(note)[:_LONGEST],
        user_id=identity.user_id,
        at=clock.now(),
    )
    _record(tx, identity, budget_id, "granted", amount=f"{value:f}", currency=budget.currency)
    spending.unblock(tx, organization_id=identity.organization_id)
    return show_budget(tx, identity=identity, budget_id=budget_id)


def list_grants(tx: Tx[Operational], *, identity: Identity, limit: int = 50) -> list[Grant]:
    """The grants of the organization, newest first."""
    return queries.grants(tx, organization_id=identity.organization_id, limit=limit)


def history(
    tx: Tx[Operational],
    *,
    identity: Identity,
    budget_id: BudgetId | None = None,
    limit: int = 50,
) -> list[PastPeriod]:
    """Past periods with their allowance and spending, latest first."""
    list_budgets(tx, identity=identity)
    if budget_id is not None:
        show_budget(tx, identity=identity, budget_id=budget_id)
    return queries.past_periods(
        tx, organization_id=identity.organization_id, budget_id=budget_id, limit=limit
    )


def delete_budget(tx: Tx[Operational], *, identity: Identity, budget_id: BudgetId) -> None:
    """Remove a budget with its history; usage is kept. NotFound when it does not exist."""
    show_budget(tx, identity=identity, budget_id=budget_id)
    queries.delete_budget(tx, organization_id=identity.organization_id, budget_id=budget_id)
    _record(tx, identity, budget_id, "deleted")
    spending.unblock(tx, organization_id=identity.organization_id)


def _span(
    tx: Tx[Operational], identity: Identity, period: BudgetPeriod
) -> tuple[datetime, datetime]:
    now = clock.now()
    if period == BudgetPeriod.TOTAL:
        return now, FOR_EVER
    present = period_at(tx, identity=identity, kind=PeriodKind(period.value), at=now)
    return present.starts_at, present.ends_at


def _scope(scope: BudgetScope, ref: str | None) -> tuple[UUID | None, str | None]:
    text = (ref or "").strip()
    if scope == BudgetScope.ORGANIZATION:
        if text:
            raise InvalidInput("a budget for the organization takes no id", where="scope_ref")
        return None, None
    if not text:
        raise InvalidInput(
            f"a budget of one {scope.replace('_', ' ')} needs its id", where="scope_ref"
        )
    if scope == BudgetScope.END_USER:
        if len(text) > 256 or not words.is_plain(text):
            raise InvalidInput("invalid end user: at most 256 characters", where="scope_ref")
        return None, text
    try:
        return UUID(text), None
    except ValueError:
        raise InvalidInput(
            f"invalid id of the {scope.replace('_', ' ')}: {text[:60]!r}",
            where="scope_ref",
            hint="Ids look like 01900000-0000-7000-8000-000000000000.",
        ) from None


def _name(new: NewBudget) -> str:
    scope = new.scope.replace("_", " ")
    whose = f" {new.scope_ref}" if new.scope_ref else ""
    each = "in total" if new.period == BudgetPeriod.TOTAL else f"a {new.period}"
    return f"{scope.capitalize()}{whose}, {each}"[:_LONGEST]


def _thresholds(given: Sequence[int]) -> list[int]:
    if not all(isinstance(each, int) and 1 <= each <= 100 for each in given) or len(given) > 20:
        raise InvalidInput("thresholds are whole numbers from 1 to 100", where="thresholds")
    return sorted(set(given))


def _emails(given: Sequence[str]) -> list[str]:
    emails = [each.strip() for each in given if each.strip()]
    for email in emails:
        local, at, host = email.rpartition("@")
        if not (local and at and "." in host and words.is_plain(email)) or len(email) > 254:
            raise InvalidInput(f"invalid email address: {email[:80]!r}", where="notify_emails")
    if len(emails) > _MOST_EMAILS:
        raise InvalidInput(f"at most {_MOST_EMAILS} email addresses", where="notify_emails")
    return list(dict.fromkeys(emails))


def _record(
    tx: Tx[Operational], identity: Identity, budget_id: BudgetId, verb: str, **metadata: str
) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=f"budget.{verb}",
        resource=("budget", budget_id),
        organization_id=identity.organization_id,
        metadata=dict(metadata),
    )
