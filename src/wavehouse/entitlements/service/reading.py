"""Use cases that read: access of a listener, grants with their history, events, money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.entitlements.queries import events as event_queries
from wavehouse.entitlements.queries import grants as queries
from wavehouse.entitlements.queries import money as money_queries
from wavehouse.entitlements.rules import access as rules
from wavehouse.entitlements.types import (
    Access,
    Entitlement,
    EventStatus,
    LedgerEntry,
    ListedEvent,
    Total,
)
from wavehouse.kernel import clock
from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx

WAITS_TOO_LONG = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class History:
    """A grant with its transitions in the order in which they happened."""

    grant: Entitlement
    entries: list[LedgerEntry]


def access_of(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    access_type: str,
    resource: str,
    at: datetime | None = None,
) -> Access:
    """Whether a listener may use a resource now, or could at a past time (E12, E13, E29)."""
    now = clock.now()
    rows = queries.for_check(
        tx, listener_id=listener_id, access_type=access_type, resource=resource
    )
    if at is None or at >= now:
        return rules.access(rows, now=at or now)
    entries = queries.ledger(tx, entitlement_ids=[row.entitlement_id for row in rows])
    return rules.access_in(entries, at=at)


def check(
    tx: Tx[Listeners],
    *,
    identity: Identity,
    listener_id: ListenerId,
    access_type: str,
    resource: str,
    at: datetime | None = None,
) -> Access:
    """The same check for an operator."""
    return access_of(tx, listener_id=listener_id, access_type=access_type, resource=resource, at=at)


def of_listener(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[Entitlement]:
    """A listener's own grants, by resource."""
    return queries.listed(tx, listener_id=listener_id)


def list_grants(
    tx: Tx[Listeners],
    *,
    identity: Identity,
    listener_id: ListenerId | None = None,
    resource: str | None = None,
    limit: int = 1000,
) -> list[Entitlement]:
    """Grants of all listeners, or of one, or of a resource; those of erased listeners last."""
    return queries.listed(tx, listener_id=listener_id, resource=resource, limit=limit)


def history(tx: Tx[Listeners], *, identity: Identity, listener_id: ListenerId) -> list[History]:
    """A listener's grants, each with its effective transitions and their reasons (E25)."""
    grants = queries.listed(tx, listener_id=listener_id)
    entries = queries.ledger(tx, entitlement_ids=[grant.entitlement_id for grant in grants])
    shown = rules.effective(entries)
    return [
        History(grant, [e for e in shown if e.entitlement_id == grant.entitlement_id])
        for grant in grants
    ]


def list_events(
    tx: Tx[Listeners], *, identity: Identity, status: EventStatus | None = None, limit: int = 100
) -> list[ListedEvent]:
    """Stored events, newest first, without their content."""
    return event_queries.listed(tx, status=status.value if status else None, limit=limit)


def totals(tx: Tx[Listeners], *, identity: Identity) -> list[Total]:
    """Exact sums by currency and kind, including erased listeners' payments (E27)."""
    return money_queries.totals(tx)


def waiting_too_long(tx: Tx[Listeners], *, before: datetime) -> int:
    """The number of events that have waited for their references since before an instant (E10)."""
    return event_queries.waiting(tx, before=before)


def differences(tx: Tx[Listeners], *, identity: Identity, limit: int = 100_000) -> list[UUID]:
    """Grants whose row differs from the last entry of their ledger (E25); none is expected."""
    grants = queries.listed(tx, limit=limit)
    entries = queries.ledger(tx, entitlement_ids=[grant.entitlement_id for grant in grants])
    last = {entry.entitlement_id: entry.state_after for entry in entries}
    return [g.entitlement_id for g in grants if not _agrees(g, last.get(g.entitlement_id))]


def _agrees(grant: Entitlement, state: dict[str, str | None] | None) -> bool:
    if state is None or state.get("status") != grant.status:
        return False
    if "starts_at" not in state:  # erasure keeps only the status
        return True
    ends = state.get("expires_at")
    return (datetime.fromisoformat(ends) if ends else None) == grant.expires_at
