"""Use cases: push events to a warehouse, roll them up there, compare its rollups with ours.

What is due follows from two tables of the warehouse, which are written after the rows: a kill in
between repeats a day, which changes nothing. One program writes at a time. Like counting, this
serves all organizations at once and takes no identity.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from wavehouse.engines import (
    Engine,
    Table,
    Value,
    digest,
    digests,
    duckdb_file,
    open_engine,
    parts_of,
    require_kept,
)
from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.config import Settings
from wavehouse.measurement.adapters.roller import portable
from wavehouse.measurement.adapters.sealed_store import checked, store_at
from wavehouse.measurement.adapters.warehouse import EventFiles, RollupDigests
from wavehouse.measurement.queries import rolling, sealing, warehouse
from wavehouse.measurement.queries.rolling import AUDIENCE, DAILY, HOURLY
from wavehouse.measurement.rules import exporting
from wavehouse.measurement.rules.sealing import seal_state
from wavehouse.measurement.rules.warehouse import (
    COMPUTED_AT,
    EVENTS,
    HOURLY_TABLES,
    PUSHED,
    ROLLED,
    ROLLUP_TABLES,
)
from wavehouse.measurement.service.manifests import manifest_at
from wavehouse.measurement.service.rolling import roll_up, select_of
from wavehouse.measurement.service.sealing import rollup_selects
from wavehouse.measurement.types import (
    BucketDigests,
    Comparison,
    DayDone,
    Difference,
    SealedDay,
    SealState,
    WarehouseDay,
)
from wavehouse.store import Stores

OnDay = Callable[[date], None]
_ALL = (date(1970, 1, 1), date(2200, 1, 1))
_CHUNK = timedelta(days=31)
_ROLLUPS = (*HOURLY, *DAILY, *AUDIENCE)


def address_of(settings: Settings) -> str:
    """The warehouse's address: the setting ``warehouse_url``, or a DuckDB file of the home.

    UsageError for an address that names no durable place.
    """
    address: str | None = settings["warehouse_url"]
    if not address:
        return f"duckdb://{settings.home / 'warehouse.duckdb'}"
    require_kept(address)
    return address


def open_warehouse(settings: Settings) -> Engine:
    """The engine of the setting ``warehouse_url``; the caller closes it."""
    return open_engine(address_of(settings))


def days_there(stores: Stores, settings: Settings) -> dict[date, WarehouseDay] | None:
    """Every day by the warehouse's state; None when there is none yet. Makes nothing."""
    address = address_of(settings)
    if parts_of(address).scheme == "duckdb" and not Path(duckdb_file(address)).exists():
        return None
    with closing(open_warehouse(settings)) as engine:
        return {each.day: each for each in days(stores, engine)}


def days(
    stores: Stores, engine: Engine, *, first: date | None = None, last: date | None = None
) -> list[WarehouseDay]:
    """Every UTC day with events here, or rows in the warehouse; oldest first."""
    with stores.operational.worker() as tx:
        here = {day.day: day for day in sealing.sealed_days(tx)}
    pushed = {_day(row[0]): row for row in engine.rows(PUSHED, first=_ALL[0], last=_ALL[1])}
    rolled = {_day(row[0]): row for row in engine.rows(ROLLED, first=_ALL[0], last=_ALL[1])}
    listed = []
    for day in sorted(here.keys() | pushed.keys() | rolled.keys()):
        if not (first or day) <= day <= (last or day):
            continue
        source, there, summed = here.get(day), pushed.get(day), rolled.get(day)
        made = WarehouseDay(
            day,
            _version(source) if source else None,
            bool(source and source.waiting),
            pushed=str(there[1]) if there else None,
            rolled=str(summed[1]) if summed else None,
            events=int(str(there[2])) if there else None,
        )
        if made.version or made.pushed or made.rolled:
            listed.append(made)
    return listed


def _version(day: SealedDay) -> str | None:
    """The version of a day's events; None when there are none."""
    if seal_state(day, today=clock.today()) is SealState.COLD:
        return f"{day.changes}/{day.generation}"
    # A partition without rows: an erasure took the last ones, and the warehouse loses them too.
    is_emptied = day.has_partition and day.changes > 0
    return str(day.changes) if day.has_rows or is_emptied else None


def push(
    stores: Stores,
    engine: Engine,
    *,
    listed: Iterable[WarehouseDay],
    on_day: OnDay = lambda _: None,
) -> list[DayDone]:
    """Replace these days' events in the warehouse by those here, one day after the other."""
    done = []
    with TemporaryDirectory(prefix="wavehouse-push-") as folder, closing(EventFiles()) as files:
        for each in listed:
            with telemetry.span("warehouse.push"), _alone(stores):
                done.append(_push_day(stores, engine, files, Path(folder) / "day.parquet", each))
            on_day(each.day)
    return done


def _push_day(
    stores: Stores, engine: Engine, files: EventFiles, file: Path, of: WarehouseDay
) -> DayDone:
    for table in (EVENTS, PUSHED):
        engine.ensure(table, first=of.day, last=of.day)
        engine.discard(table)
    version = _write_events(stores, files, file, of.day) if of.version else None
    if version:
        engine.load(EVENTS, file)
    rows = engine.replace(EVENTS, day=of.day)
    if version:
        _mark(engine, "CAST(:day AS DATE), :version, :events",
              {"day": of.day, "version": version, "events": rows}, PUSHED)  # fmt: skip
    engine.replace(PUSHED, day=of.day)
    return DayDone(of.day, rows, removed=version is None)


def _write_events(stores: Stores, files: EventFiles, file: Path, day: date) -> str | None:
    """Write a day's events as Parquet; returns their version, read in the same snapshot."""
    start = clock.start_of_day(day)
    with stores.operational.worker(snapshot=True) as source:
        current = warehouse.day_of(source, day=day)
        version = _version(current) if current else None
        if current is None or version is None:
            return None
        if seal_state(current, today=clock.today()) is not SealState.COLD:
            with tempfile.TemporaryFile(buffering=2**20) as rows:
                rolling.copy_events(source, first=start, last=start + clock.DAY, into=rows)
                rows.flush()
                files.write_hot(rows, file)
            return version
        (seal,) = sealing.seals(source, first=day, last=day)
    store = store_at(seal.store)
    with store.holding(seal.manifest):
        files.write_sealed(checked(store, manifest_at(store, seal).files["events"]), file)
    return version


def state_there(day: WarehouseDay) -> str:
    """A day's state in the warehouse: current, push due or run due."""
    if day.push_due:
        return "push due"
    return "run due" if run_due(day) else "current"


def run_due(day: WarehouseDay) -> bool:
    """The warehouse has events whose rollups are not made, or made by other transforms."""
    return day.pushed is not None and day.rolled != _rolled_version(day.pushed)


def run(
    stores: Stores,
    engine: Engine,
    *,
    listed: Iterable[WarehouseDay],
    on_day: OnDay = lambda _: None,
) -> list[DayDone]:
    """Roll up these days in the warehouse from its events, one day after the other."""
    done = []
    for each in listed:
        if each.pushed is None:
            continue
        with telemetry.span("warehouse.run"), _alone(stores):
            done.append(DayDone(each.day, roll_up_day(engine, each.day, each.pushed)))
        on_day(each.day)
    return done


def roll_up_day(engine: Engine, day: date, version: str) -> int:
    """Compute a day's rollups, and note the version of the events that they are of."""
    start, rows = clock.start_of_day(day), 0
    span: dict[str, Value] = {"first": start, "last": start + clock.DAY, "computed_at": clock.now()}
    for table in (*ROLLUP_TABLES, ROLLED):
        engine.ensure(table, first=day, last=day)
        engine.discard(table)
    for table in ROLLUP_TABLES:
        for rollup in _ROLLUPS:
            if rollup.table == table.name:
                grain: dict[str, Value] = {"grain": rollup.grain} if rollup.dimension else {}
                engine.aggregate(table, select_of(rollup, portable), {**span, **grain})
        rows += engine.replace(table, day=day)
    _mark(engine, "CAST(:day AS DATE), :version",
          {"day": day, "version": _rolled_version(version)}, ROLLED)  # fmt: skip
    engine.replace(ROLLED, day=day)
    return rows


def project(tool: str, *, dialect: str, database: str) -> dict[str, str]:
    """The transforms as a project of dbt or SQLMesh: texts by file name."""
    models = tuple(
        exporting.Model(
            table,
            tuple(select_of(each, portable) for each in _ROLLUPS if each.table == table.name),
        )
        for table in ROLLUP_TABLES
    )
    return exporting.project(tool, models, dialect=dialect, database=database)


def _rolled_version(pushed: str) -> str:
    """The events' version and the transforms': a release that changes one makes every day due."""
    texts = "\n".join(select_of(rollup, portable) for rollup in _ROLLUPS)
    return f"{pushed} {hashlib.sha256(texts.encode()).hexdigest()[:12]}"


def compare(
    stores: Stores,
    engine: Engine,
    *,
    first: date | None = None,
    last: date | None = None,
    on_day: OnDay = lambda _: None,
) -> Comparison:
    """Compare all rollups, hour by hour and day by day, except of days that wait here."""
    listed = days(stores, engine, first=first, last=last)
    waiting = {each.day for each in listed if each.waiting}
    wanted = [each.day for each in listed if each.day not in waiting]
    stored: dict[str, dict[str, str]] = {table.name: {} for table in ROLLUP_TABLES}
    there: dict[str, dict[str, str]] = {table.name: {} for table in ROLLUP_TABLES}
    with closing(RollupDigests()) as digested:
        for begin, end in _chunks(wanted):
            for name, buckets in _stored(stores, digested, begin, end).items():
                stored[name] |= buckets
            for table in ROLLUP_TABLES:
                there[table.name] |= digests(
                    engine, table, first=begin, last=end, without=[COMPUTED_AT]
                )
            on_day(end)
    kept = {str(day) for day in wanted}
    differing = [
        Difference(name, bucket, stored[name].get(bucket, ""), there[name].get(bucket, ""))
        for name in stored
        for bucket in sorted(stored[name].keys() | there[name].keys())
        if bucket[:10] in kept and stored[name].get(bucket) != there[name].get(bucket)
    ]
    hourly = {table.name for table in HOURLY_TABLES}
    return Comparison(
        hours=_buckets(stored, there, kept, hourly),
        days=_buckets(stored, there, kept, stored.keys() - hourly),
        differing=tuple(differing),
        waiting=tuple(sorted(waiting)),
    )


def repair(
    stores: Stores,
    engine: Engine,
    differing: Iterable[Difference],
    *,
    first: date | None = None,
    last: date | None = None,
    on_day: OnDay = lambda _: None,
) -> Comparison:
    """Recompute the days that differ, there and then here, and compare everything again."""
    wrong = {each.day for each in differing}
    _redo(stores, engine, wrong, on_day)
    result = compare(stores, engine, first=first, last=last)
    still = {each.day for each in result.differing}
    if still:
        with stores.operational.worker() as tx:
            hours = [clock.start_of_day(day) + n * clock.HOUR for day in still for n in range(24)]
            rolling.mark_dirty(tx, hours=sorted(hours))
        roll_up(stores)
        _redo(stores, engine, still, on_day)
        result = compare(stores, engine, first=first, last=last)
    return replace(result, repaired=tuple(sorted(wrong - {each.day for each in result.differing})))


def _redo(stores: Stores, engine: Engine, wrong: set[date], on_day: OnDay) -> None:
    listed = [day for day in days(stores, engine) if day.day in wrong and day.version]
    push(stores, engine, listed=listed)
    again = [day for day in days(stores, engine) if day.day in wrong]
    run(stores, engine, listed=again, on_day=on_day)


def _stored(
    stores: Stores, digested: RollupDigests, first: date, last: date
) -> dict[str, dict[str, str]]:
    """The digests of the rollups here, by table and bucket."""
    start, end = clock.start_of_day(first), clock.start_of_day(last) + clock.DAY
    by_table = {}
    with stores.analytics.worker(snapshot=True) as tx:
        for rollup, select in zip((*HOURLY, *DAILY), rollup_selects(), strict=False):
            with tempfile.TemporaryFile(buffering=2**20) as rows:
                sealing.copy_rollup(tx, rollup, first=start, last=end, into=rows)
                rows.flush()
                by_table[rollup.table] = digested.by_bucket(select.columns, rows)
        with tempfile.TemporaryFile() as rows:
            sealing.copy_audience(tx, first=first, last=end.date(), into=rows)
            rows.flush()
            audience = rollup_selects()[-1]
            by_table[audience.label] = digested.by_bucket(audience.columns, rows)
    return by_table


def _buckets(
    stored: Mapping[str, Mapping[str, str]],
    there: Mapping[str, Mapping[str, str]],
    kept: set[str],
    names: Iterable[str],
) -> tuple[BucketDigests, ...]:
    """One digest for each bucket over some tables."""
    wanted = sorted(names)
    buckets = {
        bucket for side in (stored, there) for name in wanted for bucket in side[name]
    }  # fmt: skip
    return tuple(
        BucketDigests(bucket, _over(stored, wanted, bucket), _over(there, wanted, bucket))
        for bucket in sorted(buckets)
        if bucket[:10] in kept
    )


def _over(side: Mapping[str, Mapping[str, str]], names: list[str], bucket: str) -> str:
    rows = [(name, side[name][bucket]) for name in names if bucket in side[name]]
    return digest(rows) if rows else ""


def _chunks(wanted: list[date]) -> Iterator[tuple[date, date]]:
    """Spans of at most a month that cover these days, which are in order."""
    begin: date | None = None
    for n, day in enumerate(wanted):
        begin = begin or day
        after = wanted[n + 1] if n + 1 < len(wanted) else None
        if after is None or after - begin >= _CHUNK:
            yield begin, day
            begin = None


def _mark(engine: Engine, columns: str, values: Mapping[str, Value], table: Table) -> None:
    engine.aggregate(table, f"SELECT {columns}", values)


@contextmanager
def _alone(stores: Stores) -> Iterator[None]:
    with stores.operational.worker() as lock:
        warehouse.lock_warehouse(lock)
        yield


def _day(value: object) -> date:
    assert isinstance(value, date)  # noqa: S101 - a column of ours
    return value
