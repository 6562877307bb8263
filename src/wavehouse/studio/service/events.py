"""Use cases of user events: record, list, replay from quarantine, register types (CRE-5)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from wavehouse import accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import events as queries
from wavehouse.studio.rules import entered, schemas
from wavehouse.studio.types.events import EventState, EventType, NewEvent, Recorded, UserEvent

MOST_EVENTS = 1_000
_BATCH = 10_000
_NAME = re.compile(r"[a-z_]+([.][a-z_]+)*")
_LONGEST_NAME = 200
_LONGEST_ID = 255
_LARGEST_DATA = 64 * 1024


def record_events(
    tx: Tx[Operational], *, identity: Identity, events: Sequence[NewEvent]
) -> Recorded:
    """Store events of the acting user. An event that does not match the registry is quarantined.

    An event with a client id already used on the same UTC day is not stored again. InvalidInput for
    an event without a usable type, id or time: nothing is stored then.
    """
    if len(events) > MOST_EVENTS:
        raise InvalidInput(f"send at most {MOST_EVENTS:,} events at once", where="events")
    types = _registry(tx)
    counts = dict.fromkeys(("accepted", "quarantined", "repeated"), 0)
    for number, event in enumerate(events):
        _check(event, f"events[{number}]")
        reason = _misfit(event.event_type, event.event_data, types)
        status = EventState.QUARANTINED if reason else EventState.ACCEPTED
        stored = queries.insert_event(
            tx, identity=identity, event=event, status=status, reason=reason
        )
        counts[status if stored else "repeated"] += 1
    return Recorded(**counts)


def list_events(
    tx: Tx[Operational],
    *,
    identity: Identity,
    status: EventState | None = None,
    event_type: str | None = None,
    limit: int = 100,
) -> list[UserEvent]:
    """The organization's latest events, latest first."""
    return queries.events(
        tx,
        organization_id=identity.organization_id,
        status=status,
        event_type=event_type,
        limit=min(limit, MOST_EVENTS),
    )


def replay_events(tx: Tx[Operational], *, identity: Identity) -> Recorded:
    """Check the latest 10,000 quarantined events again, after a type was registered."""
    accounts.require(identity.role, Access.WRITE)
    types = _registry(tx)
    accepted = 0
    rows = queries.events(
        tx,
        organization_id=identity.organization_id,
        status=EventState.QUARANTINED,
        event_type=None,
        limit=_BATCH,
    )
    for row in rows:
        reason = _misfit(row.event_type, row.event_data, types)
        status = EventState.QUARANTINED if reason else EventState.ACCEPTED
        accepted += status == EventState.ACCEPTED
        if status != row.status or reason != row.reason:
            queries.set_event_status(
                tx,
                organization_id=identity.organization_id,
                event_id=row.event_id,
                status=status,
                reason=reason,
            )
    return Recorded(accepted, len(rows) - accepted, 0)


def list_event_types(tx: Tx[Operational], *, identity: Identity) -> list[EventType]:
    """Every version of every registered type."""
    accounts.require(identity.role, Access.READ)
    return queries.event_types(tx)


def register_event_type(
    tx: Tx[Operational],
    *,
    identity: Identity,
    event_type: str,
    description: str,
    json_schema: Mapping[str, Any],
) -> EventType:
    """Register a type, or its next version, for the whole installation.

    For the operator, in a worker's transaction. An event matches a type when it matches a version
    that is not retired. InvalidInput for a name or a schema that cannot be used.
    """
    accounts.require(identity.role, Access.ADMIN)
    if not _NAME.fullmatch(event_type) or len(event_type) > _LONGEST_NAME:
        raise InvalidInput(
            "an event type must be lower-case words joined by dots",
            where="event_type",
            hint="Use a name such as episode.opened.",
        )
    schemas.check_schema(dict(json_schema))
    row = queries.insert_event_type(
        tx,
        event_type=event_type,
        description=entered.text_of(description, "description", longest=1_000),
        json_schema=json_schema,
    )
    _record(tx, identity, event_type, "event_type.registered", row.version)
    return row


def retire_event_type(tx: Tx[Operational], *, identity: Identity, event_type: str) -> int:
    """Quarantine further events of a type.

    For the operator; returns the number of retired versions.
    """
    accounts.require(identity.role, Access.ADMIN)
    retired = queries.retire_event_type(tx, event_type=event_type, at=clock.now())
    if not retired:
        raise NotFound("there is no such type", command="wavehouse studio events types")
    _record(tx, identity, event_type, "event_type.retired", retired)
    return retired


def _registry(tx: Tx[Operational]) -> dict[str, list[EventType]]:
    types: dict[str, list[EventType]] = {}
    for row in queries.event_types(tx):
        types.setdefault(row.event_type, []).append(row)
    return types


def _misfit(
    event_type: str, data: Mapping[str, Any], types: Mapping[str, list[EventType]]
) -> str | None:
    """The reason why an event is quarantined; None when it matches a version of its type."""
    versions = types.get(event_type)
    if not versions:
        return "unknown event type"
    current = [row for row in versions if row.retired_at is None]
    if not current:
        return "the event type is retired"
    reasons = [schemas.violation(dict(data), row.json_schema) for row in current]
    return None if None in reasons else reasons[0]


def _check(event: NewEvent, where: str) -> None:
    for name, text, longest in (
        ("event_type", event.event_type, _LONGEST_NAME),
        ("client_event_id", event.client_event_id, _LONGEST_ID),
    ):
        if not text or len(text) > longest or not words.is_plain(text):
            raise InvalidInput(f"invalid {name}", where=f"{where}.{name}")
    if event.occurred_at.tzinfo is None:
        raise InvalidInput("a time needs its UTC offset", where=f"{where}.occurred_at")
    try:
        data = json.dumps(dict(event.event_data), allow_nan=False)
        data.encode()
    except (ValueError, TypeError, RecursionError):
        data = ""
    if not data or "\\u0000" in data or "\\ud" in data or len(data) > _LARGEST_DATA:
        raise InvalidInput(
            "the event's data must be JSON of at most 64 KB, without NaN or NUL",
            where=f"{where}.event_data",
        )


def _record(
    tx: Tx[Operational], identity: Identity, event_type: str, action: str, number: int
) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("event_type", event_type),
        organization_id=identity.organization_id,
        metadata={"version": number},
    )
