"""By DuckDB: a day's events as Parquet with the columns that the transforms read, and digests."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import duckdb

from wavehouse.measurement.adapters.databases import closed_database
from wavehouse.measurement.adapters.sealer import line_of
from wavehouse.measurement.adapters.statements import statement


class EventFiles:
    """Writes one file after another, from rows of partitions or from a sealed file."""

    def __init__(self) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="wavehouse-push-")
        self._database: duckdb.DuckDBPyConnection = closed_database(self._spill.name)
        self._database.execute("CREATE SCHEMA measurement")

    def close(self) -> None:
        """Close the database and discard its content."""
        self._database.close()
        self._spill.cleanup()

    def write_hot(self, rows: IO[bytes], file: Path) -> None:
        """From rows as ``queries/rolling.py`` gives them."""
        self._database.execute(statement("rolling", "events"), {"path": f"/dev/fd/{rows.fileno()}"})
        self._write("measurement.listener_events", file)

    def write_sealed(self, sealed: Path, file: Path) -> None:
        """From a sealed file of events."""
        self._write(statement("sealing", "file", path=_escaped(sealed)), file)

    def _write(self, source: str, file: Path) -> None:
        self._database.execute(statement("warehouse", "write", source=source, path=_escaped(file)))


class RollupDigests:
    """Computes the digests of stored rollups; in Python a row of them costs ten times as much."""

    def __init__(self) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="wavehouse-compare-")
        self._database: duckdb.DuckDBPyConnection = closed_database(self._spill.name)
        self._database.execute("SET threads = 2")

    def close(self) -> None:
        """Close the database and discard its content."""
        self._database.close()
        self._spill.cleanup()

    def by_bucket(self, columns: Sequence[str], rows: IO[bytes]) -> dict[str, str]:
        """The digest of each bucket, which is the first of the columns; rows are CSV."""
        query = statement(
            "warehouse",
            "digests",
            first=columns[0],
            line=line_of(columns),
            columns=", ".join(f"'{name}': 'VARCHAR'" for name in columns),
        )
        values = {"path": f"/dev/fd/{rows.fileno()}"}
        return dict(self._database.execute(query, values).fetchall())


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
