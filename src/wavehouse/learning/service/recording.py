"""Player events: validated one by one, stored once, folded into outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.kernel.ids import OrganizationId
from wavehouse.learning.queries import content as content_queries
from wavehouse.learning.queries import events as event_queries
from wavehouse.learning.queries import sessions as session_queries
from wavehouse.learning.queries.content import Played
from wavehouse.learning.rules import closing, entries
from wavehouse.learning.service import late
from wavehouse.learning.service.deriving import derive
from wavehouse.learning.types import EntryResult, EventInput, Session, Stored
from wavehouse.store import Learning, Tx

MOST_EVENTS = 10_000
"""Events in one batch."""
_MOST_LEFT = 200


def record_events(
    tx: Tx[Learning], *, identity: Identity, session_id: str, events: Sequence[EventInput]
) -> list[EntryResult]:
    """Store the events of a session; returns the results in input order.

    An invalid event is refused with a reason and the others are stored; a known event changes
    nothing (L2). NotFound for an unknown session: an erased session is not recreated. Events of an
    erased learner are refused, and counted in the ledger of erasures.
    """
    if len(events) > MOST_EVENTS:
        raise InvalidInput(
            f"{len(events)} events in one batch", hint=f"Send at most {MOST_EVENTS}."
        )
    if session_queries.lock_session(tx, session_id=session_id) is None:
        refused = late.refused_events(
            tx, identity=identity, session_id=session_id, events=list(events)
        )
        if refused is not None:
            return refused
    session = locked_session(tx, identity=identity, session_id=session_id)
    if session.archived_at is not None:
        return [
            EntryResult(n, e.event_id, Stored.REFUSED, "the session is archived")
            for n, e in enumerate(events)
        ]
    now = clock.now()
    contents = content_queries.played(tx, content_ids=sorted({e.content_id for e in events}))
    faults = [_fault(event, contents, now) for event in events]
    good: dict[str, EventInput] = {}
    for event, fault in zip(events, faults, strict=True):
        if not fault:  # of an id that is twice in the batch, the first entry is the event
            good.setdefault(event.event_id, event)
    new = event_queries.insert_events(
        tx,
        organization_id=identity.organization_id,
        session_id=session_id,
        rows=[_row(event, contents[event.content_id]) for event in good.values()],
    )
    known = event_queries.stored_ids(
        tx, session_id=session_id, event_ids=[each for each in good if each not in new]
    )
    touched = sorted({good[each].content_id for each in new})
    if touched:
        derive(tx, identity=identity, session=session, content_ids=touched, now=now)
    return _results(events, faults, new, known)


def _fault(event: EventInput, contents: dict[str, Played], now: datetime) -> str:
    content = contents.get(event.content_id)
    duration = None if content is None else content.duration
    return entries.fault_of_event(event, duration=duration, now=now)


def _results(
    events: Sequence[EventInput], faults: Sequence[str], new: set[str], known: set[str]
) -> list[EntryResult]:
    results, seen = [], set()
    for n, (event, fault) in enumerate(zip(events, faults, strict=True)):
        outcome, reason = Stored.STORED, ""
        if fault:
            outcome, reason = Stored.REFUSED, fault
        elif event.event_id in known or event.event_id in seen:
            outcome = Stored.DUPLICATE
        elif event.event_id not in new:
            outcome, reason = Stored.REFUSED, "the event id is in use by another session"
        if not fault:
            seen.add(event.event_id)
        results.append(EntryResult(n, event.event_id[:255], outcome, reason))
    return results


def _row(event: EventInput, content: Played) -> dict[str, Any]:
    position = min(round(event.position, 2), float(content.duration))
    named = (("format", content.format), ("genre", content.genre), ("topic", content.topic))
    context = {"before": event.before, "speed": event.speed, "by_timer": event.by_timer or None}
    return {
        "id": event.event_id,
        "content_id": event.content_id,
        "event_type": event.type,
        "at": event.at.isoformat(),
        "position": position,
        "percent": round(100 * position / content.duration, 2),
        "duration": content.duration,
        "characteristics": {
            "duration": content.duration,
            "difficulty": round(content.difficulty, 2),
            "features": [f"{name}:{value}" for name, value in named if value],
        },
        "device": dict(event.device) or None,
        "context": {name: value for name, value in context.items() if value is not None} or None,
    }


def locked_session(tx: Tx[Learning], *, identity: Identity, session_id: str) -> Session:
    """A session, locked until the transaction ends. NotFound when it does not exist."""
    session = session_queries.lock_session(tx, session_id=session_id)
    if session is None:
        raise NotFound("no such session", where=session_id[:255])
    return session


def organizations_at_work(tx: Tx[Learning], *, since: datetime) -> list[OrganizationId]:
    """Organizations whose learners have open pieces or listened since a given time."""
    return event_queries.organizations_at_work(tx, since=since)


def close_left(tx: Tx[Learning], *, identity: Identity, learner_id: UUID | None = None) -> int:
    """Close pieces idle for half an hour, of one learner or all; returns how many sessions."""
    now = clock.now()
    left = event_queries.left(
        tx, before=now - closing.LEFT_AFTER, learner_id=learner_id, limit=_MOST_LEFT
    )
    for session_id in left:
        session = session_queries.lock_session(tx, session_id=session_id)
        if session is not None:
            derive_all(tx, identity=identity, session=session, now=now)
    return len(left)


def derive_all(tx: Tx[Learning], *, identity: Identity, session: Session, now: datetime) -> None:
    """Recompute every piece of a locked session."""
    touched = event_queries.touched(tx, session_id=session.session_id)
    derive(tx, identity=identity, session=session, content_ids=touched, now=now)
