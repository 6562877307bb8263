"""Bulk loading: Arrow batches by ADBC's binary COPY into a temporary table, then one statement.

The stages and the set-based statements share one connection and one transaction, so rows, their
marks and the progress of their source commit together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, LiteralString
from urllib.parse import quote, urlencode

import adbc_driver_postgresql.dbapi as adbc
from psycopg.conninfo import conninfo_to_dict

from wavehouse.kernel.errors import DiskFull, Unreachable

_DISK_FULL = "53100"
_AGAIN = "What was stored stays. Make room on the disk, then type the same command again."


class BulkLoader:
    """A separate connection that stages Arrow streams and runs set-based statements."""

    def __init__(self, conninfo: str) -> None:
        try:
            self._connection = adbc.connect(_uri(conninfo), autocommit=False)
        except adbc.Error as error:
            raise Unreachable("PostgreSQL does not answer the bulk loader") from error
        self._cursor = self._connection.cursor()
        # Staged rows stay in memory: with the default of 8 MB most of a chunk is written out.
        self._cursor.execute("SET temp_buffers = '64MB'")
        self._connection.commit()

    def stage(self, table: str, stream: Any) -> int:
        """Append an Arrow stream to a temporary table, made on first use; returns the row count."""
        with _answering():
            return int(
                self._cursor.adbc_ingest(table, stream, mode="create_append", temporary=True)
            )

    def execute(self, statement: LiteralString) -> int:
        """Run a statement in the open transaction; how many rows it touched (-1: unknown).

        Without pyarrow ADBC binds no parameters: what a statement needs is staged first.
        """
        with _answering():
            self._cursor.execute(statement)
            return int(self._cursor.rowcount)

    def attempt(self, statement: LiteralString) -> int | None:
        """Run a statement that may meet a key that is taken: then None, and all is rolled back."""
        try:
            return self.execute(statement)
        except adbc.IntegrityError:
            self.rollback()
            return None

    def commit(self) -> None:
        """Commit what was staged and executed since the last commit."""
        with _answering():
            self._connection.commit()

    def rollback(self) -> None:
        """Undo what was staged and executed since the last commit."""
        with _answering():
            self._connection.rollback()

    def close(self) -> None:
        """Close the connection; uncommitted work is lost."""
        with suppress(adbc.Error):  # a dead server has closed it already
            self._cursor.close()
            self._connection.close()

    @classmethod
    @contextmanager
    def connected(cls, conninfo: str) -> Iterator[BulkLoader]:
        """A loader that is closed at the end of the block."""
        loader = cls(conninfo)
        try:
            yield loader
        finally:
            loader.close()


@contextmanager
def _answering() -> Iterator[None]:
    """Turn the driver's words for a lost server and for a full disk into errors of ours.

    A server that dies under a statement is unreachable, whatever the driver calls it.
    """
    try:
        yield
    except adbc.IntegrityError:
        raise  # a key that is taken is not a fault of the server
    except adbc.Error as error:
        state = error.sqlstate or ""
        if state == _DISK_FULL:
            raise DiskFull(
                "the database's disk is full; the open chunk is not stored", hint=_AGAIN
            ) from error
        if not isinstance(error, adbc.OperationalError | adbc.InternalError):
            raise
        if state and not state.startswith(("08", "57P")):
            raise
        raise Unreachable(
            "PostgreSQL ended the connection while rows were loaded; the open chunk is not stored",
            hint="Type the command again: nothing is stored twice.",
        ) from error


def _uri(conninfo: str) -> str:
    """The same connection as a URI, which is what ADBC takes."""
    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    database = quote(parts.pop("dbname", ""), safe="")
    return f"postgresql:///{database}?{urlencode(parts, quote_via=quote)}"
