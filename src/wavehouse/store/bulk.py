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

from wavehouse.kernel.errors import Unreachable


class BulkLoader:
    """A connection of its own that stages Arrow streams and runs set-based statements."""

    def __init__(self, conninfo: str) -> None:
        try:
            self._connection = adbc.connect(_uri(conninfo), autocommit=False)
        except adbc.Error as error:
            raise Unreachable("PostgreSQL does not answer the bulk loader") from error
        self._cursor = self._connection.cursor()
        # What is staged stays in memory: with the default of 8 MB most of a chunk is written out.
        self._cursor.execute("SET temp_buffers = '64MB'")
        self._connection.commit()

    def stage(self, table: str, stream: Any) -> int:
        """Append an Arrow stream to a temporary table, made on first use; the number of rows."""
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
        """Forget what was staged and executed since the last commit."""
        with _answering():
            self._connection.rollback()

    def close(self) -> None:
        """Give the connection back; what was not committed is gone."""
        with suppress(adbc.Error):  # a server that died has forgotten it already
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
    """A server that dies under a statement is not reachable, whatever the driver calls it."""
    try:
        yield
    except (adbc.OperationalError, adbc.InternalError) as error:
        state = error.sqlstate or ""
        if state and not state.startswith(("08", "57P")):
            raise
        raise Unreachable(
            "PostgreSQL ended the connection while rows were loaded; the open chunk is not stored",
            hint="Type the command again: what was stored is not stored twice.",
        ) from error


def _uri(conninfo: str) -> str:
    """The same connection as a URI, which is what ADBC takes."""
    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    database = quote(parts.pop("dbname", ""), safe="")
    return f"postgresql:///{database}?{urlencode(parts, quote_via=quote)}"
