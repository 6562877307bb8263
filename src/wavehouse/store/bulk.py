"""Bulk loading: Arrow batches by ADBC's binary COPY into a temporary table, then one statement.

The stages and the set-based statements share one connection and one transaction, so rows, their
marks and the progress of their source commit together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, LiteralString
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from wavehouse.kernel.errors import DiskFull, Unreachable

_DISK_FULL = "53100"
_AGAIN = "Stored data is kept. Free disk space, then run the same command again."


def _adbc() -> Any:
    """The driver, imported when rows are loaded: beside pyarrow it takes half a second."""
    import adbc_driver_postgresql.dbapi

    return adbc_driver_postgresql.dbapi


class BulkLoader:
    """A separate connection that stages Arrow streams and runs set-based statements."""

    def __init__(self, conninfo: str) -> None:
        adbc = _adbc()
        try:
            self._connection = adbc.connect(_uri(conninfo), autocommit=False)
        except adbc.Error as error:
            raise Unreachable("PostgreSQL does not respond to the bulk loader") from error
        self._cursor = self._connection.cursor()
        # Staged rows stay in memory: with the default of 8 MB most of a chunk would go to disk.
        self._cursor.execute("SET temp_buffers = '64MB'")
        self._cursor.execute("SET TimeZone = 'UTC'")  # days are UTC, wherever the server is
        self._connection.commit()

    def stage(self, table: str, stream: Any) -> int:
        """Append an Arrow stream to a temporary table, created on first use; returns the count."""
        with _answering():
            return int(
                self._cursor.adbc_ingest(table, stream, mode="create_append", temporary=True)
            )

    def execute(self, statement: LiteralString) -> int:
        """Run a statement in the open transaction; returns its affected rows (-1: unknown).

        Without pyarrow, ADBC does not bind parameters, so a statement's inputs are staged first.
        """
        with _answering():
            self._cursor.execute(statement)
            return int(self._cursor.rowcount)

    def attempt(self, statement: LiteralString) -> int | None:
        """Run a statement; on a duplicate key, roll everything back and return None."""
        try:
            return self.execute(statement)
        except _adbc().IntegrityError:
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
        with suppress(_adbc().Error):  # a dead server has already closed it
            self._cursor.close()
            self._connection.close()

    @classmethod
    @contextmanager
    def connected(cls, conninfo: str) -> Iterator[BulkLoader]:
        """A loader, closed at the end of the block."""
        loader = cls(conninfo)
        try:
            yield loader
        finally:
            loader.close()


@contextmanager
def _answering() -> Iterator[None]:
    """Convert the driver's errors for a lost server and a full disk into our errors.

    A server that dies during a statement is unreachable, whatever the driver's error.
    """
    adbc = _adbc()
    try:
        yield
    except adbc.IntegrityError:
        raise  # a duplicate key is not a server error
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
            hint="Run the command again: nothing is stored twice.",
        ) from error


def _uri(conninfo: str) -> str:
    """The same connection as a URI, as required by ADBC."""
    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    database = quote(parts.pop("dbname", ""), safe="")
    return f"postgresql:///{database}?{urlencode(parts, quote_via=quote)}"
