"""Use case: count log files on Spark, or by DuckDB with the same result.

The driver cuts the files into parts of whole lines. Each worker reads and judges its parts with the
code of ``count_only`` and writes them as Parquet, under the part's name: if its worker is killed,
the whole part is written again. The reference lists and the media files are sent to every worker
once (broadcast). The rest (byte union, thresholds, windows, rollups) is Spark SQL.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.engines import digest, digests_by_bucket, spark_errors
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.measurement.adapters.count_only import Limits
from wavehouse.measurement.adapters.logfile import LogFile
from wavehouse.measurement.adapters.roller import portable
from wavehouse.measurement.queries import sealing
from wavehouse.measurement.queries.rolling import AUDIENCE, DAILY, HOURLY, Rollup
from wavehouse.measurement.rules.window_sums import LOOKBACK
from wavehouse.measurement.service.count_only import Known, Wanted, read_part, reading_of
from wavehouse.measurement.service.rolling import select_of
from wavehouse.measurement.types import Figure, PeriodFigures, WindowFigures
from wavehouse.store import Analytics, Tx

PART_BYTES = 64 * 2**20
"""The size of a part of a file that is not packed; packed files are one part each."""
ROLLUPS = (*HOURLY, *DAILY, *AUDIENCE)


@dataclass(frozen=True, slots=True)
class LogPart:
    """Whole lines of a file: from ``start`` to before ``stop``, or to its end."""

    number: int
    path: str
    start: int
    stop: int | None
    format: str


@dataclass(frozen=True, slots=True)
class PartResult:
    """The lines of a part, and those that could not be used."""

    number: int
    lines: int
    faults: dict[str, int]
    unknown: dict[str, int]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClusterFigures:
    """Figures by the calendar window and by every window, and digests of the rollups.

    ``digests`` are by table; ``hours`` by UTC hour, of the hourly rollup by episode.
    """

    figures: PeriodFigures
    windows: WindowFigures
    digests: dict[str, str] = field(default_factory=dict)
    hours: dict[str, str] = field(default_factory=dict)


def parts_of_files(paths: Sequence[Path], format_: str) -> list[LogPart]:
    """Cut files into parts. A file that equals another file, or its beginning, is left out."""
    parts: list[LogPart] = []
    seen: dict[tuple[int, bytes], int] = {}
    for path in paths:
        log = LogFile(path)
        head = log.head()
        whole = len(head.content)
        start = max(
            (
                end
                for (length, hashed), end in seen.items()
                if length <= whole and head.hash(length) == hashed
            ),
            default=0,
        )
        cuts = _cuts(log, start)
        for begin, stop in zip(cuts, [*cuts[1:], None], strict=True):
            if start == 0 or begin < log.size or log.is_packed:
                parts.append(LogPart(len(parts), str(path), begin, stop, format_))
        seen[whole, head.hash(whole)] = log.size if not log.is_packed else 0
    return parts


def _cuts(log: LogFile, start: int) -> list[int]:
    if log.is_packed:
        return [start]
    cuts = [start]
    with log.path.open("rb") as file:
        while cuts[-1] + PART_BYTES < log.size:
            file.seek(cuts[-1] + PART_BYTES)
            file.readline()
            if file.tell() >= log.size:
                break
            cuts.append(file.tell())
    return cuts


def count_on_spark(
    spark: Any,
    settings: Settings,
    known: Known,
    paths: Sequence[Path],
    wanted: Wanted,
    *,
    organization_id: UUID,
    staging: Path | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> ClusterFigures:
    """Count log files on a cluster.

    Driver and workers must see the files and ``staging`` at the same paths.
    """
    from pyspark import cloudpickle

    from wavehouse.measurement.adapters.spark import SparkCount

    parts = parts_of_files(paths, wanted.format)
    with spark_errors(), _folder(staging) as folder:
        for name in ("taken", "agents"):
            (folder / name).mkdir()
        # The months' secrets stay here: counting without storing needs none.
        shared = replace(known, lookups=replace(known.lookups, secret_of=_no_secret))
        broadcast = spark.sparkContext.broadcast(cloudpickle.dumps((settings, shared)))
        on_step(f"reading {len(parts)} parts of {len(paths)} files")
        results = (
            spark.sparkContext.parallelize(parts, max(1, len(parts)))
            .map(_part_reader(broadcast, str(folder)))
            .collect()
        )
        counting = SparkCount(spark, str(folder))
        counting.take()
        days = counting.days() or (clock.today(), clock.today())
        first, last = wanted.first or days[0], wanted.last or days[1]
        limits = Limits(settings["excess_downloads"], settings["excess_agents"])
        on_step("counting")
        counting.derive(known.thresholds, limits, first=first, last=last)
        downloads, estimates, listeners = counting.totals()
        figures = PeriodFigures(
            first=first,
            last=last,
            downloads=downloads,
            listeners=listeners,
            prefix_estimates=estimates,
            filtered=counting.filtered(first=first, last=last),
            flagged=counting.flagged(first=first, last=last),
            rows=[Figure(member, n) for member, n in counting.split(wanted.by)],
            read=sum(result.lines for result in results),
            faults=dict(sum((Counter(result.faults) for result in results), Counter())),
            errors=[error for result in results for error in result.errors],
        )
        on_step("rolling up")
        counting.take_events(organization_id, _podcasts(known))
        rows = {
            rollup: counting.rollup_rows(
                select_of(rollup, portable),
                grain=rollup.grain,
                first=clock.start_of_day(first),
                last=clock.start_of_day(last + timedelta(days=1)),
            )
            for rollup in ROLLUPS
        }
        on_step("counting by all windows")
        counting.derive(
            known.thresholds, limits, first=first - LOOKBACK, last=last + timedelta(days=1)
        )
        sums = counting.sum_windows(first=first, last=last)
        return ClusterFigures(figures, sums.figures(known.titles), *digests(rows))


def count_by_duckdb(
    settings: Settings,
    known: Known,
    paths: Sequence[Path],
    wanted: Wanted,
    *,
    organization_id: UUID,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> ClusterFigures:
    """The same by DuckDB on this machine."""
    with reading_of(settings, known, paths, wanted, on_bytes) as read:
        first, last = read.period(wanted)
        limits = Limits(settings["excess_downloads"], settings["excess_agents"])
        figures = read.count_only.count(
            known.thresholds, limits, first=first, last=last, by=wanted.by
        )
        rows = {
            rollup: read.count_only.rollup_rows(
                select_of(rollup),
                organization_id=organization_id,
                episodes=_podcasts(known),
                grain=rollup.grain,
                first=clock.start_of_day(first),
                last=clock.start_of_day(last + timedelta(days=1)),
            )
            for rollup in ROLLUPS
        }
        sums = read.count_only.sum_windows(known.thresholds, limits, first=first, last=last)
    figures = replace(figures, read=read.lines, faults=dict(read.faults), errors=read.errors)
    return ClusterFigures(figures, sums.figures(known.titles), *digests(rows))


def digests(rows: dict[Rollup, list[tuple[Any, ...]]]) -> tuple[dict[str, str], dict[str, str]]:
    """The digest of each rollup's table, and of each hour of the first one."""
    tables: dict[str, list[tuple[Any, ...]]] = {}
    for rollup, of_rollup in rows.items():
        tables.setdefault(rollup.table, []).extend(of_rollup)
    return {name: digest(of_table) for name, of_table in tables.items()}, digests_by_bucket(
        rows[HOURLY[0]]
    )


def stored_digests(
    analytics: Tx[Analytics], *, identity: Identity, first: date, last: date
) -> dict[str, str]:
    """The digests of the organization's stored rollups of a period, by table."""
    _ = identity  # row security leaves the organization's rows
    start, end = clock.start_of_day(first), clock.start_of_day(last + timedelta(days=1))
    digests = {
        rollup.table: digest(sealing.rollup_rows(analytics, rollup, first=start, last=end))
        for rollup in (*HOURLY, *DAILY)
    }
    audience = sealing.audience_rows(analytics, first=first, last=last + timedelta(days=1))
    return {**digests, AUDIENCE[0].table: digest(audience)}


def _podcasts(known: Known) -> dict[UUID, UUID]:
    return {
        version.episode_id: version.podcast_id
        for versions in known.lookups.media.versions.values()
        for version in versions
    }


def _no_secret(_: date) -> bytes | None:
    return None


@contextmanager
def _folder(staging: Path | None) -> Iterator[Path]:
    """A folder of this run, private and empty; removed at the end."""
    folder = Path(mkdtemp(prefix="wavehouse-cluster-", dir=staging))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _part_reader(broadcast: Any, folder: str) -> Callable[[LogPart], PartResult]:
    def read(part: LogPart) -> PartResult:
        settings, known = _unpacked(broadcast.value)
        return read_log_part(settings, known, part, Path(folder))

    return read


_UNPACKED: dict[str, Any] = {}


def _unpacked(content: bytes) -> tuple[Settings, Known]:
    """What was sent to all workers; unpacked once in each process, as it is the same object."""
    from pyspark import cloudpickle

    if _UNPACKED.get("content") is not content:
        _UNPACKED.update(content=content, values=cloudpickle.loads(content))
    settings, known = _UNPACKED["values"]
    return settings, known


def read_log_part(settings: Settings, known: Known, part: LogPart, folder: Path) -> PartResult:
    """Read and judge a part, and write it atomically: under a temporary name first."""
    with read_part(
        settings, known, Path(part.path), part.format, start=part.start, stop=part.stop
    ) as read:
        for name, write in (
            ("taken", read.count_only.write_taken),
            ("agents", read.count_only.write_agents),
        ):
            target = folder / name / f"part-{part.number:06d}.parquet"
            unfinished = folder / f".{name}-{part.number}-{os.getpid()}-{id(read)}"
            write(unfinished)
            unfinished.replace(target)
        unknown = dict(read.count_only.unknown)
    return PartResult(part.number, read.lines, dict(read.faults), unknown, tuple(read.errors))
