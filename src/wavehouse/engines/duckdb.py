"""DuckDB as a warehouse: one file, one writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from wavehouse.engines.dialects import translated
from wavehouse.engines.port import Row
from wavehouse.engines.spans import check_staged, next_day, refusal
from wavehouse.engines.tables import Kind, Table, Value, definition, quoted
from wavehouse.kernel.errors import Refused

_TYPES = {
    Kind.INSTANT: "TIMESTAMP",
    Kind.DAY: "DATE",
    Kind.ID: "UUID",
    Kind.TEXT: "VARCHAR",
    Kind.WHOLE: "BIGINT",
    Kind.RATE: "DECIMAL(5, 4)",
}
_CLOSED = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


@contextmanager
def _errors() -> Iterator[None]:
    """Errors of DuckDB as the product's own."""
    try:
        yield
    except duckdb.Error as error:
        message = str(error).strip().partition("\n")[0][:300]
        raise refusal("the warehouse", message) from error


class DuckDb:
    """A file of DuckDB; ``:memory:`` for one that is not kept."""

    name = "duckdb"

    def __init__(self, path: str) -> None:
        if path != ":memory:" and not Path(path).parent.is_dir():
            raise Refused("the folder of the warehouse file does not exist", where=path)
        try:
            self._database = duckdb.connect(path, config={"threads": 2, **_CLOSED})
        except duckdb.IOException as error:
            reason = str(error).partition("\n")[0]
            used = ": another program may be using it" if "lock on file" in reason else ""
            raise Refused(
                f"the warehouse file cannot be opened{used}", where=path, hint=reason
            ) from None
        if path != ":memory:":
            Path(path).chmod(0o600)

    @_errors()
    def ensure(self, table: Table, *, first: date, last: date) -> None:
        """Create a table. DuckDB needs no partitions: row groups are skipped by their range."""
        columns = definition(table, _TYPES, "{}", "{} NOT NULL")
        for name in (f"CREATE TABLE IF NOT EXISTS {table.name}",
                     f"CREATE TEMP TABLE IF NOT EXISTS {table.staged}"):  # fmt: skip
            self._database.execute(f"{name} ({columns})")

    @_errors()
    def discard(self, table: Table) -> None:
        """Remove the staged rows."""
        self._database.execute(f"DELETE FROM {table.staged}")

    @_errors()
    def load(self, table: Table, file: Path) -> None:
        """Stage the rows of a Parquet file."""
        names = quoted(table.names)
        self._database.execute(
            f"INSERT INTO {table.staged} ({names}) SELECT {names} FROM read_parquet(?)", [str(file)]
        )

    @_errors()
    def aggregate(self, table: Table, select: str, values: Mapping[str, Value]) -> None:
        """Stage the rows of a SELECT."""
        self._database.execute(
            f"INSERT INTO {table.staged} {translated(select, self.name, values)}"
        )

    @_errors()
    def replace(self, table: Table, *, day: date) -> int:
        """Make the staged rows those of a day, in one transaction."""
        after = next_day(day)
        with self._transaction():
            check_staged(table, day, self._value(
                f'SELECT count(*) FROM {table.staged} WHERE NOT ("{table.clock}" >= ? '
                f'AND "{table.clock}" < ?)', day, after))  # fmt: skip
            self._database.execute(
                f'DELETE FROM {table.name} WHERE "{table.clock}" >= ? AND "{table.clock}" < ?',
                [day, after],
            )
            number = self._value(f"SELECT count(*) FROM {table.staged}")
            self._database.execute(
                f"INSERT INTO {table.name} SELECT * FROM {table.staged} "
                f"ORDER BY {quoted(table.order)}"
            )
            self._database.execute(f"DELETE FROM {table.staged}")
        return number

    @_errors()
    def rows(self, table: Table, *, first: date, last: date) -> Sequence[Row]:
        """The rows of a period."""
        known = self._value(
            "SELECT count(*) FROM information_schema.tables WHERE table_name = ?", table.name
        )
        if not known:
            return []
        return self._database.execute(
            f'SELECT {quoted(table.names)} FROM {table.name} WHERE "{table.clock}" >= ? '
            f'AND "{table.clock}" < ?',
            [first, next_day(last)],
        ).fetchall()

    @_errors()
    def drop(self, table: Table, *, before: date) -> None:
        """Remove the rows of all days before one."""
        self._database.execute(f'DELETE FROM {table.name} WHERE "{table.clock}" < ?', [before])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _value(self, statement: str, *values: object) -> int:
        row = self._database.execute(statement, list(values)).fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.begin()
        try:
            yield
        except BaseException:
            self._database.rollback()
            raise
        self._database.commit()
