"""Derive items, counters and levels from stored events: always recomputed, never incremented.

An item in a session is computed from all of its events. The learner's counters change by the
difference between its old and new outcome, so they equal a replay of the raw events in any order of
arrival (L1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.learning.queries import events as event_queries
from wavehouse.learning.queries import model as model_queries
from wavehouse.learning.queries import sessions as session_queries
from wavehouse.learning.rules import closing, evidence
from wavehouse.learning.service.models import model_in_use
from wavehouse.learning.service.stating import state_of
from wavehouse.learning.types import (
    BINS,
    CLASSES,
    Event,
    EventType,
    Evidence,
    Outcome,
    Session,
    SessionItem,
)
from wavehouse.store import Learning, Tx


def derive(
    tx: Tx[Learning],
    *,
    identity: Identity,
    session: Session,
    content_ids: Sequence[str],
    now: datetime,
) -> None:
    """Recompute pieces of a locked session, and everything derived from them."""
    events = event_queries.events(tx, session_id=session.session_id, content_ids=content_ids)
    before = event_queries.items(tx, session_id=session.session_id, content_ids=content_ids)
    after = [
        item
        for _, group in groupby(events, key=lambda e: e.content_id)
        if (item := folded(session, list(group), now=now)) is not None
    ]
    changed = [item for item in after if before.get(item.content_id) != item]
    if not changed:
        return
    event_queries.save_items(tx, organization_id=identity.organization_id, items=changed)
    event_queries.derive_likes(tx, session_id=session.session_id, content_ids=content_ids)
    session_queries.derive_session(tx, session_id=session.session_id)
    gone = [o for i in changed if (b := before.get(i.content_id)) and (o := b.outcome)]
    come = [outcome for item in changed if (outcome := item.outcome)]
    if gone or come:
        count(tx, identity=identity, learner_id=session.learner_id, come=come, gone=gone)
        save_state(tx, identity=identity, session=session, now=now)


def folded(
    session: Session, events: Sequence[event_queries.StoredEvent], *, now: datetime
) -> SessionItem | None:
    """The result of the events of one piece in a session."""
    first = events[0]
    duration = float(first.characteristics.get("duration", 0))
    heard = closing.listening((_event(e) for e in events), duration)
    if heard is None:
        return None
    closed = closing.is_closed(heard, now=now, session_ended=session.ended_at is not None)
    kind = None if heard.kind is None or not closed else int(heard.kind)
    return SessionItem(
        session.session_id,
        first.content_id,
        heard.first_at,
        heard.last_at,
        heard.seconds,
        heard.heard,
        heard.replays,
        heard.liked,
        closed,
        kind,
        float(first.characteristics.get("difficulty", 0)),
        tuple(first.characteristics.get("features", ())),
    )


def _event(stored: event_queries.StoredEvent) -> Event:
    more: dict[str, Any] = stored.context or {}
    return Event(
        stored.id,
        EventType(stored.event_type),
        stored.timestamp,
        stored.position,
        more.get("before"),
        more.get("speed"),
        bool(more.get("by_timer", False)),
    )


def count(
    tx: Tx[Learning],
    *,
    identity: Identity,
    learner_id: UUID,
    come: Iterable[Outcome],
    gone: Iterable[Outcome] = (),
) -> None:
    """Add outcomes to the learner's counters and remove others."""
    added, taken = _by_month(come), _by_month(gone)
    rows = model_queries.lock_counters(
        tx,
        organization_id=identity.organization_id,
        learner_id=learner_id,
        buckets=[*added, *taken],
    )
    nothing = Evidence()
    changed = []
    for row in rows:
        total = evidence.merged(counted([row]), added.get(row.bucket, nothing))
        changed.append(
            as_counters(row.bucket, evidence.without(total, taken.get(row.bucket, nothing)))
        )
    model_queries.save_counters(tx, learner_id=learner_id, counters=changed)


def _by_month(outcomes: Iterable[Outcome]) -> dict[date, Evidence]:
    ordered = sorted(outcomes, key=lambda o: evidence.bucket_of(o.at))
    return {
        date.fromisoformat(f"{month}-01"): evidence.of(group)
        for month, group in groupby(ordered, key=lambda o: evidence.bucket_of(o.at))
    }


def counted(rows: Iterable[model_queries.Counters]) -> Evidence:
    """The evidence in counters."""
    cells = {
        (f"{row.bucket:%Y-%m}", number // CLASSES, number % CLASSES): times
        for row in rows
        for number, times in enumerate(row.outcomes)
        if times
    }
    likes: dict[str, tuple[int, int]] = {}
    for row in rows:
        for feature, (liked, other) in row.preferences.items():
            known = likes.get(feature, (0, 0))
            likes[feature] = (known[0] + liked, known[1] + other)
    return Evidence(cells, likes)


def as_counters(bucket: date, total: Evidence) -> model_queries.Counters:
    """The evidence of one month as a row of counters."""
    outcomes = [0] * (BINS * CLASSES)
    for (_, number, kind), times in total.cells.items():
        outcomes[number * CLASSES + kind] = times
    return model_queries.Counters(
        bucket, outcomes, {name: list(pair) for name, pair in sorted(total.likes.items())}
    )


def evidence_of(tx: Tx[Learning], *, identity: Identity, learner_id: UUID) -> Evidence:
    """The evidence in a learner's counters."""
    return counted(model_queries.counters(tx, learner_id=learner_id))


def save_state(tx: Tx[Learning], *, identity: Identity, session: Session, now: datetime) -> None:
    """Store the active model's estimates of the learner, for the changed session."""
    said = session_queries.preferences(tx, learner_id=session.learner_id)
    state = state_of(
        evidence_of(tx, identity=identity, learner_id=session.learner_id),
        model_in_use(tx, identity=identity),
        now=now,
        stated=(said and said.difficulty_preference) or "",
        understanding=said.understanding if said else 0.85,
    )
    model_queries.save_state(
        tx,
        organization_id=identity.organization_id,
        session_ids=[session.session_id],
        state=state,
        at=now,
    )
