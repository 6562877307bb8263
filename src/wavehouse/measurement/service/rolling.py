"""Use cases: roll up dirty hours; compare the rollups with the raw events.

The roller reads the marks, and the events of their days, in one snapshot of ``operational``;
replaces those hours and days in ``analytics`` and commits; then deletes exactly those marks. A
crash between the last two repeats hours, which changes nothing. A writer that commits later leaves
its own mark for the next pass. Like counting, this serves all organizations at once and takes no
identity.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import IO
from uuid import UUID

from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import WavehouseError
from wavehouse.measurement.adapters.roller import Roller, sealed_events, transform
from wavehouse.measurement.adapters.sealed_store import checked, store_at
from wavehouse.measurement.queries import lateness, rolling, sealing
from wavehouse.measurement.queries.rolling import AUDIENCE, DAILY, HOURLY, RawHour, Rollup
from wavehouse.measurement.rules.spans import day_spans, hour_spans
from wavehouse.measurement.service.manifests import manifest_at
from wavehouse.measurement.service.opening import ahead
from wavehouse.measurement.types import NO_PODCAST, Mismatch, Reconciliation, RolledUp, Seal
from wavehouse.store import Analytics, Operational, Stores, Tx

OnHours = Callable[[int], None]
_HOURS_A_DAY = 24
_KEEP_RUNS = timedelta(days=30)
_BATCH_BYTES = 128 * 2**20
"""About half a million events."""
Counts = dict[tuple[datetime, UUID], tuple[int, int]]


def roll_up(stores: Stores, *, on_hours: OnHours = lambda _: None) -> RolledUp:
    """Recompute the dirty hours and their days; without dirty hours, nothing is read."""
    operational, analytics = stores.operational, stores.analytics
    started_at = clock.now()
    with telemetry.span("rollup.run"), operational.worker() as lock:
        rolling.lock_rolling(lock)
        with operational.worker(snapshot=True) as source:
            dirty = rolling.dirty_hours(source)
            if not dirty:
                return RolledUp()
            hours = sorted({mark.hour for mark in dirty})
            # The rollups of a day whose raw events are gone are the only record of it.
            kept = rolling.days_with_raw(source)
            sealed = _sealed(source, {hour.astimezone(UTC).date() for hour in hours} - kept)
            known = kept | sealed.keys()
            hours = [hour for hour in hours if hour.astimezone(UTC).date() in known]
            with analytics.worker() as target:
                rows = _replace(source, target, hours, sealed, on_hours) if hours else 0
        with operational.worker() as tx:
            ids = [mark.id for mark in dirty]
            marked_at, finished_at = lateness.oldest_mark(tx, ids=ids), clock.now()
            rolling.delete_dirty(tx, ids=ids)
            lateness.put_rollup_run(
                tx,
                started_at=started_at,
                finished_at=finished_at,
                hours=len(hours),
                rows=rows,
                waited=max(finished_at - (marked_at or started_at), timedelta(0)),
                keep=_KEEP_RUNS,
            )
    days = {hour.date() for hour in hours}
    return RolledUp(len(hours), len(days), rows)


def _sealed(source: Tx[Operational], days: set[date]) -> dict[date, Seal]:
    """The seals of these days, whose events are in their files only and can be read."""
    readable = {}
    for each in sealing.seals(source, first=min(days), last=max(days)) if days else ():
        with suppress(WavehouseError, OSError):  # other days are rolled up all the same
            if each.day in days:
                with _events_of(each):
                    readable[each.day] = each
    return readable


def _replace(
    source: Tx[Operational],
    target: Tx[Analytics],
    hours: list[datetime],
    sealed: Mapping[date, Seal],
    on_hours: OnHours,
) -> int:
    at = clock.now()
    with ThreadPoolExecutor(1, "events") as reader, ThreadPoolExecutor(2, "rollups") as workers:
        # The first events arrive while the tables are prepared.
        batches = ahead(reader, _batches(source, hours, sealed))
        for month in {hour.date().replace(day=1) for hour in hours}:
            rolling.ensure_period(target, day=month)
        for rollup in (*HOURLY, *DAILY, AUDIENCE[0]):
            for first, last in (hour_spans if rollup.grain == "hour" else day_spans)(hours):
                rolling.clear(target, rollup, first=first, last=last)
        tables = list(dict.fromkeys(rollup.table for rollup in (*HOURLY, *DAILY, *AUDIENCE)))
        for table in tables:
            rolling.stage(target, table)
        with closing(Roller()) as roller:
            for batch in batches:
                with batch.events:
                    roller.take(batch.events)
                _carry(workers, roller, target, (*DAILY, *AUDIENCE), batch, at)
                if len(batch.hours) < _HOURS_A_DAY * len(batch.days):
                    roller.keep(batch.hours)
                _carry(workers, roller, target, HOURLY, batch, at)
                on_hours(len(batch.hours))
    return sum(rolling.keep_staged(target, table) for table in tables)


@dataclass(slots=True)
class _Batch:
    """Whole days with dirty hours, and all their events."""

    events: IO[bytes]
    hours: list[datetime]
    days: list[date]


def _batches(
    source: Tx[Operational], hours: list[datetime], sealed: Mapping[date, Seal]
) -> Iterator[_Batch]:
    """The events of the days of dirty hours, as many days at once as fit in memory."""
    batch = _empty()
    for day, of_day in groupby(hours, key=lambda hour: hour.astimezone(UTC).date()):
        first = clock.start_of_day(day)
        if day in sealed:
            _copy_sealed(sealed[day], batch.events)
        else:
            rolling.copy_events(source, first=first, last=first + clock.DAY, into=batch.events)
        batch.days.append(day)
        batch.hours.extend(of_day)
        if batch.events.tell() > _BATCH_BYTES:
            yield _flushed(batch)
            batch = _empty()
    if batch.days:
        yield _flushed(batch)


def _copy_sealed(seal: Seal, into: IO[bytes]) -> None:
    """Append the events of a sealed file, as ``copy_events`` does those of partitions."""
    with _events_of(seal) as path, sealed_events(path) as rows:
        shutil.copyfileobj(rows, into)


@contextmanager
def _events_of(seal: Seal) -> Iterator[Path]:
    store = store_at(seal.store)
    with store.holding(seal.manifest):
        yield checked(store, manifest_at(store, seal).files["events"])


def _empty() -> _Batch:
    return _Batch(tempfile.TemporaryFile(buffering=2**20), [], [])


def _flushed(batch: _Batch) -> _Batch:
    batch.events.flush()
    return batch


def _carry(
    workers: ThreadPoolExecutor,
    roller: Roller,
    target: Tx[Analytics],
    rollups: tuple[Rollup, ...],
    batch: _Batch,
    at: datetime,
) -> None:
    """Compute rollups side by side, and stage the rows of each as soon as it is its turn.

    A day alone has no other one to be read meanwhile: its cost would be that of one core.
    """
    first = clock.start_of_day(batch.days[0])
    last = clock.start_of_day(batch.days[-1]) + clock.DAY
    coming = [
        workers.submit(
            roller.rows,
            select_of(rollup),
            grain=rollup.grain,
            first=first,
            last=last,
            computed_at=at,
        )
        for rollup in rollups
    ]
    for rollup, rows in zip(rollups, coming, strict=True):
        with rows.result() as computed:
            rolling.carry(target, rollup.table, computed)


def select_of(rollup: Rollup, written: Callable[..., str] = transform) -> str:
    """The SELECT of a rollup; ``written`` formats a transform."""
    if rollup.dimension is None:
        return written(rollup.transform)
    return written(rollup.transform, rollup.dimension.column, required=rollup.dimension.required)


def reconcile(stores: Stores, *, repair: bool = False) -> Reconciliation:
    """Compare every hour and day of the rollups with the raw events; ``repair`` marks differences.

    Events and downloads are compared by podcast, in every rollup. Dirty hours are skipped, as they
    are known to be outdated.
    """
    operational, analytics = stores.operational, stores.analytics
    with operational.worker(snapshot=True) as source, analytics.worker() as target:
        span = rolling.span_of_events(source)
        if span is None:
            return Reconciliation(0, 0, 0, ())
        first = clock.start_of_day(span[0].date())
        last = clock.start_of_day(span[1].date() + timedelta(days=1))
        dirty = {mark.hour for mark in rolling.dirty_hours(source)}
        raw = rolling.raw_hours(source, first=first, last=last)
        rollup_events = 0
        mismatches: list[Mismatch] = []
        for rollup in (*HOURLY, *DAILY, AUDIENCE[0]):
            stored = rolling.rolled(target, rollup, first=first, last=last)
            mismatches += _differing(rollup, raw, stored, dirty)
            if rollup is HOURLY[0]:
                rollup_events = sum(events for events, _ in stored.values())
        result = Reconciliation(
            len({hour.hour for hour in raw}),
            sum(hour.events for hour in raw),
            rollup_events,
            tuple(mismatches),
        )
        rolling.insert_reconciliation(
            target, at=clock.now(), first=first, last=last, reconciliation=result
        )
    if repair and mismatches:
        with operational.worker() as tx:
            rolling.mark_dirty(tx, hours=sorted({m.hour for m in mismatches}))
        roll_up(stores)
    return result


def not_rolled_up(stores: Stores, *, before: datetime) -> str:
    """The reason why raw events before a limit must stay, or an empty string.

    They may go once no mark of theirs is pending and every rollup agrees with them.
    """
    with stores.operational.worker(snapshot=True) as source, stores.analytics.worker() as target:
        waiting = rolling.marked_before(source, before=before)
        if waiting:
            return f"{waiting} days or hours wait to be counted or rolled up"
        span = rolling.span_of_events(source)
        if span is None or span[0] >= before:
            return ""
        first = clock.start_of_day(span[0].date())
        raw = rolling.raw_hours(source, first=first, last=before)
        for rollup in (*HOURLY, *DAILY, AUDIENCE[0]):
            stored = rolling.rolled(target, rollup, first=first, last=before)
            differing = _differing(rollup, raw, stored, set())
            if differing:
                return (
                    f"{len(differing)} buckets of {rollup.table} differ from the raw events: "
                    "wavehouse rollup reconcile --repair"
                )
    return ""


def _differing(
    rollup: Rollup, raw: list[RawHour], counts: Counts, dirty: set[datetime]
) -> list[Mismatch]:
    """The buckets of one rollup that differ from the raw events."""
    expected = _expected(rollup, raw)
    behind = {_bucket(rollup, hour) for hour in dirty}
    nothing = (0, 0)
    return [
        Mismatch(
            rollup.table,
            bucket,
            podcast,
            expected.get((bucket, podcast), nothing)[1],
            counts.get((bucket, podcast), nothing)[1],
        )
        for bucket, podcast in sorted(expected.keys() | counts.keys())
        if bucket not in behind
        and expected.get((bucket, podcast), nothing) != counts.get((bucket, podcast), nothing)
    ]


def _expected(rollup: Rollup, raw: list[RawHour]) -> Counts:
    """The expected events and downloads of each bucket and podcast of a rollup."""
    sums: Counts = defaultdict(lambda: (0, 0))
    for hour in raw:
        bucket = _bucket(rollup, hour.hour)
        podcasts, counts = [hour.podcast_id], (hour.events, hour.downloads)
        if rollup.dimension is not None and rollup.dimension.required:
            counts = (hour.episode_events, hour.episode_downloads)
        elif rollup in AUDIENCE:  # downloads only, plus one row for all podcasts together
            podcasts, counts = [hour.podcast_id, NO_PODCAST], (hour.downloads, hour.downloads)
        for podcast in podcasts:
            events, downloads = sums[bucket, podcast]
            sums[bucket, podcast] = (events + counts[0], downloads + counts[1])
    return {key: counts for key, counts in sums.items() if counts != (0, 0)}


def _bucket(rollup: Rollup, hour: datetime) -> datetime:
    return hour if rollup.grain == "hour" else clock.start_of_day(hour.date())
