"""Use case: emit an event in the transaction of what it reports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.ids import uuid7
from wavehouse.store import Operational, Tx
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

    ``data`` is thin: ids and a state. A receiver asks the API for the rest, with its own rights.
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
