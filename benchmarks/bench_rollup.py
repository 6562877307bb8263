"""Rollups: the cost of a dirty hour, of all hours, of none; compared with DuckDB.

The events are made by SQL in the product's own table: evenly spread, 40 episodes of 4 shows, each
listener about three times. A dirty hour also recomputes its day's rows, because distinct listeners
of hours do not add up to those of a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import ground
import measuring
from measuring import Figure, best, milliseconds, stopwatch, times

from wavehouse import measurement
from wavehouse.kernel import clock
from wavehouse.measurement.queries.rolling import AUDIENCE, DAILY, HOURLY
from wavehouse.measurement.service.rolling import select_of
from wavehouse.workspace import Workspace

EVENTS = 600_000
DAYS = 14
HOURS = DAYS * 24
DIRTY = (1, 6, 24, 72)
GOAL_LINEAR = 0.2
GOAL_SHARE = 1.5
GOAL_DUCKDB = 4.0


def figures(size: float) -> Iterator[Figure]:
    """All hours first, as the baseline of the others."""
    with ground.workspace() as workspace:
        events = _fill(workspace, round(EVENTS * size))
        full = best(lambda: _rolled(workspace, 0, HOURS), 2)
        share = full / HOURS
        yield Figure(
            f"roll up {HOURS} hours, {events:,} events",
            f"{full:.2f} s",
            ratio=f"{share * 1e3:.1f} ms/hour",
        )
        cost = {n: best(lambda n=n: _rolled(workspace, 24 * 5, n), 3) for n in DIRTY}  # type: ignore[misc]
        for n, seconds in cost.items():
            yield Figure(
                f"{n} dirty of {-(-n // 24)} whole day{'s' if n > 24 else ''}",
                f"{milliseconds(seconds)}, {milliseconds(seconds / n)} an hour",
                f"an hour's share of all {milliseconds(share)}",
                times(seconds / n / share),
                f"<= {times(GOAL_SHARE)}" if n >= 24 else "–",
                seconds / n / share <= GOAL_SHARE if n >= 24 else None,
            )
        yield from _linear(cost)
        with stopwatch() as idle:
            measurement.roll_up(workspace.stores)
        yield Figure("nothing dirty", milliseconds(idle.wall))
        yield _reconciled(workspace, events)
        yield _beside_duckdb(workspace, full)


def _linear(cost: dict[int, float]) -> Iterator[Figure]:
    for few, many in ((24, 72), (6, 72)):
        ratio = (cost[many] / many) / (cost[few] / few)
        yield Figure(
            f"an hour among {many} dirty ones",
            milliseconds(cost[many] / many),
            f"among {few} {milliseconds(cost[few] / few)}",
            times(ratio),
            f"1 +- {GOAL_LINEAR}",
            abs(ratio - 1) <= GOAL_LINEAR,
        )


def _fill(workspace: Workspace, events: int) -> int:
    first, _ = ground.last_days(DAYS)
    with ground.superuser(workspace) as server:
        server.execute(
            "SELECT measurement.ensure_day(d::date) "
            "FROM generate_series(%s::date, %s::date + 13, interval '1 day') d",
            [first, first],
        )
        server.execute(
            """
            INSERT INTO measurement.listener_events (podcast_id, "timestamp", event_id,
              organization_id, episode_id, event_type, platform, country_code, device_type,
              device_os, ip_address, listener_key, listener_key_prev)
            SELECT md5((e %% 4)::text)::uuid, at, uuidv7(), %(organization)s, md5('e' || e)::uuid,
              'download', (ARRAY['Apple Podcasts', 'Spotify', 'Overcast', 'Pocket Casts',
                'AntennaPod'])[1 + n %% 5], (ARRAY['DE', 'US', 'FR', 'GB', 'NL', 'SE'])[1 + n %% 6],
              (ARRAY['mobile', 'pc', 'smart_speaker'])[1 + n %% 3], NULL, '192.0.2.0/24',
              hashint8extended(n %% (%(events)s / 3), 0), 0
            FROM (
              SELECT n, (n::bigint * 7919) %% 40 AS e,
                %(first)s::timestamptz + n * (interval '1 day' * %(days)s / %(events)s) AS at
              FROM generate_series(0, %(events)s - 1) n)
            """,
            {
                "organization": workspace.organization.organization_id,
                "events": events,
                "first": clock.start_of_day(first),
                "days": DAYS,
            },
        )
        server.execute("VACUUM ANALYZE measurement.listener_events")
    return events


def _rolled(workspace: Workspace, start: int, count: int) -> float:
    first = clock.start_of_day(ground.last_days(DAYS)[0])
    hours = [first + (start + n) * timedelta(hours=1) for n in range(count)]
    with ground.superuser(workspace) as server:
        server.execute(
            "INSERT INTO measurement.dirty_log (hour) SELECT unnest(%s::timestamptz[])", [hours]
        )
    with stopwatch() as took:
        done = measurement.roll_up(workspace.stores)
    assert done.hours == count, done
    return took.wall


def _reconciled(workspace: Workspace, events: int) -> Figure:
    with stopwatch() as took:
        found = measurement.reconcile(workspace.stores)
    assert not found.mismatches, found.mismatches
    each = took.wall / events * 1e6
    return Figure(
        "reconcile all hours",
        f"{took.wall:.2f} s",
        ratio=f"{each:.2f} us/event",
        goal="<= 0.5 us/event",
        met=each <= 0.5,
    )


def _beside_duckdb(workspace: Workspace, full: float) -> Figure:
    """The same selects over the same events in Parquet, one thread, results stored in tables."""
    csv = workspace.settings.home / "postgres" / "events.csv"
    with ground.superuser(workspace) as server:
        server.execute(
            f"COPY (SELECT * FROM measurement.listener_events) TO '{csv}' (FORMAT csv, HEADER)"
        )
    parquet = workspace.settings.home / "events.parquet"
    with duckdb.connect(config={"threads": 1}) as database:
        _parquet(database, csv, parquet)
        took = best(lambda: _duckdb_rollup(database), 2)
    return Figure(
        "all hours, from and into PostgreSQL",
        f"{full:.2f} s",
        f"DuckDB, Parquet, 1 thread, nothing stored {took:.2f} s",
        times(full / took),
        f"<= {times(GOAL_DUCKDB)}",
        full / took <= GOAL_DUCKDB,
    )


def _parquet(database: duckdb.DuckDBPyConnection, csv: Path, parquet: Path) -> None:
    database.execute(
        f"""
        COPY (
          SELECT podcast_id::UUID AS podcast_id,
            replace("timestamp", '+00', '')::TIMESTAMP AS "timestamp",
            organization_id::UUID AS organization_id, episode_id::UUID AS episode_id, event_type,
            platform, country_code, device_type, device_os, listen_duration_seconds::INTEGER
              AS listen_duration_seconds, completion_rate::DECIMAL(5, 4) AS completion_rate,
            listener_key::BIGINT AS listener_key
          FROM read_csv('{csv}', header = true, all_varchar = true) ORDER BY 2
        ) TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)
        """
    )
    database.execute("CREATE SCHEMA measurement")
    database.execute(f"CREATE VIEW measurement.listener_events AS FROM read_parquet('{parquet}')")


def _duckdb_rollup(database: duckdb.DuckDBPyConnection) -> float:
    first = clock.start_of_day(ground.last_days(DAYS)[0]).replace(tzinfo=None)
    parameters = {"first": first, "last": first + timedelta(days=DAYS), "computed_at": first}
    with stopwatch() as took:
        for rollup in (*HOURLY, *DAILY, *AUDIENCE):
            used = parameters if rollup in AUDIENCE else {**parameters, "grain": rollup.grain}
            _create(database, select_of(rollup), used)
    return took.wall


def _create(database: duckdb.DuckDBPyConnection, select: str, values: dict[str, object]) -> None:
    database.execute(f"CREATE OR REPLACE TEMP TABLE made AS {select}", values)


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
