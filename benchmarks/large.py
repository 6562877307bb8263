"""Ten million events over 90 days: rollups, the dashboard's queries, a day dropped, late hours.

Not part of `make bench`: it fills several gigabytes and takes minutes (`make large`). Events are
created by SQL in the product's own table: 12 shows of 30 episodes, the newest with the most
requests, and returning listeners. The queries are the product's own functions, with its role and
row security.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import bench_rollup
import ground
import measuring
from measuring import Figure, milliseconds, quantile, stopwatch, times

from wavehouse import measurement
from wavehouse.kernel import clock
from wavehouse.workspace import Workspace

EVENTS = 10_000_000
DAYS = 90
SHOWS, EPISODES = 12, 30
ROUNDS = 40
GOAL_DAILY, GOAL_HOURLY, GOAL_DROP = 0.010, 0.060, 0.100
GOAL_WAL = 1_000_000
GOAL_DISTINCT = 0.100
_FILL = """
INSERT INTO measurement.listener_events (podcast_id, "timestamp", event_id, organization_id,
  episode_id, event_type, platform, country_code, device_type, device_os, ip_address,
  listener_key, listener_key_prev)
SELECT md5('s' || s)::uuid, at, uuidv7(), %(organization)s, md5('e' || s || '/' || e)::uuid,
  'download', 'app ' || (n * 13 %% 40), chr(65 + (n * 7 %% 10)::int) || chr(65 + (n * 3 %% 6)::int),
  (ARRAY['mobile', 'pc', 'smart_speaker', 'tv'])[1 + n %% 4],
  (ARRAY['iOS', 'Android', 'Windows', NULL])[1 + n * 3 %% 4], '192.0.2.0/24',
  hashint8extended(n * 31 %% %(listeners)s, s), hashint8extended(n * 31 %% %(listeners)s, s + 99)
FROM (
  SELECT n::bigint AS n, (power(random(), 2) * %(shows)s)::int AS s,
    (power(random(), 3) * %(episodes)s)::int AS e,
    %(day)s::timestamptz + n * (interval '1 day' / %(events)s) AS at
  FROM generate_series(0, %(events)s - 1) n)
"""


def figures(size: float) -> Iterator[Figure]:
    """Fill, roll up, query, drop."""
    with ground.workspace() as workspace:
        first, last = ground.last_days(DAYS)
        events = _fill(workspace, round(EVENTS * size / DAYS), first)
        hours = DAYS * 24
        _dirty(workspace, first, hours)
        with stopwatch() as full:
            measurement.roll_up(workspace.stores)
        yield Figure(f"roll up {events:,} events, {hours:,} hours", f"{full.wall:.1f} s")
        yield _beside_duckdb(workspace, full.wall)
        yield from _late(workspace, first, full.wall / hours)
        with ground.superuser(workspace, "analytics") as server:
            server.execute("VACUUM ANALYZE")  # as autovacuum does within minutes
        yield from _queries(workspace, last)
        yield from _dropped(workspace, first)


def _fill(workspace: Workspace, daily: int, first: date) -> int:
    with ground.superuser(workspace) as server:
        for n in range(DAYS):
            day = first + timedelta(days=n)
            server.execute("SELECT measurement.ensure_day(%s)", [day])
            server.execute(
                _FILL,
                {
                    "organization": workspace.organization.organization_id,
                    "day": clock.start_of_day(day),
                    "events": daily,
                    "shows": SHOWS - 1,
                    "episodes": EPISODES - 1,
                    "listeners": daily // 2,
                },
            )
        server.execute("VACUUM ANALYZE measurement.listener_events")
    return daily * DAYS


def _dirty(workspace: Workspace, first: date, hours: int, step: int = 1) -> None:
    start = clock.start_of_day(first)
    with workspace.stores.operational.worker() as tx:
        tx.execute(
            "INSERT INTO measurement.dirty_log (hour) SELECT unnest(%(hours)s::timestamptz[])",
            {"hours": [start + n * clock.HOUR for n in range(0, hours, step)]},
        )


def _beside_duckdb(workspace: Workspace, full: float) -> Figure:
    bench_rollup.DAYS = DAYS
    return bench_rollup._beside_duckdb(workspace, full)


def _late(workspace: Workspace, first: date, share: float) -> Iterator[Figure]:
    """An hour, a day's hours, and one hour of every day: the cost of a late file."""
    for what, hours, step in (("1 late hour", 1, 1), ("24 late hours of a day", 24, 1),
                              ("1 late hour of each of 90 days", DAYS * 24, 24)):  # fmt: skip
        _dirty(workspace, first, hours, step)
        number = -(-hours // step)
        with stopwatch() as took:
            measurement.roll_up(workspace.stores)
        yield Figure(
            what,
            milliseconds(took.wall),
            f"an hour's share of all {milliseconds(share)}",
            times(took.wall / number / share),
        )


def _queries(workspace: Workspace, last: date) -> Iterator[Figure]:
    show = measurement_show(workspace)

    def over(days: int) -> dict[str, date]:
        return {"first": last - timedelta(days=days - 1), "last": last}

    daily: dict[str, Callable[[], object]] = {
        "91 days by day, all shows": lambda: ground.analytics(
            workspace, measurement.days, **over(90)
        ),
        "91 days by day, one show": lambda: ground.analytics(
            workspace, measurement.days, **over(90), podcast_id=show
        ),
        "28 days by episode": lambda: ground.both(
            workspace, measurement.figures, by="episode", **over(28)
        ),
        "28 days by app": lambda: ground.both(workspace, measurement.figures, by="app", **over(28)),
        "28 days by country": lambda: ground.both(
            workspace, measurement.figures, by="country", **over(28)
        ),
        "91 days by country, one show": lambda: ground.both(
            workspace, measurement.figures, by="country", **over(90), podcast_id=show
        ),
    }
    hourly: dict[str, Callable[[], object]] = {
        "24 hours of a day, all shows": lambda: ground.analytics(
            workspace, measurement.hours, day=last
        ),
        "24 hours of a day, one show": lambda: ground.analytics(
            workspace, measurement.hours, day=last, podcast_id=show
        ),
    }
    for queries, goal in ((daily, GOAL_DAILY), (hourly, GOAL_HOURLY)):
        for what, ask in queries.items():
            found = _seconds(ask)
            middle, slow = quantile(found, 0.5), quantile(found, 0.95)
            yield Figure(
                what,
                f"P50 {milliseconds(middle)}, P95 {milliseconds(slow)}",
                goal=f"P95 <= {milliseconds(goal)}",
                met=slow <= goal,
            )
    with stopwatch() as exact:
        ground.operational(workspace, measurement.listeners, **over(28))
    yield Figure("28 days, distinct listeners from raw events", milliseconds(exact.wall))
    yield from _sealed(workspace, over(28))


def _sealed(workspace: Workspace, period: dict[str, date]) -> Iterator[Figure]:
    """The same by the index of sealed days; yesterday is in a partition only."""
    with stopwatch() as took:
        done = measurement.seal(workspace.stores, workspace.settings, **period)
    rows, size = sum(day.rows for day in done), sum(day.bytes for day in done)
    yield Figure(
        f"seal {len(done)} days, {rows:,} rows", f"{took.wall:.1f} s, {size / rows:.0f} B/row"
    )
    with stopwatch() as indexed:
        months = measurement.index_listeners(workspace.stores)
    files = [*(workspace.settings.home / "sealed" / "audience").iterdir()]
    yield Figure(
        f"audience index of {len(months)} months, made again as a whole",
        f"{indexed.wall:.1f} s, {sum(file.stat().st_size for file in files) / 1e6:.0f} MB",
    )
    sealed = {"first": period["first"] - timedelta(days=1), "last": period["last"] - clock.DAY}
    with stopwatch():
        measurement.seal(workspace.stores, workspace.settings, first=sealed["first"])
        measurement.index_listeners(workspace.stores)
    for days, span in (("sealed days", sealed), ("days, one in a partition", period)):
        for what, use_case in (
            ("all shows", measurement.listeners),
            ("all, each show, each episode", measurement.audience),
        ):
            found = [_once(workspace, use_case, span) for _ in range(20)]
            middle, slow = quantile(found, 0.5), quantile(found, 0.95)
            yield Figure(
                f"28 {days}, distinct listeners: {what}",
                f"P50 {milliseconds(middle)}, P95 {milliseconds(slow)}",
                goal=f"P95 <= {milliseconds(GOAL_DISTINCT)}",
                met=slow <= GOAL_DISTINCT,
            )


def _once(workspace: Workspace, use_case: Callable[..., object], period: dict[str, date]) -> float:
    with stopwatch() as took:
        ground.operational(workspace, use_case, **period)
    return took.wall


def measurement_show(workspace: Workspace) -> object:
    """The show with the most downloads."""
    with workspace.stores.analytics.worker() as tx:
        return tx.value(
            """
            SELECT podcast_id FROM analytics.listener_events_daily
            GROUP BY podcast_id ORDER BY sum(downloads) DESC LIMIT 1
            """
        )


def _seconds(ask: Callable[[], object]) -> list[float]:
    found = []
    for n in range(ROUNDS + 3):
        with stopwatch() as took:
            ask()
        if n >= 3:
            found.append(took.wall)
    return found


def _dropped(workspace: Workspace, first: date) -> Iterator[Figure]:
    """Drop a day's partition; remove the next day by DELETE, which leaves its space to VACUUM."""
    gone, deleted = first, first + timedelta(days=1)
    table = f"measurement.listener_events_{gone:%Y%m%d}"
    with ground.superuser(workspace) as server:

        def measured(*statements: str) -> tuple[float, int]:
            server.execute("CHECKPOINT")
            before = server.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
            with stopwatch() as took:
                for statement in statements:
                    server.execute(statement)  # type: ignore[arg-type]  # names of ours
            after = server.execute(
                "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)::bigint", before
            ).fetchone()
            assert after is not None
            return took.wall, int(after[0])

        wall, wal = measured(
            f"ALTER TABLE measurement.listener_events DETACH PARTITION {table} CONCURRENTLY",
            f"DROP TABLE {table}",
        )
        start = clock.start_of_day(deleted)
        slow, heavy = measured(
            f"DELETE FROM measurement.listener_events WHERE \"timestamp\" >= '{start}' "
            f"AND \"timestamp\" < '{start + clock.DAY}'",
            f"VACUUM measurement.listener_events_{deleted:%Y%m%d}",
        )
    yield Figure(
        "drop a day (detach concurrently, drop)",
        milliseconds(wall),
        f"DELETE and VACUUM {milliseconds(slow)}",
        times(slow / wall),
        f"<= {milliseconds(GOAL_DROP)}",
        wall <= GOAL_DROP,
    )
    yield Figure(
        "the same, write-ahead log",
        f"{wal / 1e6:.2f} MB",
        f"{heavy / 1e6:.1f} MB",
        times(heavy / max(wal, 1)),
        f"<= {GOAL_WAL / 1e6:.0f} MB",
        wal <= GOAL_WAL,
    )


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
