"""The engine that normalises a chunk: DuckDB for lines, Python once per distinct value.

Lines are processed by vectorised SQL only. Values that need Python (an address, a user agent, a
path, a listener key) are computed once per distinct value and cached across chunks; they are
exchanged as newline-joined text, which is many times cheaper than rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import duckdb

from wavehouse.kernel.addresses import (
    TrustedProxies,
    country_of,
    forwarded,
    hashed_identity,
    keyed_hash,
)
from wavehouse.kernel.reference import Preloaders
from wavehouse.measurement.adapters.databases import closed_database, insert_rows
from wavehouse.measurement.adapters.quick_reading import QuickReader, fields_statement
from wavehouse.measurement.adapters.statements import parts_of, statement
from wavehouse.measurement.adapters.tails import cut_tails
from wavehouse.measurement.formats import Layout, Split
from wavehouse.measurement.rules.agents import Agent, AgentRules, decoded, normalise
from wavehouse.measurement.rules.masking import masked
from wavehouse.measurement.rules.media import MediaIndex, is_own_prefix
from wavehouse.measurement.rules.ranges import multirange, requested, sent
from wavehouse.measurement.rules.referrers import judged
from wavehouse.measurement.types import Chunk, Fault, Reject
from wavehouse.store import BulkLoader

_UNIT = "\x1f"
_TO_CLEAN = ("\r", "\ufeff", _UNIT)
_MEMORY = 2_000_000


@dataclass(frozen=True, slots=True)
class Lookups:
    """The functions that the engine calls for distinct values.

    ``stand_in`` replaces the secrets of months whose own was destroyed; it cannot be reproduced.
    """

    media: MediaIndex
    media_state: str
    agents: AgentRules
    country: Callable[[int, int], str | None]
    network_class: Callable[[int, int], str | None]
    trusted: TrustedProxies
    secret_of: Callable[[date], bytes | None]
    stand_in: bytes
    included_until: Callable[[int, int], datetime | None]
    preloaders: Preloaders


@dataclass(frozen=True, slots=True)
class Bounds:
    """Accepted times: from the raw retention to one hour ahead."""

    oldest: datetime
    newest: datetime


@dataclass(slots=True)
class Batch:
    """A normalised chunk, waiting in the engine's table ``batch_<number>``."""

    number: int
    rows: int
    days: list[date]
    rejects: list[Reject]
    filtered: dict[str, int]
    agents: dict[int, tuple[str, Agent]] = field(default_factory=dict)


class Engine:
    """Normalises chunks one after another; meanwhile another thread reads the previous batch."""

    def __init__(
        self,
        lookups: Lookups,
        bounds: Bounds,
        database: duckdb.DuckDBPyConnection | None = None,
    ) -> None:
        self._lookups = lookups
        self._bounds = bounds
        self.database = closed_database() if database is None else database
        # Do not depend on the machine's time zone.
        with suppress(duckdb.CatalogException):  # a build without time zones only has UTC
            self.database.execute("SET TimeZone = 'UTC'")
        for name in parts_of("macros"):
            self.database.execute(statement("macros", name))
        self.database.execute(statement("judging", "media"))
        self._load_media()
        self._addresses: dict[str, tuple[bytes | None, str]] = {}
        self._agents: dict[str, tuple[int, str, Agent]] = {}
        self._listeners: dict[str, str] = {}
        self._escaped = self._hashed = False
        self._number = 0
        self._quick = QuickReader(self.database)

    def _load_media(self) -> None:
        rows = (
            (
                number,
                v.enclosure_id,
                v.episode_id,
                v.podcast_id,
                _utc(v.valid_from),
                n == 0,
                _utc(v.published_at),
                v.start_ms,
                v.duration_ms,
                v.segment_bytes,
                v.file_bytes,
                v.is_measured,
            )
            for number, versions in self._lookups.media.versions.items()
            for n, v in enumerate(versions)
        )
        insert_rows(self.database, statement("judging", "insert_media"), rows)
        self.database.execute(statement("judging", "versions"))

    def normalise(
        self, chunk: Chunk, layout: Layout, *, file_key: str, batch_id: int, organization_id: str
    ) -> Batch:
        """Create the table of a chunk's requests and describe its content."""
        self._number += 1
        db = self.database
        rejects = [*chunk.rejects, *self.read(chunk, layout)]
        self._resolve_places(redirects=layout.prefix)
        agents = self._resolve_listeners(escaped=layout.escaped_agents, hashed=layout.prefix)
        self._resolve_ranges()
        self._resolve_referrers()
        db.execute(
            statement("judging", "batch", table=self._table),
            {
                "organization_id": organization_id,
                "batch_id": batch_id,
                "first_line": chunk.first_line,
                "file_key": file_key,
            },
        )
        filtered, days = self._summary()
        rows = sum(count for _, count in filtered)
        return Batch(
            self._number,
            rows,
            days,
            rejects,
            {reason: count for reason, count in filtered if reason is not None},
            agents,
        )

    @property
    def accepted(self) -> dict[str, object]:
        """The accepted times, as parameters of the statements."""
        return {"oldest": _utc(self._bounds.oldest), "newest": _utc(self._bounds.newest)}

    @staticmethod
    def is_clean(chunk: Chunk) -> bool:
        """True for a chunk without characters that need cleaning."""
        return not any(character in chunk.text for character in _TO_CLEAN)

    def read_raw(self, chunk: Chunk) -> None:
        """Create ``raw`` from a chunk's lines."""
        given: dict[str, object] = {"text": chunk.text}
        name = "raw" if self.is_clean(chunk) else "raw_cleaned"
        if chunk.places:
            name = "raw_of_numbered"
            given["numbers"] = [number - chunk.first_line + 1 for number, *_ in chunk.places]
        self.database.execute(statement("reading", name), given)

    def read(self, chunk: Chunk, layout: Layout) -> list[Reject]:
        """Create ``fields`` from a chunk's lines; returns the unusable ones.

        The quick reader reads the lines that have their format's shape, the other one the rest.
        """
        cut = cut_tails(self.database, chunk, layout)
        quick = not chunk.places and self.is_clean(chunk) and self._quick.read(chunk, layout)
        if not quick:
            self.read_raw(chunk)
            return self.understand(chunk, layout, cut)
        unfinished = [n for n, _ in cut]
        odd = {*self._quick.odd(self.accepted), *unfinished}
        if not odd:
            return []
        lines = enumerate(chunk.text.split("\n"), 1)
        self._quick.take_out(unfinished)
        self._quick.set_aside([(n, line) for n, line in lines if n in odd], self.accepted)
        rejects = self.understand(chunk, layout, cut)
        self._quick.put_back()
        return rejects

    def understand(
        self, chunk: Chunk, layout: Layout, cut: Sequence[tuple[int, str]] = ()
    ) -> list[Reject]:
        """Create ``fields`` from the lines in ``raw``; returns the unusable ones.

        ``cut`` are unterminated lines that may be incomplete.
        """
        if layout.skips:
            self.database.execute(
                statement("reading", "without_skipped"), {"skips": list(layout.skips)}
            )
        if cut:
            numbers = [n for n, _ in cut]
            self.database.execute(statement("reading", "refuse"), {"refused": numbers})
        refused = [(n, Fault.MALFORMED_LINE, line) for n, line in self._repair(layout)]
        self.database.execute(fields_statement(layout, layout.select), layout.parameters)
        unfinished = [(n, Fault.UNFINISHED_LINE, line) for n, line in cut]
        return self._rejected(chunk, [*refused, *unfinished])

    def stage(
        self,
        loader: BulkLoader,
        batch: Batch,
        progress: dict[str, object],
        *,
        rejects_too: bool = False,
    ) -> None:
        """Copy a batch, its rejects and its progress into the loader's temporary tables."""
        cursor = self.database.cursor()
        try:
            loader.stage(
                "staged_progress", cursor.sql(statement("judging", "progress"), params=progress)
            )
            loader.stage("staged_requests", cursor.table(f"batch_{batch.number}"))
            if batch.rejects or rejects_too:
                rejects = [
                    {
                        "line_number": r.line_number,
                        "byte_offset": r.byte_offset,
                        "byte_length": r.byte_length,
                        "reason": str(r.fault),
                        "excerpt": r.excerpt,
                    }
                    for r in batch.rejects
                ]
                staged = cursor.sql(statement("judging", "rejects"), params={"rejects": rejects})
                loader.stage("staged_rejects", staged)
        finally:
            cursor.close()

    def drop(self, batch: Batch) -> None:
        """Drop a batch after it was loaded."""
        cursor = self.database.cursor()
        cursor.execute(statement("judging", "drop_batch", table=f"batch_{int(batch.number)}"))
        cursor.close()

    def close(self) -> None:
        """Close the engine, and the file of its reader."""
        self._quick.close()
        self.database.close()

    # -- distinct values ----------------------------------------------------------------------

    def _repair(self, layout: Layout) -> list[tuple[int, str]]:
        """Repair unusual lines; those not in the format are removed from ``raw``."""
        if layout.repairs is None or not isinstance(layout.parts, Split):
            return []
        odd = self.database.execute(
            statement("reading", "odd", parts=layout.select, dated=layout.parts.dated)
        ).fetchall()
        repaired = [(n, layout.repairs(line)) for n, line in odd]
        good = [(n, line) for n, line in repaired if line is not None]
        if good:
            self._give("repaired", [n for n, _ in good], [line for _, line in good])
            self.database.execute(statement("reading", "repair"))
        refused = {n for n, line in repaired if line is None}
        if refused:
            self.database.execute(statement("reading", "refuse"), {"refused": sorted(refused)})
        return [(n, line) for n, line in odd if n in refused]

    def _rejected(self, chunk: Chunk, refused: list[tuple[int, Fault, str]]) -> list[Reject]:
        """Lines not in the format, or with a time that is not accepted."""
        rows = self.database.execute(statement("reading", "rejected"), self.accepted).fetchall()
        rows += refused
        if not rows:
            return []
        self.database.execute(statement("reading", "delete_rejected"), self.accepted)
        places = _byte_places(chunk, [n for n, *_ in rows])
        return [
            Reject(chunk.first_line + n - 1, *places[n], Fault(fault), masked(line))
            for n, fault, line in sorted(rows)
        ]

    def _resolve_places(self, *, redirects: bool) -> None:
        self._keep_naming_queries()
        pairs = self._distinct("distinct_places")
        places, prefixes = [], []
        for pair in pairs:
            host, path = pair.split(_UNIT)
            number = self._lookups.media.place_of(host, path)
            places.append("" if number is None else number)
            prefixes.append(int(redirects or is_own_prefix(path)))
        self._give("places", pairs, places, prefixes)

    def _keep_naming_queries(self) -> None:
        """Keep the part of each query that can identify the file; usually none (R03)."""
        media = self._lookups.media
        pairs = self._distinct("distinct_queried")
        if not pairs:
            return
        queried = [pair for pair in pairs if media.needs_query(*pair.split(_UNIT))]
        self._give("queried", queried)
        self.database.execute(statement("judging", "without_queries"))
        if queried:
            whole = self._distinct("distinct_with_query")
            self._give("kept", whole, [media.kept_path(*pair.split(_UNIT)) for pair in whole])
            self.database.execute(statement("judging", "with_kept_paths"))

    def _address(self, pair: str) -> tuple[bytes | None, str]:
        """The identity of an address, and its network, country and class as joined text."""
        remote, forwarded_for = pair.split(_UNIT)
        if self._hashed:
            return hashed_identity(remote), f"{_UNIT}{country_of(forwarded_for)}{_UNIT}{_UNIT}"
        # CloudFront writes the space after a comma as %20.
        address = forwarded(remote, unquote(forwarded_for) or None, self._lookups.trusted)
        if address is None:
            return None, _UNIT * 3
        country = self._lookups.country(address.ip_int, address.version) or ""
        network_class = self._lookups.network_class(address.ip_int, address.version) or ""
        until = self._lookups.included_until(address.ip_int, address.version)
        included = f"{_utc(until)}" if until else ""
        return address.identity, _UNIT.join((address.network, country, network_class, included))

    def _resolve_listeners(self, *, escaped: bool, hashed: bool) -> dict[int, tuple[str, Agent]]:
        """The details of each address and agent in a month; agents by their id."""
        self._forget(escaped=escaped, hashed=hashed)
        texts = self._distinct("distinct_listeners")
        for text in texts:
            if text not in self._listeners:
                self._listeners[text] = self._listener(text)
        self._give("listeners", texts, [self._listeners[text] for text in texts])
        agents = {text.split(_UNIT, 3)[2] for text in texts}
        known = [self._agents[agent] for agent in agents]
        return {agent_id: (agent, classified) for agent_id, agent, classified in known}

    def _forget(self, *, escaped: bool, hashed: bool) -> None:
        """Bound the caches; formats that write agents or addresses differently share none."""
        other = (escaped, hashed) != (self._escaped, self._hashed)
        if other or len(self._listeners) > _MEMORY:
            self._escaped, self._hashed = escaped, hashed
            for memory in (self._addresses, self._agents, self._listeners):
                memory.clear()

    def _agent(self, text: str) -> tuple[int, str, Agent]:
        known = self._agents.get(text)
        if known is None:
            # PostgreSQL's text cannot hold NUL; the replacement is malformed too (R22).
            agent = normalise(decoded(text) if self._escaped else text).replace("\0", "\ufffd")
            classified = self._lookups.agents.classify(agent)
            known = keyed_hash(b"wavehouse-agents", agent.encode()), agent, classified
            self._agents[text] = known
        return known

    def _listener(self, listener: str) -> str:
        """Network, country and class; the keys under the event's month and the previous month."""
        remote, forwarded_for, raw, month = listener.split(_UNIT)
        address = f"{remote}{_UNIT}{forwarded_for}"
        if address not in self._addresses:
            self._addresses[address] = self._address(address)
        identity, network = self._addresses[address]
        agent_id, agent, classified = self._agent(raw)
        keys = f"{_UNIT}{_UNIT}" if identity is None else self._keys(identity, agent, month)
        return f"{network}{_UNIT}{keys}{_UNIT}{agent_id}{_UNIT}{classified.reason or ''}"

    def _keys(self, identity: bytes, agent: str, month: str) -> str:
        text = agent.encode()
        this = date.fromisoformat(month)
        secret = self._lookups.secret_of(this) or self._lookups.stand_in
        before = self._lookups.secret_of((this - timedelta(days=1)).replace(day=1))
        previous = keyed_hash(before, identity, text) if before else ""
        return (
            f"{keyed_hash(secret, identity, text)}{_UNIT}"
            f"{previous}{_UNIT}{keyed_hash(secret, identity)}"
        )

    def _resolve_referrers(self) -> None:
        """The few sites that flag a request (R23) or filter it (R24); most chunks have none."""
        sites = self._distinct("distinct_sites")
        verdicts = {site: judged(site, self._lookups.preloaders) for site in sites}
        odd = [site for site in sites if verdicts[site]]
        self._give("sites", odd, [verdicts[site] for site in odd])

    def _resolve_ranges(self) -> None:
        """Range headers other than one plain range, of requests without a Content-Range."""
        rows = self.database.execute(statement("judging", "odd_ranges")).fetchall()
        numbers, starts, ends, others = [], [], [], []
        for n, header, size in rows:
            spans = sent(header if requested(header) else None, size)
            first = spans[0] if spans else (0, 0)
            numbers.append(n)
            starts.append(first[0])
            ends.append(first[1])
            others.append(multirange(spans[1:]) or "")
        self._give("odd_ranges", numbers, starts, ends, others)

    def _distinct(self, name: str) -> list[str]:
        row = self.database.execute(statement("judging", name)).fetchone()
        return row[0].split("\n") if row and row[0] is not None else []

    def _give(self, table: str, *columns: Sequence[object]) -> None:
        """Pass columns to SQL as a table of text columns: c1, c2 and so on."""
        parameters = {f"c{n}": "\n".join(map(str, c)) for n, c in enumerate(columns, 1)}
        select = ", ".join(
            f"unnest(string_split($c{n}, chr(10))) AS c{n}" for n in range(1, len(columns) + 1)
        )
        empty = "" if columns[0] else " LIMIT 0"
        self.database.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {select}{empty}", parameters
        )

    def _summary(self) -> tuple[list[tuple[str | None, int]], list[date]]:
        filtered = self._ask("reasons")
        days = self._ask("batch_days")
        if self._ask("twice") != [(0,)]:
            self._ask("delete_twice")
        return [(reason, n) for reason, n in filtered], [day for (day,) in days]

    def _ask(self, name: str) -> list[tuple[Any, ...]]:
        return self.database.execute(statement("judging", name, table=self._table)).fetchall()

    @property
    def _table(self) -> str:
        return f"batch_{self._number}"


def _utc(instant: datetime) -> datetime:
    """An instant in the engine: UTC without a zone (zones need a DuckDB extension)."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _byte_places(chunk: Chunk, numbers: list[int]) -> dict[int, tuple[int, int]]:
    """Byte offset and length of a chunk's lines, by their number in it (from 1)."""
    if chunk.places:
        return {
            number - chunk.first_line + 1: (offset, length)
            for number, offset, length in chunk.places
        }
    wanted = set(numbers)
    places: dict[int, tuple[int, int]] = {}
    # Lines already set aside are empty in the text, but keep their length in the file.
    set_aside = {r.line_number - chunk.first_line + 1: r.byte_length for r in chunk.rejects}
    offset = chunk.first_byte
    for number, line in enumerate(chunk.text.split("\n"), 1):
        length = set_aside.get(number) or len(line.encode())
        if number in wanted:
            places[number] = (offset, length)
        offset += length + 1
    return places


__all__ = ["Batch", "Bounds", "Engine", "Lookups", "closed_database"]
