"""Use cases: roll up dirty hours; hold the rollups against the raw events.

Read the marks and aggregate in one snapshot of ``operational``; replace those hours in
``analytics`` and commit; then delete exactly those marks. A crash between the last two repeats
hours, which changes nothing. A writer that commits later leaves its own mark for the next pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from wavehouse.accounts import Workplace
from wavehouse.kernel import clock, telemetry
from wavehouse.measurement.queries import rolling
from wavehouse.measurement.queries.rolling import AUDIENCE, DAILY, HOURLY, Rollup
from wavehouse.measurement.rules.spans import day_spans, hour_spans
from wavehouse.measurement.types import Mismatch, Reconciliation, RolledUp
from wavehouse.store import Analytics, Operational, Tx

OnHours = Callable[[int], None]
Hours = dict[tuple[datetime, UUID], tuple[int, int]]
Days = dict[tuple[date, UUID], int]


def roll_up(place: Workplace, *, on_hours: OnHours = lambda _: None) -> RolledUp:
    """Recompute the dirty hours and their days; nothing dirty, nothing read."""
    operational, analytics = place.stores.operational, place.stores.analytics
    with telemetry.span("rollup.run"), operational.worker() as lock:
        rolling.lock_rolling(lock)
        with operational.worker(snapshot=True) as source:
            dirty = rolling.dirty_hours(source)
            if not dirty:
                return RolledUp()
            hours = sorted({mark.hour for mark in dirty})
            with analytics.worker() as target:
                rows = _replace(source, target, hours, on_hours)
        with operational.worker() as tx:
            rolling.delete_dirty(tx, ids=[mark.id for mark in dirty])
    days = {hour.date() for hour in hours}
    return RolledUp(len(hours), len(days), rows)


def _replace(
    source: Tx[Operational], target: Tx[Analytics], hours: list[datetime], on_hours: OnHours
) -> int:
    at = clock.now()
    for month in {hour.date().replace(day=1) for hour in hours}:
        rolling.ensure_period(target, day=month)
    rows = 0
    for first, last in day_spans(hours):
        rows += _carry(source, target, DAILY, first, last, at)
        rows += _carry(source, target, AUDIENCE, first, last, at)
    for first, last in hour_spans(hours):
        rows += _carry(source, target, HOURLY, first, last, at)
        on_hours((last - first) // clock.HOUR)
    return rows


def _carry(
    source: Tx[Operational],
    target: Tx[Analytics],
    rollups: tuple[Rollup, ...],
    first: datetime,
    last: datetime,
    at: datetime,
) -> int:
    for table in dict.fromkeys(rollup.table for rollup in rollups):
        rollup = next(r for r in rollups if r.table == table)
        rolling.clear(target, rollup, first=first, last=last)
    return sum(
        rolling.carry(source, target, rollup, first=first, last=last, computed_at=at)
        for rollup in rollups
    )


def reconcile(place: Workplace, *, repair: bool = False) -> Reconciliation:
    """Hold every hour and day of the rollups against the raw events; ``repair`` marks what differs.

    Hours that are dirty are not compared: they are known to be behind.
    """
    operational, analytics = place.stores.operational, place.stores.analytics
    with operational.worker(snapshot=True) as source, analytics.worker() as target:
        span = rolling.span_of_events(source)
        if span is None:
            return Reconciliation(0, 0, 0, ())
        first = clock.start_of_day(span[0].date())
        last = clock.start_of_day(span[1].date() + timedelta(days=1))
        dirty = {mark.hour for mark in rolling.dirty_hours(source)}
        raw = rolling.raw_hours(source, first=first, last=last)
        rolled = rolling.rolled_hours(target, first=first, last=last)
        days = rolling.rolled_days(target, first=first.date(), last=last.date())
        mismatches = [
            *_differing(raw, rolled, dirty),
            *_differing_days(raw, days, {hour.date() for hour in dirty}),
        ]
        raw_events = sum(events for events, _ in raw.values())
        rollup_events = sum(events for events, _ in rolled.values())
        rolling.insert_reconciliation(
            target,
            at=clock.now(),
            first=first,
            last=last,
            hours=len({hour for hour, _ in raw}),
            raw_events=raw_events,
            rollup_events=rollup_events,
            mismatches=mismatches,
        )
    if repair and mismatches:
        with operational.worker() as tx:
            rolling.mark_dirty(tx, hours=sorted({m.hour for m in mismatches}))
        roll_up(place)
    return Reconciliation(
        len({hour for hour, _ in raw}), raw_events, rollup_events, tuple(mismatches)
    )


def _differing(raw: Hours, rolled: Hours, dirty: set[datetime]) -> list[Mismatch]:
    nothing = (0, 0)
    return [
        Mismatch(
            hour,
            podcast,
            raw.get((hour, podcast), nothing)[1],
            rolled.get((hour, podcast), nothing)[1],
        )
        for hour, podcast in sorted(raw.keys() | rolled.keys())
        if hour not in dirty and raw.get((hour, podcast)) != rolled.get((hour, podcast))
    ]


def _differing_days(raw: Hours, days: Days, dirty: set[date]) -> list[Mismatch]:
    expected: Counter[tuple[date, UUID]] = Counter()
    for (hour, podcast), (_, downloads) in raw.items():
        expected[hour.date(), podcast] += downloads
    return [
        Mismatch(
            clock.start_of_day(day), podcast, expected[day, podcast], days.get((day, podcast), 0)
        )
        for day, podcast in sorted(expected.keys() | days.keys())
        if day not in dirty and expected[day, podcast] != days.get((day, podcast), 0)
    ]
