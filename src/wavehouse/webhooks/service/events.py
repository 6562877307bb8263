"""Use case: emit an event in the same transaction as the change it reports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import LimitReached
from wavehouse.kernel.ids import OrganizationId, uuid7
from wavehouse.store import Database, Operational, Tx
from wavehouse.webhooks import queries
from wavehouse.webhooks.types import EventId, EventType


def emit(
    tx: Tx[Operational],
    *,
    identity: Identity,
    event_type: EventType,
    subject: tuple[str, UUID | str],
    data: dict[str, Any] | None = None,
) -> EventId:
    """Add an event to the outbox: it is sent if, and only if, the transaction commits.

    ``data`` is thin: ids and a state. A receiver fetches the rest from the API with its own
    permissions.
    """
    event_id = EventId(uuid7())
    kind, name = subject
    queries.insert_event(
        tx,
        event_id=event_id,
        organization_id=identity.organization_id,
        event_type=event_type.value,
        subject=(kind, str(name)),
        payload={f"{kind}_id": str(name), **(data or {})},
        at=clock.now(),
    )
    return event_id


def announce_limit(database: Database[Operational], *, error: LimitReached) -> None:
    """Emit ``tier.limit_reached`` for a refused creation, at most once a day per limit.

    The refused creation is rolled back, so the event is emitted in a separate transaction.
    """
    organization_id, now = OrganizationId(error.organization_id), clock.now()
    subject, kind = ("limit", error.limit), EventType.TIER_LIMIT_REACHED.value
    with database.app(organization_id) as tx:
        if queries.event_since(
            tx,
            organization_id=organization_id,
            event_type=kind,
            subject=subject,
            since=now - clock.DAY,
        ):
            return
        queries.insert_event(
            tx,
            event_id=EventId(uuid7()),
            organization_id=organization_id,
            event_type=kind,
            subject=subject,
            payload={"limit": error.limit, "used": error.used, "allowed": error.allowed},
            at=now,
        )
