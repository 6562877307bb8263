"""``/api/v1/usage`` and ``/api/v1/budgets``. Amounts are decimal text; numbers are refused.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close over
the gate.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.fields import Exact, Line
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE, Page, cut, decoded
from wavehouse.store import Database, Operational
from wavehouse.usage.service import budgets, models, reading
from wavehouse.usage.types import (
    Budget,
    BudgetId,
    BudgetPeriod,
    BudgetScope,
    Daily,
    EventRow,
    Grant,
    Model,
    PastPeriod,
    PriceRow,
)
from wavehouse.workspace import Edge, Gate

Plain = Annotated[Decimal, PlainSerializer(lambda value: f"{value:f}", return_type=str)]
"""An amount on the wire: decimal text with all its digits, never in scientific form."""
Amount = Annotated[Exact, Field(min_length=1, max_length=40)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


class BudgetIn(BaseModel):
    """A budget to set: for the organization unless ``scope`` and ``scope_ref`` say otherwise."""

    model_config = ConfigDict(extra="forbid")

    limit: Amount
    currency: Annotated[Exact, Field(min_length=3, max_length=3)]
    scope: BudgetScope = BudgetScope.ORGANIZATION
    scope_ref: Annotated[Exact, Field(max_length=256)] | None = None
    period: BudgetPeriod = BudgetPeriod.MONTH
    name: Annotated[Line, Field(max_length=200)] = ""
    hard: bool = True
    allow_unpriced: bool = False
    thresholds: list[int] = Field(default_factory=lambda: [50, 80, 100], max_length=20)
    notify_emails: list[Exact] = Field(default_factory=list, max_length=20)


class GrantIn(BaseModel):
    """A top-up."""

    model_config = ConfigDict(extra="forbid")

    amount: Amount
    currency: Annotated[Exact, Field(min_length=3, max_length=3)] | None = None
    note: Annotated[Line, Field(max_length=200)] = ""


@dataclass(frozen=True)
class BudgetOut:
    """A budget in its current period; amounts are decimal text."""

    budget_id: UUID
    name: str
    scope: str
    scope_ref: str | None
    period: str
    currency: str
    limit: Plain
    granted: Plain
    spent: Plain
    reserved: Plain
    hard: bool
    allow_unpriced: bool
    thresholds: list[int]
    notify_emails: list[str]
    period_starts_at: datetime
    resets_at: datetime | None


def budget_out(budget: Budget) -> BudgetOut:
    """The budget as a response."""
    return BudgetOut(
        budget_id=budget.budget_id,
        name=budget.name,
        scope=budget.scope,
        scope_ref=budget.scope_ref or (None if budget.scope_id is None else str(budget.scope_id)),
        period=budget.period,
        currency=budget.currency,
        limit=budget.hard_limit,
        granted=budget.granted,
        spent=budget.settled,
        reserved=budget.reserved,
        hard=budget.is_hard,
        allow_unpriced=budget.allow_unpriced,
        thresholds=budget.soft_thresholds,
        notify_emails=budget.notify_emails,
        period_starts_at=budget.period_starts_at,
        resets_at=None if budget.period == BudgetPeriod.TOTAL else budget.period_ends_at,
    )


@dataclass(frozen=True)
class DailyOut(Daily):
    """The usage of a day by model, project and unit."""

    quantity: Plain
    cost: Plain


@dataclass(frozen=True)
class EventOut(EventRow):
    """A usage event."""

    cost: Plain


@dataclass(frozen=True)
class PriceOut(PriceRow):
    """The price of a unit from a given time."""

    price: Plain


@dataclass(frozen=True)
class PastPeriodOut(PastPeriod):
    """A past period of a budget."""

    hard_limit: Plain
    granted: Plain
    settled: Plain


@dataclass(frozen=True)
class GrantOut(Grant):
    """An amount added to a budget."""

    amount: Plain


@dataclass(frozen=True)
class History:
    """Past periods and grants."""

    periods: list[PastPeriodOut]
    grants: list[GrantOut]


def routers(edge: Edge) -> Iterable[APIRouter]:
    """The routes of the API."""
    operational = edge.workspace.stores.operational
    return [_usage(operational, edge.gate), _budgets(operational, edge.gate)]


def _usage(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/usage", tags=["usage"])
    scope = Scope.USAGE_READ
    Reader = Annotated[Identity, Depends(gate(scope))]  # noqa: N806 - it is a type

    @api.get("/daily", responses=gate.answers(scope, 422))
    def daily(
        identity: Reader,
        first: Annotated[date | None, Query(alias="from")] = None,
        last: Annotated[date | None, Query(alias="to")] = None,
        project_id: UUID | None = None,
    ) -> list[DailyOut]:
        """Usage by local day, project, model and unit; default: the last 30 days."""
        with database.app(identity.organization_id) as tx:
            rows = reading.usage_by_day(
                tx, identity=identity, first=first, last=last, project_id=project_id
            )
        return [DailyOut(**asdict(row)) for row in rows]

    @api.get("/events", responses=gate.answers(scope, 422))
    def events(
        identity: Reader,
        limit: Limit = PAGE,
        cursor: Annotated[str | None, Query(max_length=2000)] = None,
    ) -> Page[EventOut]:
        """Usage events, latest first."""
        with database.app(identity.organization_id) as tx:
            rows = reading.list_events(
                tx, identity=identity, before=_place(cursor), limit=limit + 1
            )
        return cut(
            [EventOut(**asdict(row)) for row in rows],
            key=lambda e: (e.occurred_at.isoformat(), str(e.event_id)),
            limit=limit,
        )

    @api.get("/models", responses=gate.answers(scope))
    def list_models(identity: Reader) -> list[Model]:
        """The registered models."""
        with database.app(identity.organization_id) as tx:
            return models.list_models(tx, identity=identity)

    @api.get("/prices", responses=gate.answers(scope, 422))
    def prices(
        identity: Reader, model: Annotated[Exact | None, Query(max_length=255)] = None
    ) -> list[PriceOut]:
        """Prices with all their revisions."""
        with database.app(identity.organization_id) as tx:
            rows = models.list_prices(tx, identity=identity, model=model)
        return [PriceOut(**asdict(row)) for row in rows]

    return api


def _budgets(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/budgets", tags=["budgets"])
    reads, writes = Scope.USAGE_READ, Scope.USAGE_WRITE
    Reader = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type

    @api.get("", responses=gate.answers(reads))
    def list_budgets(identity: Reader) -> list[BudgetOut]:
        """The budgets in their current periods, widest scope first; at most 1,000."""
        with database.app(identity.organization_id) as tx:
            return [budget_out(b) for b in budgets.list_budgets(tx, identity=identity)]

    @api.put("", responses=gate.answers(writes, 413, 422))
    def set_budget(body: BudgetIn, identity: Writer) -> BudgetOut:
        """Set the budget of a scope and period; spending in the current period already counts."""
        new = budgets.NewBudget(**body.model_dump())
        with database.app(identity.organization_id) as tx:
            return budget_out(budgets.set_budget(tx, identity=identity, new=new))

    @api.get("/history", responses=gate.answers(reads, 404, 422))
    def history(identity: Reader, budget_id: UUID | None = None, limit: Limit = PAGE) -> History:
        """Past periods and grants, latest first."""
        chosen = None if budget_id is None else BudgetId(budget_id)
        with database.app(identity.organization_id) as tx:
            periods = budgets.history(tx, identity=identity, budget_id=chosen, limit=limit)
            grants = budgets.list_grants(tx, identity=identity, limit=limit)
        return History(
            [PastPeriodOut(**asdict(period)) for period in periods],
            [GrantOut(**asdict(g)) for g in grants if chosen in (None, g.budget_id)],
        )

    @api.post("/{budget_id}/grants", responses=gate.answers(writes, 404, 413, 422))
    def grant(budget_id: UUID, body: GrantIn, identity: Writer) -> BudgetOut:
        """Top up a budget: for its current period, or permanently when its period is total."""
        with database.app(identity.organization_id) as tx:
            return budget_out(
                budgets.grant(
                    tx,
                    identity=identity,
                    budget_id=BudgetId(budget_id),
                    amount=body.amount,
                    currency=body.currency,
                    note=body.note,
                )
            )

    @api.delete("/{budget_id}", status_code=204, responses=gate.answers(writes, 404, 422))
    def delete_budget(budget_id: UUID, identity: Writer) -> None:
        """Remove a budget with its history; usage is kept."""
        with database.app(identity.organization_id) as tx:
            budgets.delete_budget(tx, identity=identity, budget_id=BudgetId(budget_id))

    return api


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, event_id = decoded(cursor, 2)
    try:
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None:
            raise ValueError("the time has no time zone")
        return instant, UUID(event_id)
    except ValueError:
        raise UsageError("invalid cursor", hint="Begin without a cursor.") from None
