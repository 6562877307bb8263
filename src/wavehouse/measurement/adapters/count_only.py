"""Counting without storing: from log lines to figures in DuckDB alone, nothing kept.

Reading and judging a request are the engine's; what is left out is what only storing needs: ids,
order, keys under a secret per month. The counting itself is ``queries.counting`` in DuckDB's words;
tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date
from uuid import UUID

import duckdb

from wavehouse.kernel.addresses import keyed_hash
from wavehouse.measurement.adapters import count_only_sql as sql
from wavehouse.measurement.adapters.engine import Bounds, Engine, Lookups, closed_database
from wavehouse.measurement.adapters.formats import Layout
from wavehouse.measurement.adapters.quick_reading import QuickReader
from wavehouse.measurement.rules.window_sums import LOOKBACK, WindowSums
from wavehouse.measurement.rules.windows import DAY
from wavehouse.measurement.types import (
    CalendarCell,
    Chunk,
    Figure,
    PeriodFigures,
    Reject,
    WindowPart,
)

_UNIT = "\x1f"


Threshold = tuple[UUID, UUID, int | None]
"""R26: a file, its episode, and the bytes that a download takes; None where they are not known."""


@dataclass(frozen=True, slots=True)
class Limits:
    """R18: so many episodes or agents of an address on a day are too many."""

    episodes: int
    agents: int


@dataclass(slots=True)
class _Memory:
    """What is known of distinct values, by how the format writes them.

    Threads share it: what two of them find out at once is the same.
    """

    addresses: dict[bool, dict[str, str]] = field(default_factory=lambda: {False: {}, True: {}})
    agents: dict[bool, dict[str, str]] = field(default_factory=lambda: {False: {}, True: {}})
    apps: dict[int, str] = field(default_factory=dict)


class Taker(Engine):
    """Takes chunks into the table of requests; one for each thread, all with one database."""

    def __init__(
        self,
        lookups: Lookups,
        bounds: Bounds,
        database: duckdb.DuckDBPyConnection,
        memory: _Memory,
    ) -> None:
        super().__init__(lookups, bounds, database)
        self._memory = memory
        self._quick = QuickReader(database)

    def close(self) -> None:
        """Close this thread's connection and give its file back."""
        self._quick.close()
        super().close()

    def take(self, chunk: Chunk, layout: Layout) -> tuple[int, list[Reject]]:
        """Add a chunk's requests: how many, and the lines that cannot be used."""
        self._forget(escaped=layout.escaped_agents, hashed=layout.prefix)
        rejects = [*chunk.rejects, *self._read(chunk, layout)]
        self._resolve_places(redirects=layout.prefix)
        known = self._memory
        self._ask("addresses", known.addresses[layout.prefix], self._address_told)
        self._ask("agents", known.agents[layout.escaped_agents], self._agent_told)
        self._resolve_ranges()
        self._resolve_referrers()
        row = self.database.execute(sql.TAKE).fetchone()
        return (int(row[0]) if row else 0), rejects

    def _read(self, chunk: Chunk, layout: Layout) -> list[Reject]:
        """Make ``fields``: quickly, but for the lines that are not what the quick way is for."""
        if not self.is_clean(chunk) or not self._quick.read(chunk, layout):
            self.read_raw(chunk)
            return self.understand(chunk, layout)
        odd = set(self._quick.odd(self.accepted))
        if not odd:
            return []
        lines = enumerate(chunk.text.split("\n"), 1)
        self._quick.set_aside([(n, line) for n, line in lines if n in odd], self.accepted)
        rejects = self.understand(chunk, layout)
        self._quick.put_back()
        return rejects

    def _ask(self, table: str, memory: dict[str, str], told: Callable[[str], str]) -> None:
        """Hand over what is known of a chunk's distinct values."""
        texts = self._distinct(sql.DISTINCT[table])
        for text in texts:
            if text not in memory:
                memory[text] = told(text)
        self._give(table, texts, [memory[text] for text in texts])

    def _address_told(self, pair: str) -> str:
        identity, place = self._address(pair)
        key = "" if identity is None else keyed_hash(self._lookups.stand_in, identity)
        return f"{place}{_UNIT}{key}"

    def _agent_told(self, text: str) -> str:
        agent_id, _, found = self._agent(text)
        self._memory.apps[agent_id] = found.app
        return f"{agent_id}{_UNIT}{found.reason or ''}"


class CountOnly:
    """A database in memory that takes requests and counts them in the end."""

    def __init__(self, lookups: Lookups, bounds: Bounds) -> None:
        self._database = closed_database()
        self._database.execute(sql.TAKEN)
        self._lookups, self._bounds, self._memory = lookups, bounds, _Memory()

    def taker(self) -> Taker:
        """A taker for one thread."""
        return Taker(self._lookups, self._bounds, self._database.cursor(), self._memory)

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def days(self) -> tuple[date, date] | None:
        """The first and the last UTC day that has a request."""
        row = self._database.execute(sql.DAYS).fetchone()
        return None if row is None or row[0] is None else (row[0], row[1])

    def count(
        self, thresholds: Iterable[Threshold], limits: Limits, *, first: date, last: date, by: str
    ) -> PeriodFigures:
        """Count the requests of a period by the calendar window."""
        db, span = self._database, _span(first, last)
        self._derive(thresholds, limits, span)
        downloads, estimates, listeners = db.execute(sql.TOTALS).fetchall()[0]
        return PeriodFigures(
            first=first,
            last=last,
            downloads=downloads,
            listeners=listeners,
            prefix_estimates=estimates,
            filtered=dict(db.execute(sql.FILTERED, span).fetchall()),
            flagged=dict(db.execute(sql.FLAGGED, span).fetchall())
            | dict(db.execute(sql.RENDITIONS).fetchall()),
            rows=[Figure(member, n) for member, n in db.execute(sql.BY[by]).fetchall()],
        )

    def sum_windows(
        self, thresholds: Iterable[Threshold], limits: Limits, *, first: date, last: date
    ) -> WindowSums:
        """Count the requests of a period by every window (R34-R40)."""
        db, sums = self._database, WindowSums(first, last)
        self._derive(thresholds, limits, _span(first - LOOKBACK, last + DAY))
        db.execute(sql.REPEATED_LISTENERS)
        calendar = db.execute(sql.CALENDAR, {"first": first, "last": last}).fetchall()
        sums.calendar(CalendarCell(*row) for row in calendar)
        sums.rolling(self._parts())
        return sums

    def _parts(self) -> Iterator[WindowPart]:
        found = self._database.execute(sql.PARTS)
        while rows := found.fetchmany(20_000):
            for key, episode, enclosure, at, begin, end, threshold in rows:
                sent_at = at.replace(tzinfo=UTC)
                yield WindowPart(key, episode, enclosure, sent_at, begin, end, threshold)

    def _derive(
        self, thresholds: Iterable[Threshold], limits: Limits, span: dict[str, date]
    ) -> None:
        """Make ``candidates``, ``derived`` and ``excess`` of a span of days."""
        db = self._database
        db.execute("SET threads = 2")
        if db.execute(sql.REPEATED).fetchone() == (True,):
            db.execute(sql.ONCE)
        db.execute(sql.FACTS)
        _fill(db, sql.INSERT_FACTS, thresholds)
        db.execute(sql.APPS)
        _fill(db, sql.INSERT_APPS, self._memory.apps.items())
        db.execute(sql.CANDIDATES, span)
        db.execute(sql.DERIVED)
        db.execute(sql.EXCESS, {"episodes": limits.episodes, "agents": limits.agents})
        db.execute(sql.WITHOUT_EXCESS)


def _span(first: date, last: date) -> dict[str, date]:
    return {"first": first, "after": last + DAY}


def _fill(
    db: duckdb.DuckDBPyConnection, statement: str, rows: Iterable[tuple[object, ...]]
) -> None:
    found = list(rows)
    if found:
        db.executemany(statement, found)
