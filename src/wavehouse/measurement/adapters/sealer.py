"""Sealed files by DuckDB: rows of a day in, sorted Parquet out, read back and compared."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import duckdb

from wavehouse.kernel import clock
from wavehouse.kernel.errors import WavehouseError
from wavehouse.measurement.adapters.databases import closed_database
from wavehouse.measurement.adapters.sealed_store import SealedStore, sha256_of
from wavehouse.measurement.adapters.statements import statement
from wavehouse.measurement.rules.sealing import KINDS, file_name
from wavehouse.measurement.types import SealedFile

CLOCKS = {"requests": "requested_at", "downloads": "downloaded_at", "events": "timestamp"}
_IDS = {"requests": "request_id", "downloads": "download_id", "events": "event_id"}
_LINES = 50_000
Facts = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class RollupSelect:
    """A rollup of a sealed day: its transform, and the columns that its digest has."""

    label: str
    select: str
    grain: str
    columns: tuple[str, ...]


def path_of(file: IO[bytes]) -> str:
    """The path of an unnamed file for DuckDB, in this process only."""
    return f"/dev/fd/{file.fileno()}"


class Sealer:
    """A database in memory that holds one day while it is sealed."""

    def __init__(self, *, threads: int = 2, memory: int = 80) -> None:
        """``memory``: the percentage of the machine's that it may use; more goes to a folder."""
        self._spill = tempfile.TemporaryDirectory(prefix="wavehouse-seal-")
        self._database: duckdb.DuckDBPyConnection = closed_database(self._spill.name)
        self._database.execute(f"SET threads = {threads}")
        self._database.execute(f"SET memory_limit = '{memory}%'")
        self._database.execute("SET enable_external_file_cache = false")
        self._database.execute("CREATE SCHEMA measurement")

    def close(self) -> None:
        """Close the database and discard its content."""
        self._database.close()
        self._spill.cleanup()

    def take(self, kind: str, rows: IO[bytes]) -> int:
        """Load a kind's rows, as CSV, replacing those of the previous day; returns their number."""
        self._database.execute(_sealing(kind), {"path": path_of(rows)})
        return self._number_of(kind)

    def rows_of(self, path: Path, organization_id: UUID) -> int:
        """How many rows of a sealed file are an organization's."""
        query = _sealing("rows_of", source=_file(path))
        row = self._database.execute(query, {"organization": str(organization_id)}).fetchone()
        return int(row[0]) if row else 0

    def take_without(self, kind: str, path: Path, organization_id: UUID) -> int:
        """Load a sealed file without an organization's rows; returns how many rows it has."""
        self._database.execute(
            _sealing("take_without", table=kind, source=_file(path)),
            {"organization": str(organization_id)},
        )
        return self._number_of(kind)

    def put(self, kind: str, store: SealedStore, *, day: date, generation: int) -> SealedFile:
        """Write a kind's rows and read them back. WavehouseError when they differ."""
        path, name = store.scratch(), file_name(day, kind, generation)
        try:
            self._database.execute(
                _sealing("write", table=kind, clock=CLOCKS[kind], id=_IDS[kind], path=str(path))
            )
            expected = self._facts(kind, kind)
            if self._facts(kind, _file(path)) != expected:
                raise WavehouseError(f"the {kind} of {day} differ from the file written from them")
            size, digest = path.stat().st_size, sha256_of(path)
            store.put(name, path)
        finally:
            with suppress(FileNotFoundError):
                path.unlink()
        if sha256_of(store.local(name)) != digest:
            raise WavehouseError(f"{name} differs from the file that was stored")
        rows, first, last = expected[:3]
        return SealedFile(name, rows, size, digest, _text(first), _text(last))

    def csv(self, path: Path) -> IO[bytes]:
        """All rows of a sealed file as CSV, positioned at the start; the caller closes the file."""
        rows = self.scratch_file()
        self._database.execute(_sealing("csv", table=_file(path), path=path_of(rows)))
        return rows

    def scratch_file(self) -> IO[bytes]:
        """An unnamed file; the caller closes it."""
        return tempfile.TemporaryFile(buffering=2**20)

    def equals_file(self, kind: str, path: Path) -> bool:
        """Whether the rows that were taken are those of a sealed file."""
        return self._facts(kind, kind) == self._facts(kind, _file(path))

    def facts_of_file(self, kind: str, path: Path) -> tuple[int, str | None, str | None]:
        """The number of rows of a file, and their first and last time."""
        rows, first, last = self._facts(kind, _file(path))[:3]
        return rows, _text(first), _text(last)

    def computed_digest(
        self, events: Path, selects: Sequence[RollupSelect], *, day: date, without: UUID | None
    ) -> str:
        """The digest of the rows of all rollups of a sealed day, or of all organizations but one.

        The times of their computation are left out. It is ``engines.digest`` of the labelled rows.
        """
        self._database.execute(_sealing("file_events", source=_file(events)))
        self._database.execute(_sealing("no_lines"))
        start = clock.start_of_day(day).replace(tzinfo=None)
        values = {"first": start, "last": start + clock.DAY, "computed_at": start}
        for each in selects:
            used = {"grain": each.grain} | values if "$grain" in each.select else values
            query = _sealing(
                "computed_lines", line=line_of(each.columns, label=each.label), select=each.select
            )
            self._database.execute(query, used | {"without": without and str(without)})
        return self._digest()

    def stored_digest(self, rollups: Iterable[tuple[RollupSelect, IO[bytes]]]) -> str:
        """The digest of the stored rows of the same rollups, which come as CSV."""
        self._database.execute(_sealing("no_lines"))
        for each, rows in rollups:
            query = _sealing(
                "stored_lines",
                line=line_of(each.columns, label=each.label),
                columns=", ".join(f"'{name}': 'VARCHAR'" for name in each.columns),
            )
            self._database.execute(query, {"path": path_of(rows)})
        return self._digest()

    def _digest(self) -> str:
        """SHA-256 of the sorted lines, some at a time: a text holds at most 4 GB."""
        hashed, between = hashlib.sha256(), b""
        rows = self._database.execute(_sealing("sorted_lines"))
        while some := rows.fetchmany(_LINES):
            hashed.update(between + "\n".join([line for (line,) in some]).encode())
            between = b"\n"
        return hashed.hexdigest()

    def _number_of(self, table: str) -> int:
        row = self._database.execute(_sealing("number_of", table=table)).fetchone()
        return int(row[0]) if row else 0

    def _facts(self, kind: str, table: str) -> Facts:
        query = _sealing("facts", clock=CLOCKS[kind], table=table)
        row = self._database.execute(query).fetchone()
        assert row is not None  # noqa: S101 - an aggregate has one row
        return tuple(row)


class SealedReader:
    """The sealed rows of one organization and period."""

    def __init__(self, paths: dict[str, list[Path]], organization_id: UUID) -> None:
        self._database: duckdb.DuckDBPyConnection = closed_database()
        self._database.execute("SET threads = 2")
        for kind in KINDS:
            listed = ", ".join(_quoted(path) for path in paths[kind])
            self._database.execute(
                _sealing("read", table=kind, paths=f"[{listed}]", organization=str(organization_id))
            )

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def filtered(self, podcast_id: UUID | None) -> dict[str, int]:
        """Requests that a filter stopped, by reason."""
        return dict(self._rows("filtered", podcast_id))

    def flagged(self, podcast_id: UUID | None) -> dict[str, int]:
        """Requests by flag."""
        return dict(self._rows("flagged", podcast_id))

    def estimates(self, podcast_id: UUID | None) -> int:
        """Downloads known only from the redirect (R30)."""
        return int(self._rows("estimates", podcast_id)[0][0])

    def has_several_renditions(self) -> bool:
        """Whether a listener requested several files of an episode on one day (R32)."""
        return bool(self._database.execute(_sealing("several_renditions")).fetchone())

    def days(self) -> list[date]:
        """The UTC days with a request, oldest first."""
        return [day for (day,) in self._database.execute(_sealing("days")).fetchall()]

    def csv(self, kind: str) -> IO[bytes]:
        """A kind's rows as CSV, positioned at the start; the caller closes the file."""
        rows = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        self._database.execute(_sealing("csv", table=kind, path=path_of(rows)))
        return rows

    def _rows(self, name: str, podcast_id: UUID | None) -> list[tuple[Any, ...]]:
        values = {"podcast_id": None if podcast_id is None else str(podcast_id)}
        return self._database.execute(_sealing(name), values).fetchall()


def line_of(columns: Sequence[str], *, label: str = "") -> str:
    """A row as a text in SQL, as ``engines.canonical`` has it; the first column is an instant."""
    first, *others = columns
    values = [f"'{label}'"] if label else []
    values.append(f'"{first}"::TIMESTAMP::VARCHAR')
    values += [f"coalesce(\"{column}\"::VARCHAR, '')" for column in others]
    return f"concat_ws(chr(31), {', '.join(values)})"


def _sealing(name: str, **values: str) -> str:
    return statement("sealing", name, **values)


def _file(path: Path) -> str:
    return _sealing("file", path=str(path).replace("'", "''"))


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(sep=" ")
