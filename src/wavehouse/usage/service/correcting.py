"""Use cases of correction: apply corrected prices, compare totals with events, repair (U9, U10)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.kernel.ids import OrganizationId, uuid7
from wavehouse.store import Database, Operational, Tx
from wavehouse.usage.queries import budgets, calendar, correcting, models, spending
from wavehouse.usage.rules import pricing
from wavehouse.usage.service.alerts import announce
from wavehouse.usage.service.periods import ensure_periods
from wavehouse.usage.types import Difference, NetEvent, Reconciliation, Repriced

STANDARD = "standard"
_BATCH = 200
_COMPARED = timedelta(days=365)
MONTH_OPEN = timedelta(days=3)
"""The time that a month stays open for late events after its end."""


def reprice(
    operational: Database[Operational],
    *,
    identity: Identity,
    model: str,
    since: datetime,
    until: datetime | None = None,
    dry_run: bool = False,
) -> Repriced:
    """Recalculate a model's events at the prices now known for their time (U9).

    Each difference is an adjustment event; no event is changed. Running it again adjusts nothing.
    It works for all organizations, and lets the jobs run that waited for budget.
    """
    until = until or clock.now() + timedelta(seconds=1)
    if until <= since:
        raise InvalidInput("the end is before the start", where="until")
    with operational.worker() as tx:
        ids = models.model_ids(tx, name=model)
    if not ids:
        raise NotFound(f"there is no model {model!r} in the registry", where="model")
    examined, adjusted, difference = 0, 0, Decimal(0)
    organizations: set[OrganizationId] = set()
    after = None
    while True:
        with operational.worker() as tx:
            events = correcting.net_events(
                tx, model_id=ids[0], since=since, until=until, after=after, limit=_BATCH
            )
            for event in events:
                change = _repriced(tx, identity, ids[0], event, dry_run=dry_run)
                if change is not None:
                    adjusted, difference = adjusted + 1, difference + change
                    organizations.add(OrganizationId(event.organization_id))
        examined += len(events)
        if len(events) < _BATCH:
            break
        after = (events[-1].occurred_at, events[-1].event_id)
    unblocked = 0
    if not dry_run:
        with operational.worker() as tx:
            unblocked = sum(spending.unblock(tx, organization_id=each) for each in organizations)
            audit.record(
                tx,
                actor=accounts.user_actor(identity),
                action="usage.repriced",
                resource=("model", ids[0]),
                organization_id=identity.organization_id,
                metadata={"adjusted": adjusted, "difference": f"{difference:f}"},
            )
    return Repriced(examined, adjusted, difference, unblocked)


def _repriced(
    tx: Tx[Operational], identity: Identity, model_id: object, event: NetEvent, *, dry_run: bool
) -> Decimal | None:
    """The adjustment of an event; None when its cost is already right."""
    prices = pricing.prices_of(
        spending.prices_at(
            tx,
            model_id=model_id,  # type: ignore[arg-type]
            currency=event.currency,
            tier=STANDARD,
            at=event.occurred_at,
        )
    )
    cost = pricing.cost_of(pricing.quantities_of(event.lines), prices)
    lines = pricing.change(event.net_lines, cost)
    if not lines:
        return None
    difference = sum((line.cost for line in lines), Decimal(0))
    if not dry_run:
        alerts = correcting.adjust(
            tx,
            organization_id=event.organization_id,
            event_id=event.event_id,
            occurred_at=event.occurred_at,
            adjustment_id=uuid7(),
            number=event.adjustments + 1,
            cost=difference,
            lines=pricing.as_json(lines),
            priced_from=max((x.effective_from for x in lines if x.effective_from), default=None),
            metadata={"reason": "reprice"},
            now=clock.now(),
        )
        owner = Identity(
            OrganizationId(event.organization_id), identity.user_id, identity.name, identity.role
        )
        announce(tx, identity=owner, alerts=alerts)
    return difference


def reconcile(
    operational: Database[Operational], *, identity: Identity, repair: bool = False
) -> list[Difference]:
    """Compare the organization's totals with its events, exactly; returns the differences (U10).

    ``repair`` sets the totals to the sums and returns the differences found. Settlements wait
    meanwhile.
    """
    organization_id, now = identity.organization_id, clock.now()
    since = (now - _COMPARED).date()
    with operational.worker(snapshot=not repair) as tx:
        if repair:
            budgets.lock_totals(tx, organization_id=organization_id)
        differing = correcting.differences(tx, organization_id=organization_id, since=since)
        number = correcting.compared(tx, organization_id=organization_id, since=since)
        left = differing
        if repair and differing:
            correcting.repair_days(tx, organization_id=organization_id, since=since, now=now)
            correcting.repair_budgets(tx, organization_id=organization_id)
            correcting.repair_periods(tx, organization_id=organization_id, since=since)
            left = correcting.differences(tx, organization_id=organization_id, since=since)
            audit.record(
                tx,
                actor=accounts.user_actor(identity),
                action="usage.repaired",
                resource=("organization", organization_id),
                organization_id=organization_id,
                metadata={"differences": len(differing)},
            )
    with operational.worker() as tx:
        correcting.put_reconciliation(
            tx,
            organization_id=organization_id,
            compared=number,
            differences=[{k: str(v) for k, v in asdict(each).items()} for each in left],
            repaired=repair and bool(differing),
            now=now,
        )
    return differing


def last_reconciliation(tx: Tx[Operational], *, identity: Identity) -> Reconciliation | None:
    """The organization's last comparison, or None before the first."""
    rows = correcting.reconciliations(tx, organization_id=identity.organization_id)
    return rows[0] if rows else None


def nightly(operational: Database[Operational], *, identity: Identity) -> int:
    """Create partitions and periods, close months, reconcile; returns how many differ.

    Upkeep: ``identity`` is the operator's; it works for all organizations.
    """
    now = clock.now()
    with operational.worker() as tx:
        correcting.ensure_months(tx, months=[now, now + timedelta(days=31)])
        organizations = calendar.organizations(tx)
    differing = 0
    for organization_id in organizations:
        owner = Identity(organization_id, identity.user_id, identity.name, identity.role)
        with operational.worker() as tx:
            ensure_periods(tx, identity=owner)
        differing += bool(reconcile(operational, identity=owner))
    with operational.worker() as tx:
        calendar.close_months(tx, ended_before=now - MONTH_OPEN, now=now)
    return differing


def roll_budgets(operational: Database[Operational], *, identity: Identity) -> int:
    """Start the current period of budgets whose last one has ended; waiting jobs run again (Q18).

    Upkeep for all organizations; returns how many budgets.
    """
    now = clock.now()
    with operational.worker() as tx:
        organizations = correcting.ended_budgets(tx, now=now)
    rolled = 0
    for organization_id in organizations:
        owner = Identity(organization_id, identity.user_id, identity.name, identity.role)
        with operational.worker() as tx:
            ensure_periods(tx, identity=owner)
            rolled += budgets.roll(tx, organization_id=organization_id, now=now)
            spending.unblock(tx, organization_id=organization_id)
    return rolled
