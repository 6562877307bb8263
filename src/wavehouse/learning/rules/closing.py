"""Close-out: the events of one item in one session become one outcome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from wavehouse.learning.types import Event, EventType, Item, Outcome, OutcomeClass

LEFT_AFTER = timedelta(minutes=30)
"""An item without an event for so long was left."""
_SHORTEST_REPLAY, _LONGEST_REPLAY = 5.0, 60.0
_HEARD, _LEFT_EARLY, _MUCH_AGAIN = 0.90, 0.30, 0.15
_MANY_REPLAYS = 3
_STARTS = {EventType.PLAY, EventType.RESUME}
_STOPS = {EventType.PAUSE, EventType.SKIP, EventType.COMPLETE}
_JUMPS = {EventType.SEEK, EventType.REPLAY}


def outcome(events: Iterable[Event], item: Item) -> Outcome | None:
    """What the events of one item come to; None when nothing of it was heard.

    Neither the order in which events arrive nor one that came twice changes it (L1, L2): they
    are read in the order of their time, then of their id.
    """
    ordered = sorted({e.event_id: e for e in events}.values(), key=lambda e: (e.at, e.event_id))
    if not ordered or item.duration <= 0:
        return None
    spans, replays = _heard(ordered, item.duration)
    covered, total = _union(spans), sum(after - first for first, after in spans)
    if not spans and not any(e.type is EventType.SKIP for e in ordered):
        return None
    heard = min(covered / item.duration, 1.0)
    again = (total - covered) / item.duration
    return Outcome(
        item.content_id,
        ordered[-1].at,
        item.difficulty,
        _class(heard, replays, again),
        round(heard, 4),
        replays,
        _is_liked(ordered),
        item.features,
    )


def is_closed(events: Sequence[Event], now_minus_last: timedelta) -> bool:
    """Whether an item ended, was skipped, or was left half an hour ago."""
    ended = any(e.type in (EventType.COMPLETE, EventType.SKIP) for e in events)
    return ended or now_minus_last >= LEFT_AFTER


def _class(heard: float, replays: int, again: float) -> OutcomeClass:
    if heard < _LEFT_EARLY:
        return OutcomeClass.EARLY
    if heard < _HEARD:
        return OutcomeClass.LATE
    if replays >= _MANY_REPLAYS or again > _MUCH_AGAIN:
        return OutcomeClass.HEAVY
    return OutcomeClass.SOME if replays else OutcomeClass.CLEAN


def _heard(events: Sequence[Event], duration: float) -> tuple[list[tuple[float, float]], int]:
    """Stretches that were played, and how often the learner went back to hear audio again.

    Pauses are no evidence. A jump that a sleep timer made is none either.
    """
    spans: list[tuple[float, float]] = []
    playing, at, replays = False, 0.0, 0
    for event in events:
        position = min(max(event.position, 0.0), duration)
        if event.type in _STARTS:
            playing, at = True, position
        elif event.type in _JUMPS:
            before = at if event.before is None else min(max(event.before, 0.0), duration)
            if playing and before > at:
                spans.append((at, before))
            back = before - position
            if not event.by_timer and _SHORTEST_REPLAY <= back <= _LONGEST_REPLAY:
                replays += 1
            at = position
        elif event.type in _STOPS or event.type is EventType.PROGRESS:
            if playing and position > at:
                spans.append((at, position))
            at = position
            playing = playing and event.type is EventType.PROGRESS
    return spans, replays


def _union(spans: Iterable[tuple[float, float]]) -> float:
    total, reached = 0.0, 0.0
    for first, after in sorted(spans):
        total += max(0.0, after - max(first, reached))
        reached = max(reached, after)
    return total


def _is_liked(events: Sequence[Event]) -> bool:
    """The last word counts: an unlike takes back exactly what the like added (L11)."""
    said = [e.type for e in events if e.type in (EventType.LIKE, EventType.UNLIKE)]
    return bool(said) and said[-1] is EventType.LIKE
