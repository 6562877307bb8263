"""A day's events as a Parquet file with the columns that the transforms read, by DuckDB."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

import duckdb

from wavehouse.measurement.adapters.databases import closed_database
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


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
