"""Sealed days and a warehouse on ten million events: sealing, scans, a day dropped, equal digests.

Not part of `make bench`: it fills some six gigabytes and takes minutes (`make warehouse`). The
events are those of `large.py`, over 30 days that are old enough to be sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import ground
import large
import measuring
from measuring import Figure, milliseconds, stopwatch, times

from wavehouse import measurement
from wavehouse.engines import open_engine
from wavehouse.kernel import clock
from wavehouse.measurement.adapters.databases import closed_database
from wavehouse.measurement.service import warehouse
from wavehouse.workspace import Workspace

DAYS = 30
ROUNDS = 5
GOAL_SEAL, GOAL_BYTES, GOAL_SIZE, GOAL_SCAN = 300_000, 45, 6, 10
_SCANS = {
    "by app": "platform, count(*)",
    "by day": "{day}, count(*)",
    "by country, distinct listeners": "country_code, count(DISTINCT listener_key)",
}


def figures(size: float) -> Iterator[Figure]:
    """Fill, roll up, seal, scan, compare, drop."""
    with ground.workspace() as workspace:
        first = clock.today() - timedelta(days=DAYS + 2)
        large.DAYS = DAYS
        events = large._fill(workspace, round(large.EVENTS * size / DAYS), first)
        large._dirty(workspace, first, DAYS * 24)
        with stopwatch() as rolled:
            measurement.roll_up(workspace.stores)
        yield Figure(f"roll up {events:,} events of {DAYS} days", f"{rolled.wall:.1f} s")
        yield from _sealed(workspace, events)
        yield from _scans(workspace)
        yield from _compared(workspace)
        yield from large._dropped(workspace, first)


def _sealed(workspace: Workspace, events: int) -> Iterator[Figure]:
    with stopwatch(workspace.settings.home / "postgres") as took:
        outcomes = measurement.seal(workspace.stores, workspace.settings)
    assert {""} == {outcome.reason for outcome in outcomes}, outcomes
    rows, size = sum(o.rows for o in outcomes), sum(o.bytes for o in outcomes)
    assert events == rows
    yield Figure(
        f"seal {len(outcomes)} days, read back and rollups compared",
        f"{rows / took.wall:,.0f} rows/s",
        f"{rows / took.cpu:,.0f} rows per second of processor time",
        goal=f">= {GOAL_SEAL:,} rows/s",
        met=rows / took.wall >= GOAL_SEAL,
    )
    with ground.superuser(workspace) as server:
        stored = server.execute(
            "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits "
            "WHERE inhparent = 'measurement.listener_events'::regclass"
        ).fetchone()
    assert stored is not None
    each, there = size / rows, int(stored[0]) / rows
    yield Figure(
        "bytes of a sealed event",
        f"{each:.1f}",
        f"PostgreSQL with indexes {there:.0f}",
        times(there / each),
        f"<= {GOAL_BYTES}, {GOAL_SIZE} x smaller",
        each <= GOAL_BYTES and there / each >= GOAL_SIZE,
    )


def _scans(workspace: Workspace) -> Iterator[Figure]:
    """The same query on the sealed files and on the partitions; both warm, the median of rounds."""
    files = str(Path(workspace.settings.home) / "sealed" / "dt=*" / "events-*.parquet")
    with ground.superuser(workspace) as server, closing(closed_database()) as sealed:
        sealed.execute("SET threads = 2")
        for what, columns in _SCANS.items():
            here = columns.format(day="(\"timestamp\" AT TIME ZONE 'UTC')::date")
            there = columns.format(day='"timestamp"::date')

            def of_server(select: str = here) -> list[tuple[object, ...]]:
                query = f"SELECT {select} FROM measurement.listener_events GROUP BY 1 ORDER BY 1"
                return server.execute(query.encode()).fetchall()

            def of_files(select: str = there) -> list[tuple[object, ...]]:
                query = f"SELECT {select} FROM read_parquet('{files}') GROUP BY 1 ORDER BY 1"
                return sealed.execute(query).fetchall()

            assert sorted(map(repr, of_server())) == sorted(map(repr, of_files())), what
            slow, quick = _median(of_server), _median(of_files)
            yield Figure(
                f"all {DAYS} days {what}: sealed",
                milliseconds(quick),
                f"PostgreSQL {milliseconds(slow)}",
                times(slow / quick),
                f">= {GOAL_SCAN} x",
                slow / quick >= GOAL_SCAN,
            )


def _median(ask: object) -> float:
    seconds = []
    for _ in range(ROUNDS):
        with stopwatch() as took:
            ask()  # type: ignore[operator]
        seconds.append(took.wall)
    return measuring.quantile(seconds, 0.5)


def _compared(workspace: Workspace) -> Iterator[Figure]:
    """Push, roll up there, compare all digests with the stored rollups."""
    home = Path(workspace.settings.home)
    with closing(open_engine(f"duckdb://{home}/warehouse.duckdb")) as engine:
        with stopwatch() as pushed:
            warehouse.push(
                workspace.stores, engine, listed=warehouse.days(workspace.stores, engine)
            )
        with stopwatch() as run:
            warehouse.run(workspace.stores, engine, listed=warehouse.days(workspace.stores, engine))
        with stopwatch() as compared:
            result = warehouse.compare(workspace.stores, engine)
    yield Figure(
        "push to DuckDB, roll up there, compare",
        f"{pushed.wall:.1f} s, {run.wall:.1f} s, {compared.wall:.1f} s",
        f"{len(result.hours):,} hours, {len(result.days)} days",
        goal="0 differing",
        met=not result.differing and len(result.hours) == DAYS * 24,
    )


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
