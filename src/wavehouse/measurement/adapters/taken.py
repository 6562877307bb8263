"""Judged requests: in memory what each thread took last, in files of a private folder the rest.

They have no address and no user agent: a listener is a hash under a key that is kept nowhere.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import duckdb

from wavehouse.measurement.adapters.statements import statement

HELD_ROWS = 2_000_000
"""Requests that a thread holds in memory: some 300 MB."""
COUNTING_BYTES = 4 * 2**30
"""Memory for counting; what needs more uses the folder."""
_SIZE = re.compile(r"([0-9.]+) (\w)iB")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


class TakenRows:
    """The requests of all threads; ``gather`` makes them one table, after the last was added."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database
        # Readable by the owner only.
        self._folder = tempfile.TemporaryDirectory(prefix="wavehouse-count-")
        self.folder = Path(self._folder.name)
        self._pieces: list[Piece] = []

    def piece(self, database: duckdb.DuckDBPyConnection) -> Piece:
        """A table for one thread, which has a connection of its own."""
        piece = Piece(self, database, len(self._pieces))
        self._pieces.append(piece)
        return piece

    def gather(self) -> None:
        """Make the view ``taken`` of all requests, and let counting use the folder for the rest."""
        selects = [f"SELECT * FROM {piece.table}" for piece in self._pieces]  # noqa: S608 - our own
        files = [quoted(path) for piece in self._pieces for path in piece.files]
        if files:
            listed = ", ".join(f"'{path}'" for path in files)
            selects.append(f"SELECT * FROM read_parquet([{listed}])")  # noqa: S608 - our own files
        text = " UNION ALL ".join(selects)
        self._database.execute(statement("counting", "all_taken", selects=text))
        self._spill()

    def drop_repeated(self) -> None:
        """R01: keep one of each request; the tables and files of the others are dropped."""
        self._database.execute(statement("counting", "delete_repeated"))
        self._database.execute(
            statement("counting", "all_taken", selects="SELECT * FROM taken_once")
        )
        for piece in self._pieces:
            self._database.execute(statement("counting", "no_longer", table=piece.table))
            for path in piece.files:
                path.unlink()

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def _spill(self) -> None:
        """Counting may use the folder; reading may not, whose tables hold lines of logs."""
        db = self._database
        db.execute(f"SET temp_directory = '{quoted(self.folder)}'")
        row = db.execute("SELECT current_setting('memory_limit')").fetchone()
        match = _SIZE.fullmatch(str(row[0])) if row else None
        if match and float(match[1]) * _UNITS.get(match[2], 0) > COUNTING_BYTES:
            db.execute(f"SET memory_limit = '{COUNTING_BYTES // 2**20}MiB'")


class Piece:
    """One thread's table of requests, and the files of what it held before."""

    def __init__(self, taken: TakenRows, database: duckdb.DuckDBPyConnection, number: int) -> None:
        self.table = f"taken_{number}"
        self.files: list[Path] = []
        self._taken, self._database, self._rows = taken, database, 0
        self._create()

    def added(self, rows: int) -> None:
        """Count added rows; many are put aside."""
        self._rows += rows
        if self._rows >= HELD_ROWS:
            path = self._taken.folder / f"{self.table}-{len(self.files)}.parquet"
            self._database.execute(
                statement("counting", "put_aside", table=self.table, path=quoted(path))
            )
            self.files.append(path)
            self._create()

    def _create(self) -> None:
        self._database.execute(statement("counting", "taken", table=self.table))
        self._rows = 0


def quoted(path: Path) -> str:
    """A path between single quotes in a statement."""
    return str(path).replace("'", "''")
