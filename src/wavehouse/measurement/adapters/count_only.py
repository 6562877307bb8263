"""Counting without storing: from log lines to figures in DuckDB alone.

The engine reads and classifies requests, without the parts that only storing needs: ids, order,
keys under monthly secrets. The counting is ``queries.counting`` translated to DuckDB; tests compare
the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import duckdb

from wavehouse.kernel.addresses import keyed_hash
from wavehouse.kernel.errors import Refused
from wavehouse.measurement.adapters.databases import closed_database, insert_rows
from wavehouse.measurement.adapters.engine import Bounds, Engine, Lookups
from wavehouse.measurement.adapters.statements import statement
from wavehouse.measurement.adapters.taken import Piece, TakenRows, quoted
from wavehouse.measurement.formats import Layout
from wavehouse.measurement.rules.dimensions import DAY_SPLIT, dimension
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
_PART_ROWS = 5_000_000
"""Requests that are counted at once: some 2 GB of working memory."""
MOST_KNOWN = 1_000_000
"""Distinct addresses or agents that are remembered: some 250 MB."""
MOST_UNKNOWN = 5
"""The number of hosts and paths of unknown files that are listed."""


Threshold = tuple[UUID, UUID, int | None]
"""R26: a file, its episode, and the bytes of a download; None when unknown."""


@dataclass(frozen=True, slots=True)
class Limits:
    """R18: the numbers of episodes or agents per address and day that are too many."""

    episodes: int
    agents: int


@dataclass(slots=True)
class _Memory:
    """A cache of distinct values, as the format writes them.

    Threads share it: two threads that compute an entry at once get the same result.
    """

    addresses: dict[bool, dict[str, str]] = field(default_factory=lambda: {False: {}, True: {}})
    agents: dict[bool, dict[str, str]] = field(default_factory=lambda: {False: {}, True: {}})
    described: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)


class Taker(Engine):
    """Adds chunks to the table of requests; one per thread, all with one database."""

    def __init__(
        self,
        lookups: Lookups,
        bounds: Bounds,
        database: duckdb.DuckDBPyConnection,
        memory: _Memory,
        piece: Piece,
    ) -> None:
        super().__init__(lookups, bounds, database)
        self._memory = memory
        self._piece = piece
        self._statement = statement(
            "counting",
            "take",
            table=piece.table,
            judged=statement(
                "judging",
                "judged",
                **{name: _counting(name) for name in ("heard", "of_heard", "join_heard")},
            ),
        )

    def take(self, chunk: Chunk, layout: Layout) -> tuple[int, list[Reject]]:
        """Add a chunk's requests; returns their number, and the unusable lines."""
        with _in_memory():
            return self._take(chunk, layout)

    def _take(self, chunk: Chunk, layout: Layout) -> tuple[int, list[Reject]]:
        self._forget(escaped=layout.escaped_agents, hashed=layout.prefix)
        rejects = [*chunk.rejects, *self.read(chunk, layout)]
        self._resolve_places(redirects=layout.prefix)
        for path, requests in self._ask("unknown_places"):
            self._memory.unknown[path] += requests
        known = self._memory
        self._look_up("addresses", known.addresses[layout.prefix], self._address_known)
        self._look_up("agents", known.agents[layout.escaped_agents], self._agent_known)
        self._resolve_ranges()
        self._resolve_referrers()
        row = self.database.execute(self._statement).fetchone()
        taken = int(row[0]) if row else 0
        self._piece.added(taken)
        return taken, rejects

    def _look_up(self, table: str, memory: dict[str, str], known: Callable[[str], str]) -> None:
        """Pass the known values of a chunk's distinct values to SQL."""
        texts = self._distinct(f"distinct_{table}")
        if len(memory) > MOST_KNOWN:
            memory.clear()
        values = []
        for text in texts:
            value = memory.get(text)
            if value is None:
                value = memory[text] = known(text)
            values.append(value)
        self._give(table, texts, values)

    def _address_known(self, pair: str) -> str:
        identity, network = self._address(pair)
        key = "" if identity is None else keyed_hash(self._lookups.stand_in, identity)
        return f"{network}{_UNIT}{key}"

    def _agent_known(self, text: str) -> str:
        agent_id, _, classified = self._agent(text)
        self._memory.described[agent_id] = (classified.app, classified.device_type)
        return f"{agent_id}{_UNIT}{classified.reason or ''}"


class CountOnly:
    """An in-memory database that takes requests and counts them at the end."""

    def __init__(self, lookups: Lookups, bounds: Bounds) -> None:
        self._database = closed_database()
        self._lookups, self._bounds, self._memory = lookups, bounds, _Memory()
        self._taken = TakenRows(self._database)
        self._takers: list[Taker] = []

    def taker(self) -> Taker:
        """A taker for one thread."""
        with _in_memory():
            cursor = self._database.cursor()
            piece = self._taken.piece(cursor)
            taker = Taker(self._lookups, self._bounds, cursor, self._memory, piece)
        self._takers.append(taker)
        return taker

    def finish(self) -> None:
        """Close the takers, whose tables hold lines of logs; nothing can be taken afterwards."""
        while self._takers:
            self._takers.pop().close()
        self._taken.gather()

    def close(self) -> None:
        """Close the database and discard its content."""
        while self._takers:
            self._takers.pop().close()
        self._database.close()
        self._taken.close()

    @property
    def unknown(self) -> Counter[str]:
        """Hosts and paths of unknown files, with their requests."""
        return self._memory.unknown

    def write_taken(self, path: Path) -> None:
        """Write the judged requests as Parquet, for another engine to count."""
        self._database.execute(statement("cluster", "write_taken", path=quoted(path)))

    def write_agents(self, path: Path) -> None:
        """Write the user agents as Parquet."""
        described = self._memory.described
        self._database.execute(
            statement("cluster", "write_agents", path=quoted(path)),
            {
                "agents": list(described),
                "platforms": [app for app, _ in described.values()],
                "devices": [device for _, device in described.values()],
            },
        )

    def rollup_rows(
        self,
        select: str,
        *,
        organization_id: UUID,
        episodes: Mapping[UUID, UUID],
        grain: str,
        first: datetime,
        last: datetime,
    ) -> list[tuple[object, ...]]:
        """A transform's rows over the counted downloads, without the time of their computation.

        After ``count``. ``episodes`` has the podcast of each.
        """
        db = self._database
        db.execute("CREATE SCHEMA IF NOT EXISTS measurement")
        db.execute(statement("cluster", "episodes"))
        insert_rows(db, statement("cluster", "insert_episode"), episodes.items())
        db.execute(statement("cluster", "events", organization=str(organization_id)))
        start, end = (at.astimezone(UTC).replace(tzinfo=None) for at in (first, last))
        values = {"grain": grain, "first": start, "last": end, "computed_at": start}
        used = {key: value for key, value in values.items() if f"${key}" in select}
        result = db.execute(select, used)
        kept = [n for n, column in enumerate(result.description) if column[0] != "computed_at"]
        return [tuple(row[n] for n in kept) for row in result.fetchall()]

    def days(self) -> tuple[date, date] | None:
        """The first and the last UTC day with a request."""
        row = self._database.execute(_counting("days")).fetchone()
        return None if row is None or row[0] is None else (row[0], row[1])

    def count(
        self, thresholds: Iterable[Threshold], limits: Limits, *, first: date, last: date, by: str
    ) -> PeriodFigures:
        """Count the requests of a period by the calendar window."""
        db, span = self._database, _span(first, last)
        with _in_memory():
            self._prepare(thresholds)
            filtered, flagged = self._derive_by_parts(limits, first, last)
            downloads, estimates, listeners = db.execute(_counting("totals")).fetchall()[0]
            rows = db.execute(_split(by)).fetchall()
        return PeriodFigures(
            first=first,
            last=last,
            downloads=downloads,
            listeners=listeners,
            prefix_estimates=estimates,
            filtered=dict(sorted(filtered.items(), key=lambda each: (-each[1], each[0]))),
            flagged=dict(db.execute(_counting("flagged"), span).fetchall()) | flagged,
            rows=[Figure(member, n) for member, n in rows],
            unknown=[Figure(path, n) for path, n in self._memory.unknown.most_common(MOST_UNKNOWN)],
        )

    def _derive_by_parts(
        self, limits: Limits, first: date, last: date
    ) -> tuple[Counter[str], dict[str, int]]:
        """Make ``derived`` of a period; returns the filtered requests and the further renditions.

        A download is of one day, so days can be counted apart, as many at once as fit in memory.
        """
        db, filtered, flagged = self._database, Counter[str](), Counter[str]()
        parts = self._parts_of(first, last)
        for number, (begin, end) in enumerate(parts):
            span = _span(begin, end)
            self._derive(limits, span)
            filtered.update(dict(db.execute(_counting("filtered"), span).fetchall()))
            flagged.update(dict(db.execute(_counting("renditions")).fetchall()))
            if len(parts) > 1:
                db.execute(_counting("keep_part" if number else "keep_first_part"))
        if len(parts) > 1:
            db.execute(_counting("all_parts"))
        return filtered, dict(flagged)

    def _parts_of(self, first: date, last: date) -> list[tuple[date, date]]:
        """A period as spans of days with some millions of requests each."""
        parts: list[tuple[date, date]] = []
        begin, held = first, 0
        for day, requests in self._database.execute(
            _counting("by_days"), _span(first, last)
        ).fetchall():
            if held and held + requests > _PART_ROWS:
                parts.append((begin, day - DAY))
                begin, held = day, 0
            held += requests
        return [*parts, (begin, last)]

    def sum_windows(
        self, thresholds: Iterable[Threshold], limits: Limits, *, first: date, last: date
    ) -> WindowSums:
        """Count the requests of a period by every window (R34-R40)."""
        db, sums = self._database, WindowSums(first, last)
        with _in_memory():
            self._prepare(thresholds)
            self._derive(limits, _span(first - LOOKBACK, last + DAY))
            db.execute(_counting("repeated_listeners"))
            calendar = db.execute(_counting("calendar"), {"first": first, "last": last}).fetchall()
            sums.calendar(CalendarCell(*row) for row in calendar)
            sums.rolling(self._parts())
        return sums

    def _parts(self) -> Iterator[WindowPart]:
        parts = self._database.execute(_counting("parts"))
        while rows := parts.fetchmany(20_000):
            for key, episode, enclosure, at, begin, end, threshold in rows:
                sent_at = at.replace(tzinfo=UTC)
                yield WindowPart(key, episode, enclosure, sent_at, begin, end, threshold)

    def _prepare(self, thresholds: Iterable[Threshold]) -> None:
        """Make what counting reads beside the requests, and remove repeated requests (R01)."""
        db = self._database
        db.execute("SET threads = 2")
        if db.execute(_counting("repeated_requests")).fetchone() == (True,):
            self._taken.drop_repeated()
        db.execute(_counting("thresholds"))
        insert_rows(db, _counting("insert_threshold"), thresholds)
        db.execute(_counting("agents"))
        described = self._memory.described.items()
        insert_rows(db, _counting("insert_agent"), ((agent, *known) for agent, known in described))

    def _derive(self, limits: Limits, span: dict[str, date]) -> None:
        """Make ``candidates``, ``derived`` and ``excess`` for a span of days."""
        db = self._database
        db.execute(_counting("candidates"), span)
        db.execute(_counting("derived"))
        db.execute(_counting("excess"), {"episodes": limits.episodes, "agents": limits.agents})
        db.execute(_counting("without_excess"))


@contextmanager
def _in_memory() -> Iterator[None]:
    """Refused, with what to do, when memory and the temporary folder cannot hold the requests."""
    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise Refused(
            "memory or the temporary folder is too small for these logs: about 60 bytes a line "
            f"are put aside ({str(error).splitlines()[0]})",
            hint="Set TMPDIR to a folder on a larger disk, or store the lines.",
            command="wavehouse ingest logs",
        ) from error


def _counting(name: str) -> str:
    return statement("counting", name)


def _split(by: str) -> str:
    """The statement of a split: by day, or by a dimension."""
    if by == DAY_SPLIT:
        return _counting("by_day")
    return statement("counting", "by_dimension", column=dimension(by).column)


def _span(first: date, last: date) -> dict[str, date]:
    return {"first": first, "after": last + DAY}
