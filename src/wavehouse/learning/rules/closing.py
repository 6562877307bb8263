"""Close-out: turns the events of one item in one session into one outcome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from wavehouse.learning.types import Event, EventType, Item, Listening, Outcome, OutcomeClass

LEFT_AFTER = timedelta(minutes=30)
"""An item without events for this long counts as left."""
_SHORTEST_REPLAY, _LONGEST_REPLAY = 5.0, 60.0
_HEARD, _LEFT_EARLY, _MUCH_AGAIN = 0.90, 0.30, 0.15
_MANY_REPLAYS = 3
_ORDER = attrgetter("at", "event_id")
_STARTS = {EventType.PLAY, EventType.RESUME}
_STOPS = {EventType.PAUSE, EventType.SKIP, EventType.COMPLETE}
_JUMPS = {EventType.SEEK, EventType.REPLAY}


def listening(events: Iterable[Event], duration: float) -> Listening | None:
    """Summarize the events of one item; None without events.

    The result does not depend on arrival order or duplicates (L1, L2): they
    are read in the order of their time, then of their id.
    """
    ordered = sorted({e.event_id: e for e in events}.values(), key=_ORDER)
    if not ordered or duration <= 0:
        return None
    spans, replays = _heard(ordered, duration)
    covered, total = _union(spans)
    heard = min(covered / duration, 1.0)
    kinds = {e.type for e in ordered}
    skipped = EventType.SKIP in kinds
    kind = _class(heard, replays, (total - covered) / duration) if spans or skipped else None
    return Listening(
        ordered[0].at,
        ordered[-1].at,
        round(total, 2),
        round(heard, 4),
        replays,
        EventType.LIKE in kinds and _is_liked(ordered),
        skipped or EventType.COMPLETE in kinds,
        kind,
    )


def outcome(events: Iterable[Event], item: Item) -> Outcome | None:
    """The outcome of a closed item; None when nothing of it was heard."""
    heard = listening(events, item.duration)
    if heard is None or heard.kind is None:
        return None
    return Outcome(
        item.content_id,
        heard.last_at,
        item.difficulty,
        heard.kind,
        heard.heard,
        heard.replays,
        heard.liked,
        item.features,
    )


def is_closed(heard: Listening, *, now: datetime, session_ended: bool = False) -> bool:
    """Whether an item ended, was skipped, has been idle for half an hour, or its session ended."""
    return session_ended or heard.ended or now - heard.last_at >= LEFT_AFTER


def _class(heard: float, replays: int, again: float) -> OutcomeClass:
    if heard < _LEFT_EARLY:
        return OutcomeClass.EARLY
    if heard < _HEARD:
        return OutcomeClass.LATE
    if replays >= _MANY_REPLAYS or again > _MUCH_AGAIN:
        return OutcomeClass.HEAVY
    return OutcomeClass.SOME if replays else OutcomeClass.CLEAN


def _heard(events: Sequence[Event], duration: float) -> tuple[list[tuple[float, float]], int]:
    """The ranges played, and how often the learner went back to replay audio.

    Pauses and jumps by a sleep timer do not count.
    """
    spans: list[tuple[float, float]] = []
    playing, at, replays = False, 0.0, 0
    for event in events:  # the hottest loop of learning: conditions are cheaper than min and max
        position, kind = event.position, event.type
        if position < 0.0:
            position = 0.0
        elif position > duration:
            position = duration
        if kind is EventType.PROGRESS:
            if playing and position > at:
                spans.append((at, position))
            at = position
        elif kind in _STARTS:
            playing, at = True, position
        elif kind in _JUMPS:
            before = at if event.before is None else min(max(event.before, 0.0), duration)
            if playing and before > at:
                spans.append((at, before))
            back = before - position
            if not event.by_timer and _SHORTEST_REPLAY <= back <= _LONGEST_REPLAY:
                replays += 1
            at = position
        elif kind in _STOPS:
            if playing and position > at:
                spans.append((at, position))
            at, playing = position, False
    return spans, replays


def _union(spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The seconds covered by ranges, and the sum of their lengths."""
    covered, total, reached = 0.0, 0.0, 0.0
    for first, after in spans:  # summed in the order of playing
        total += after - first
    for first, after in sorted(spans):
        if after > reached:
            covered += after - (first if first > reached else reached)
            reached = after
    return covered, total


def _is_liked(events: Sequence[Event]) -> bool:
    """The last event counts: an unlike removes exactly what the like added (L11)."""
    said = [e.type for e in events if e.type in (EventType.LIKE, EventType.UNLIKE)]
    return bool(said) and said[-1] is EventType.LIKE
