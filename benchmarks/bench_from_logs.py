"""Counting without storing, compared with DuckDB's CSV reader only reading the same lines.

The limit only splits lines into parts: one reader, one file after another, both cores. The logs
cover four weeks, so that listeners return as in a real folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import duckdb
import ground
from ground import Logs
from measuring import Figure, per_second, stopwatch, times

from wavehouse import catalog
from wavehouse.kernel import config
from wavehouse.measurement.service import count_only

LINES = 1_000_000
GOAL_RATE = 400_000


def figures(size: float) -> Iterator[Figure]:
    """CloudFront as gzip, combined as text."""
    for format_ in ("cloudfront", "combined"):
        with ground.folder() as home:
            logs = ground.simulated(
                home / "sim", lines=round(LINES * size), days=28, format=format_
            )
            yield from _format(logs, format_)


def _format(logs: Logs, format_: str) -> Iterator[Figure]:
    reading = catalog.FeedReading(
        source=catalog.FileFeedSource(), media=catalog.read_media_file(logs.folder / "media.json")
    )
    feeds = [(str(feed), reading) for feed in sorted((logs.folder / "feeds").iterdir())]
    settings = config.load({}, environment={})
    runs = []
    for _ in range(2):
        with stopwatch() as took:
            known = count_only.known_from_feeds(settings, feeds)
            found = count_only.count_logs(settings, known, logs.files, count_only.Wanted())
        assert found.read == logs.lines, found.read
        runs.append(took)
    ours = min(runs, key=lambda run: run.wall)
    limit = min(_read_only(logs, format_) for _ in range(2))
    rate = logs.lines / ours.wall
    name = f"count-only, {format_}{' gz' if format_ == 'cloudfront' else ''}"
    yield Figure(
        f"{name}, {logs.lines:,} lines",
        per_second(logs.lines, ours.wall),
        f"DuckDB only reads them {per_second(logs.lines, limit)}",
        times(ours.wall / limit),
        f">= {GOAL_RATE // 1000} k/s",
        rate >= GOAL_RATE,
    )
    idle = logs.lines / (ours.cpu / (os.cpu_count() or 1))
    yield Figure(
        f"{name}, processors' time: idle, they do at most {per_second(idle, 1)}",
        f"{ours.cpu / logs.lines * 1e6:.1f} us/line",
    )


def _read_only(logs: Logs, format_: str) -> float:
    """Seconds for the CSV reader to count the lines with the right number of parts."""
    separator, most = ("\t", 33) if format_ == "cloudfront" else ('"', 13)
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(1, most + 1))
    files = [str(path) for path in logs.files]
    with duckdb.connect(config={"threads": os.cpu_count() or 1}) as database, stopwatch() as took:
        database.execute(
            f"SELECT count(DISTINCT c1), max(c{most}) FROM read_csv($files, delim = '{separator}', "
            f"quote = '', escape = '', header = false, auto_detect = false, null_padding = true, "
            f"columns = {{{columns}}}, strict_mode = false, ignore_errors = true)",
            {"files": files},
        ).fetchall()
    return took.wall
