"""Rollups by DuckDB: the events of some days in, the rows of each transform out.

PostgreSQL sorts all events once for every distinct count; DuckDB hashes them. It holds no durable
data: the events come from one snapshot, and the rows go into one transaction. Both are passed in
unnamed files, which disappear however the process ends.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import IO

import duckdb

from wavehouse.measurement.adapters.databases import closed_database
from wavehouse.measurement.adapters.statements import statement

_NAME = re.compile(r"(?<!:):([a-z_]+)")
_PLACE = re.compile(r"\{\{(\w+)\}\}")


@cache
def portable(name: str, column: str = "", *, required: bool = False) -> str:
    """A transform's SELECT, with ``:name`` parameters, for any engine.

    ``column`` is the dimension in ``listener_events``; with ``required``, events without it are
    left out.
    """
    text = (files("wavehouse") / "transforms" / f"{name}.sql").read_text(encoding="utf-8")
    values = {
        "column": column,
        "value": column if required else f"COALESCE({column}, '')",
        "condition": f"{column} IS NOT NULL" if required else "TRUE",
    }
    return _PLACE.sub(lambda match: values[match[1]], text)


@cache
def unordered(name: str, column: str = "", *, required: bool = False) -> str:
    """The same with its parameters in DuckDB's form."""
    return _NAME.sub(r"$\1", portable(name, column, required=required))


def transform(name: str, column: str = "", *, required: bool = False) -> str:
    """The same, its rows in order."""
    return unordered(name, column, required=required) + " ORDER BY 1, 2, 3, 4"


class Roller:
    """Rolls up one batch of events after another."""

    def __init__(self) -> None:
        # Excess data spills to disk, readable by the owner only: keyed hashes, no addresses.
        self._spill = tempfile.TemporaryDirectory(prefix="wavehouse-rollup-")
        self._database: duckdb.DuckDBPyConnection = closed_database(self._spill.name)
        self._database.execute("SET enable_external_file_cache = false")
        self._database.execute("CREATE SCHEMA measurement")

    def close(self) -> None:
        """Close the database and discard its content."""
        self._database.close()
        self._spill.cleanup()

    def take(self, events: IO[bytes]) -> None:
        """Load a batch's events, as CSV, replacing the previous batch."""
        self._database.execute(statement("rolling", "events"), {"path": _path(events)})

    def keep(self, hours: Sequence[datetime]) -> None:
        """Leave only the events of these hours."""
        self._database.execute(
            statement("rolling", "without_other_hours"),
            {"hours": [_plain(hour) for hour in hours]},
        )

    def rows(
        self, select: str, *, grain: str, first: datetime, last: datetime, computed_at: datetime
    ) -> IO[bytes]:
        """A transform's rows as CSV, positioned at the start; the caller closes the file.

        May be called by several threads: each gets a cursor, and works on one core.
        """
        values = {
            "grain": grain,
            "first": _plain(first),
            "last": _plain(last),
            "computed_at": _plain(computed_at),
        }
        used = {key: value for key, value in values.items() if f"${key}" in select}
        rows = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        with closing(self._database.cursor()) as cursor:
            cursor.execute(statement("rolling", "write", select=select, path=_path(rows)), used)
        return rows


@contextmanager
def sealed_events(path: Path) -> Iterator[IO[bytes]]:
    """The events of a sealed file as CSV with the columns that ``Roller.take`` reads."""
    with tempfile.TemporaryFile() as rows, closing(closed_database()) as database:
        query = statement(
            "rolling", "sealed_events", source=str(path).replace("'", "''"), path=_path(rows)
        )
        database.execute(query)
        yield rows


def _path(file: IO[bytes]) -> str:
    return f"/dev/fd/{file.fileno()}"


def _plain(instant: datetime) -> datetime:
    """UTC without a zone: zones need a DuckDB extension."""
    return instant.astimezone(UTC).replace(tzinfo=None)
