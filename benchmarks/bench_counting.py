"""Counting: requests to downloads, and a day that is counted again."""

from __future__ import annotations

from collections.abc import Iterator

import ground
import measuring
from measuring import Figure, best, milliseconds, per_second, stopwatch, times

from wavehouse import measurement

LINES = 200_000
GOAL_TOUCHED = 0.5


def figures(size: float) -> Iterator[Figure]:
    """Count all days; then one whole day; then a day changed by one late listener."""
    with ground.workspace() as workspace:
        logs = ground.simulated(workspace.settings.home / "sim", lines=round(LINES * size))
        ground.register(workspace, logs)
        ground.ingest(workspace, logs.files)
        days = measurement.pending_days(workspace.stores.operational)
        with ground.superuser(workspace) as server:
            server.execute("ANALYZE measurement.requests")
            plain = best(lambda: _distinct(server), 3)
        with stopwatch() as took:
            counted = measurement.count(workspace.stores.operational, workspace.settings)
        yield Figure(
            f"count {counted.days} days, {logs.lines:,} requests",
            per_second(logs.lines, took.wall),
            f"GROUP BY listener, episode alone {per_second(logs.lines, plain)}",
            times(took.wall / plain),
        )
        day = days[len(days) // 2]
        with stopwatch() as whole:
            measurement.recount(
                workspace.stores.operational, workspace.settings, first=day, last=day
            )
        yield Figure(
            "count one day again, nothing changed",
            milliseconds(whole.wall),
            f"its share of the first count {milliseconds(took.wall / counted.days)}",
            times(whole.wall / (took.wall / counted.days)),
        )
        with ground.superuser(workspace) as server:
            server.execute(
                """
                WITH one AS (
                  SELECT requested_at, request_id FROM measurement.requests
                  WHERE requested_at >= %(day)s AND requested_at < %(day)s + interval '1 day'
                    AND reason IS NULL ORDER BY 2 LIMIT 20),
                moved AS (
                  UPDATE measurement.requests r SET batch_id = 1000000 FROM one
                  WHERE r.requested_at = one.requested_at AND r.request_id = one.request_id)
                INSERT INTO measurement.count_log (batch_id, day) VALUES (1000000, %(day)s)
                """,
                {"day": day},
            )
        with stopwatch() as touched:
            measurement.count(workspace.stores.operational, workspace.settings)
        share = touched.wall / whole.wall
        yield Figure(
            "count a day that 20 late lines touched",
            milliseconds(touched.wall),
            f"the whole day {milliseconds(whole.wall)}",
            times(share),
            f"<= {times(GOAL_TOUCHED)}",
            share <= GOAL_TOUCHED,
        )
        with stopwatch() as idle:
            measurement.count(workspace.stores.operational, workspace.settings)
        yield Figure("count when nothing is new", milliseconds(idle.wall))


def _distinct(server: ground.Superuser) -> float:
    """The cost of grouping alone in PostgreSQL: the minimum for any counter."""
    with stopwatch() as took:
        server.execute(
            "SELECT count(*) FROM (SELECT listener_key, episode_id, requested_at::date "
            "FROM measurement.requests WHERE reason IS NULL GROUP BY 1, 2, 3)"
        )
    return took.wall


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
