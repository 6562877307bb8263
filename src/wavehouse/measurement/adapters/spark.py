"""Counting on Apache Spark: DuckDB's statements, translated by sqlglot.

Needs the extra ``wavehouse[spark]`` and Java 17; nothing else imports this module.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from wavehouse.engines import set_partitions
from wavehouse.measurement.adapters.statements import parts_of, statement
from wavehouse.measurement.rules.dimensions import DAY_SPLIT, dimension
from wavehouse.measurement.rules.window_sums import WindowSums
from wavehouse.measurement.types import CalendarCell, WindowPart

if TYPE_CHECKING:
    from datetime import datetime

    from wavehouse.measurement.adapters.count_only import Limits, Threshold

_NAME = re.compile(r"(?<!:):([a-z_]+)")
_MAKES = re.compile(r"^CREATE OR REPLACE (?:TABLE|VIEW) (?:measurement\.)?(\w+) AS ")


@cache
def translated(text: str) -> str:
    """A statement of DuckDB in Spark's dialect."""
    import sqlglot

    (result,) = sqlglot.transpile(text, read="duckdb", write="spark")
    # A class of one character is quoted by sqlglot as \Q,\E, which Spark's parser unescapes.
    return result.replace("CONCAT('\\\\Q', ',', '\\\\E')", "','")


def _statement(name: str, **values: str) -> str:
    own = parts_of("counting", engine="spark")
    return own[name] if name in own else translated(statement("counting", name, **values))


class SparkCount:
    """Counts of judged requests, from Parquet files in a folder that driver and workers share."""

    def __init__(self, spark: Any, folder: str) -> None:
        self._spark = spark
        self._folder = folder
        self._paths: dict[str, str] = {}
        self._written = 0
        set_partitions(spark)

    def take(self) -> None:
        """Read the files that the workers wrote."""
        for name in ("taken", "agents"):
            made = self._spark.read.parquet(f"{self._folder}/{name}")
            (made if name == "taken" else made.dropDuplicates(["agent"])).createOrReplaceTempView(
                name
            )
        if self._rows(_statement("repeated_requests"))[0][0]:
            self._make("taken", _statement("delete_repeated"))

    def days(self) -> tuple[date, date] | None:
        """The first and the last UTC day with a request."""
        first, last = self._rows(_statement("days"))[0]
        return None if first is None else (first, last)

    def derive(
        self, thresholds: Sequence[Threshold], limits: Limits, *, first: date, last: date
    ) -> None:
        """Make the views of candidates, derived downloads and excess for a span of days."""
        rows = [(str(file), str(episode), bytes_) for file, episode, bytes_ in thresholds]
        self._spark.createDataFrame(
            rows, "enclosure_id string, episode_id string, threshold_bytes bigint"
        ).createOrReplaceTempView("thresholds")
        span = {"first": first, "after": last + timedelta(days=1)}
        self._run(_statement("candidates"), span)
        self._run(_statement("derived"))
        self._run(_statement("excess"), {"episodes": limits.episodes, "agents": limits.agents})
        self._make("derived", _statement("without_excess"))

    def totals(self) -> tuple[int, int, int]:
        """Downloads, estimates and listeners."""
        downloads, estimates, listeners = self._rows(_statement("totals"))[0]
        return downloads, estimates, listeners

    def filtered(self, *, first: date, last: date) -> dict[str, int]:
        """Requests that a filter stopped, by reason."""
        return dict(self._rows(_statement("filtered"), _span(first, last)))

    def flagged(self, *, first: date, last: date) -> dict[str, int]:
        """Requests by flag, and renditions that were not counted."""
        made = dict(self._rows(_statement("flagged"), _span(first, last)))
        return made | dict(self._rows(_statement("renditions")))

    def split(self, by: str) -> list[tuple[str, int]]:
        """Downloads by day or by a dimension."""
        if by == DAY_SPLIT:
            return self._rows(_statement("by_day"))
        return self._rows(_statement("by_dimension", column=dimension(by).column))

    def sum_windows(self, *, first: date, last: date) -> WindowSums:
        """Every window (R34-R40): listeners with several days are folded by the workers."""
        self._make("repeated", _statement("repeated_listeners"))
        sums = WindowSums(first, last)
        calendar = self._rows(_statement("calendar"), {"first": first, "last": last})
        sums.calendar(CalendarCell(UUID(e), day, r, n) for e, day, r, n in calendar)
        parts = self._spark.sql(_statement("parts"))
        folded = (
            parts.repartition("listener_key", "episode_id")
            .sortWithinPartitions("listener_key", "episode_id")
            .rdd.mapPartitions(_folding(first, last))
        )
        for each in folded.collect():
            sums.add(each)
        return sums

    def take_events(self, organization_id: UUID, episodes: dict[UUID, UUID]) -> None:
        """Make the view of listener events that the transforms read, from the counted downloads."""
        self._spark.createDataFrame(
            [(str(e), str(p)) for e, p in episodes.items()], "episode_id string, podcast_id string"
        ).createOrReplaceTempView("episodes")
        events = translated(statement("cluster", "events", organization=str(organization_id)))
        self._run(events.replace("measurement.listener_events", "listener_events"))

    def rollup_rows(
        self, select: str, *, grain: str, first: datetime, last: datetime
    ) -> list[tuple[Any, ...]]:
        """The rows of a portable transform over these events, without their time."""
        values = {"grain": grain, "first": first, "last": last, "computed_at": first}
        made = self._spark.sql(_literals(translated_portable(select), values)).drop("computed_at")
        return [tuple(row) for row in made.collect()]

    def _run(self, text: str, values: Mapping[str, object] | None = None) -> None:
        """Make the view that a statement of DuckDB makes as a table."""
        made = _MAKES.match(text)
        assert made is not None  # noqa: S101 - a statement of ours
        self._make(made[1], _literals(text[made.end() :], values or {}))

    def _make(self, name: str, query: str) -> None:
        """Write a view's rows to the shared folder.

        A cached view has as many tasks as its stages had partitions, and views that are made of
        cached views multiply them: some 2,000 tasks for any log. Files are read in few large
        parts, and outlive a killed worker.
        """
        rows = self._spark.sql(query)
        self._written += 1
        path = f"{self._folder}/{name}-{self._written}"
        rows.write.parquet(path)
        self._spark.read.schema(rows.schema).parquet(path).createOrReplaceTempView(name)
        if name in self._paths:
            shutil.rmtree(self._paths[name], ignore_errors=True)
        self._paths[name] = path

    def _rows(self, text: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._spark.sql(_literals(text, values or {})).collect()]


@cache
def translated_portable(select: str) -> str:
    """A portable transform (PostgreSQL's dialect) in Spark's."""
    import sqlglot

    (result,) = sqlglot.transpile(select, read="postgres", write="spark")
    return result.replace("measurement.listener_events", "listener_events")


def _literals(text: str, values: Mapping[str, object]) -> str:
    """A statement with its parameters as literals: numbers, texts, days and instants of ours."""

    def literal(match: re.Match[str]) -> str:
        if match[1] not in values:
            return match[0]
        value = values[match[1]]
        if isinstance(value, int):
            return str(value)
        if hasattr(value, "hour"):
            return f"TIMESTAMP_NTZ '{value:%Y-%m-%d %H:%M:%S}'"
        return f"DATE '{value}'" if isinstance(value, date) else f"'{value}'"

    return _NAME.sub(literal, text)


def _span(first: date, last: date) -> dict[str, object]:
    return {"first": first, "after": last + timedelta(days=1)}


def _folding(first: date, last: date) -> Callable[[Iterator[Any]], Iterator[WindowSums]]:
    def fold(rows: Iterator[Any]) -> Iterator[WindowSums]:
        from datetime import UTC

        sums = WindowSums(first, last)
        sums.rolling(
            WindowPart(
                r.listener_key,
                UUID(r.episode_id),
                UUID(r.enclosure_id),
                r.sent_at.replace(tzinfo=UTC),
                r.range_start,
                r.range_end,
                r.threshold_bytes,
            )
            for r in rows
        )
        yield sums

    return fold
