"""Use case: dropped days take late lines again, because their sealed rows return to partitions.

Days are loaded from the newest dropped one back to the wanted one, each in one transaction, so that
partitions are always complete from some day on: every reader and the accepted times of ingest
follow from that day (``governance.raw_from``). A program that is killed leaves complete days, and a
repetition continues. The files stay; the next seal makes a new generation of a day that changed,
and retention drops its rows again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, NotFound, Refused, WavehouseError
from wavehouse.measurement.adapters.sealed_store import checked, store_at
from wavehouse.measurement.adapters.sealer import Sealer
from wavehouse.measurement.queries import counting, reopening, sealing, sources, warehouse
from wavehouse.measurement.rules.sealing import KINDS
from wavehouse.measurement.service.manifests import manifest_at
from wavehouse.measurement.types import Seal, SealedDay
from wavehouse.store import Operational, Stores, Tx

_TABLES = {
    "requests": "measurement.requests",
    "downloads": "measurement.downloads",
    "events": "measurement.listener_events",
}
_COPIES = {
    "requests": sealing.copy_requests,
    "downloads": sealing.copy_downloads,
    "events": sealing.copy_events,
}


@dataclass(frozen=True, slots=True)
class Reopened:
    """A day whose rows are in partitions again; its number of requests, downloads and events."""

    day: date
    rows: int


def reopen(
    stores: Stores,
    *,
    first: date,
    dry_run: bool = False,
    on_day: Callable[[date], None] = lambda _: None,
) -> list[Reopened]:
    """Load the sealed rows of every dropped day from ``first`` on back into partitions.

    ``dry_run`` returns the days without loading them. NotFound when no day from ``first`` on is
    dropped and sealed, or a file is missing; Refused when a file was changed, when rows before were
    dropped without a seal, or when a month's secret was destroyed; Conflict while retention drops.
    """
    dropped = _dropped(stores, first)
    if dry_run:
        return [Reopened(day.day, _rows_of(day)) for day in dropped]
    done = []
    with closing(Sealer()) as sealer:
        for day in dropped:
            rows = _reopen_day(stores, sealer, day.day)
            if rows is not None:
                done.append(Reopened(day.day, rows))
                on_day(day.day)
    return done


def _dropped(stores: Stores, first: date) -> list[SealedDay]:
    """The sealed days that retention has dropped, newest first, if all can be reopened."""
    with stores.operational.worker() as tx:
        days = [
            day
            for day in sealing.sealed_days(tx)
            if day.dropped and day.generation is not None and day.day >= first
        ]
        complete = sealing.complete_from(tx)
        destroyed = reopening.destroyed_months(tx)
    if not days:
        raise NotFound(
            f"no sealed day from {first} on is out of the partitions",
            hint="Only days whose rows retention has dropped are loaded back.",
            command="wavehouse warehouse status",
        )
    if complete is not None and clock.start_of_day(first) < complete:
        raise Refused(
            f"rows before {complete:%Y-%m-%d} were dropped without a seal",
            where=str(first),
            hint=f"Use {complete:%Y-%m-%d} or a later day.",
        )
    lost = [day.day for day in days if day.day.replace(day=1) in destroyed]
    if lost:
        raise Refused(
            f"the secret of the listener keys of {lost[0]:%Y-%m} was destroyed",
            where=str(lost[0]),
            hint="A late line would be counted as another listener: its day stays as it was.",
        )
    return days[::-1]


def _rows_of(day: SealedDay) -> int:
    return (day.requests or 0) + (day.downloads or 0) + (day.events or 0)


def _reopen_day(stores: Stores, sealer: Sealer, day: date) -> int | None:
    """Load a day; returns its rows, or None when another program has loaded it."""
    start = clock.start_of_day(day)
    with stores.operational.worker() as tx:
        sealing.lock_sealing(tx)
        counting.lock_counting(tx)
        if reopening.is_dropping_raw(tx):
            raise Conflict(
                "retention is dropping raw rows, or was interrupted while it did",
                hint="Wait for its end, or run it again, and then repeat this command.",
                command="wavehouse retention plan",
            )
        current = warehouse.day_of(tx, day=day)
        if current is None or not current.dropped:
            return None
        (of,) = sealing.seals(tx, first=day, last=day)
        sources.ensure_day(tx, day=day)
        rows = _load(tx, sealer, of, is_empty=not current.has_rows)
        if current.has_rows:
            # Lines of an earlier release, which were stored and not counted with the others.
            counting.mark_day(tx, first=day, last=day)
            reopening.mark_hours(tx, first=start, last=start + clock.DAY)
        reopening.mark_reopened(tx, day=day, at=clock.now())
    return rows


def _load(tx: Tx[Operational], sealer: Sealer, of: Seal, *, is_empty: bool) -> int:
    """Load a day's files. WavehouseError when the partitions differ from them afterwards."""
    store, number = store_at(of.store), 0
    with store.holding(of.manifest):
        files = manifest_at(store, of).files
        paths: dict[str, Path] = {kind: checked(store, files[kind]) for kind in KINDS}
        for kind in KINDS:
            with sealer.csv(paths[kind]) as rows:
                number += reopening.load_sealed(tx, _TABLES[kind], rows)
            if is_empty:
                _compare(tx, sealer, kind, of.day, paths[kind])
    if number != sum(file.rows for file in files.values()):
        raise WavehouseError(f"not all sealed rows of {of.day} could be loaded")
    return number


def _compare(tx: Tx[Operational], sealer: Sealer, kind: str, day: date, path: Path) -> None:
    """Read the partition as a seal does, and compare it with the file."""
    first = clock.start_of_day(day)
    with sealer.scratch_file() as rows:
        _COPIES[kind](tx, first=first, last=first + timedelta(days=1), into=rows)
        rows.flush()
        sealer.take(kind, rows)
    if not sealer.equals_file(kind, path):
        raise WavehouseError(f"the loaded {kind} of {day} differ from the sealed file")
