"""PostgreSQL as a warehouse: native partitions, TimescaleDB's hypertables or Citus' shards.

Which of them is used follows from the extensions that the database has. Only the DDL differs; rows
are replaced and aggregated by the same statements.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import psycopg

from wavehouse.engines.dialects import translated
from wavehouse.engines.port import Row
from wavehouse.engines.spans import check_staged, next_day, periods, refusal
from wavehouse.engines.tables import Kind, Table, Value, definition, quoted
from wavehouse.kernel.errors import Refused, Unreachable, WavehouseError

SCHEMA = "wavehouse"
_TYPES = {
    Kind.INSTANT: "timestamptz",
    Kind.DAY: "date",
    Kind.ID: "uuid",
    Kind.TEXT: "text",
    Kind.WHOLE: "bigint",
    Kind.RATE: "numeric(5, 4)",
}
_BLOCK = 2**20
FLAVOURS = ("timescaledb", "citus")
_GONE = ("08", "57P01", "57P02", "57P03")
"""Beginnings of SQLSTATEs that end a connection; without any, the client lost it."""


@contextmanager
def _errors() -> Iterator[None]:
    """Errors of the server and of the connection as the product's own."""
    try:
        yield
    except duckdb.Error as error:
        message = str(error).partition("\n")[0][:300]
        raise refusal("the warehouse", message) from error
    except psycopg.Error as error:
        message = str(error).strip().partition("\n")[0][:300]
        lost = isinstance(error, psycopg.OperationalError) and not error.sqlstate
        if lost or (error.sqlstate or "").startswith(_GONE):
            raise Unreachable(f"the warehouse does not respond: {message}") from error
        raise refusal("the warehouse", message) from error


class Postgres:
    """A schema ``wavehouse`` in a database of PostgreSQL 16 or newer."""

    def __init__(self, url: str) -> None:
        try:
            with _errors():
                self._connection = psycopg.connect(url, autocommit=True)
        except WavehouseError as error:
            raise Unreachable(error.message) from None
        with _errors():
            self._execute(f"SET search_path = {SCHEMA}, public")
            self._execute("SET TimeZone = 'UTC'")  # outranks the server's and PGTZ
            extensions = self._fetch(
                "SELECT extname FROM pg_extension WHERE extname = ANY(%s)", list(FLAVOURS)
            )
        present = [str(name) for (name,) in extensions]
        if len(present) > 1:
            raise Refused("the warehouse has both TimescaleDB and Citus; use a database with one")
        self.name = present[0] if present else "postgres"

    @_errors()
    def ensure(self, table: Table, *, first: date, last: date) -> None:
        """Create a table and its partitions."""
        columns = definition(table, _TYPES, "{}", "{} NOT NULL")
        with self._connection.transaction():
            self._execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            if not self._exists(table):
                native = self.name != "timescaledb"
                by = f' PARTITION BY RANGE ("{table.clock}")' if native else ""
                self._execute(f"CREATE TABLE {_name(table)} ({columns}){by}")
                self._execute(f"CREATE INDEX ON {_name(table)} ({quoted(table.order)})")
                self._spread(table)
            self._execute(f"CREATE TEMP TABLE IF NOT EXISTS {table.staged} ({columns})")
        if self.name != "timescaledb":
            self._partition(table, first, last)

    def _spread(self, table: Table) -> None:
        """What the extension must know of a new table."""
        if self.name == "timescaledb":
            self._execute(
                "SELECT create_hypertable(%s::regclass, by_range(%s, %s::interval), "
                "create_default_indexes => false)",
                _name(table), table.clock, f"1 {table.period}",
            )  # fmt: skip
        elif self.name == "citus" and table.distribution:
            self._execute(
                "SELECT create_distributed_table(%s, %s)", _name(table), table.distribution
            )

    def _partition(self, table: Table, first: date, last: date) -> None:
        present = set(self._partitions(table))
        for start, after in periods(table.period, first, last):
            if start not in present:
                self._execute(
                    f"CREATE TABLE IF NOT EXISTS {_part(table, start)} PARTITION OF {_name(table)} "
                    f"FOR VALUES FROM ('{start}') TO ('{after}')"
                )

    @_errors()
    def discard(self, table: Table) -> None:
        """Remove the staged rows."""
        self._execute(f"TRUNCATE {table.staged}")

    @_errors()
    def load(self, table: Table, file: Path) -> None:
        """Stage the rows of a Parquet file: DuckDB reads it, COPY takes the rows."""
        names = quoted(table.names)
        with tempfile.TemporaryFile() as rows, duckdb.connect(config={"threads": 2}) as reader:
            reader.execute(
                f"COPY (SELECT {names} FROM read_parquet($file)) TO '/dev/fd/{rows.fileno()}' "
                "(FORMAT csv, HEADER false, USE_TMP_FILE false)",
                {"file": str(file)},
            )
            rows.seek(0)
            with self._connection.cursor() as cursor, cursor.copy(
                f"COPY {table.staged} ({names}) FROM STDIN (FORMAT csv)"
            ) as sink:  # fmt: skip
                while block := rows.read(_BLOCK):
                    sink.write(block)

    @_errors()
    def aggregate(self, table: Table, select: str, values: Mapping[str, Value]) -> None:
        """Stage the rows of a SELECT, which Citus runs where the rows are."""
        self._execute(
            f"INSERT INTO {table.staged} {translated(select, 'postgres', values, SCHEMA)}"
        )

    @_errors()
    def replace(self, table: Table, *, day: date) -> int:
        """Make the staged rows those of a day, in one transaction."""
        inside = f'"{table.clock}" >= %s AND "{table.clock}" < %s'
        span = (day, next_day(day))
        with self._connection.transaction():
            outside = self._fetch(
                f"SELECT count(*) FROM {table.staged} WHERE NOT ({inside})", *span
            )
            check_staged(table, day, int(str(outside[0][0])))
            self._execute(f"DELETE FROM {_name(table)} WHERE {inside}", *span)
            number = self._execute(f"INSERT INTO {_name(table)} SELECT * FROM {table.staged}")
            self._execute(f"TRUNCATE {table.staged}")
        return number

    @_errors()
    def rows(self, table: Table, *, first: date, last: date) -> Sequence[Row]:
        """The rows of a period."""
        if not self._exists(table):
            return []
        return self._fetch(
            f'SELECT {quoted(table.names)} FROM {_name(table)} WHERE "{table.clock}" >= %s '
            f'AND "{table.clock}" < %s',
            first,
            next_day(last),
        )

    @_errors()
    def drop(self, table: Table, *, before: date) -> None:
        """Drop the partitions before a day, and delete what is left of the one that has it."""
        if self.name == "timescaledb":
            kind = _TYPES[table.column(table.clock).kind]
            self._execute(
                f"SELECT drop_chunks(%s::regclass, older_than => %s::{kind})", _name(table), before
            )
        else:
            for start in self._partitions(table):
                _, after = next(periods(table.period, start, start))
                if after <= before:
                    self._execute(f"DROP TABLE {_part(table, start)}")
        self._execute(f'DELETE FROM {_name(table)} WHERE "{table.clock}" < %s', before)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _exists(self, table: Table) -> bool:
        return self._fetch("SELECT to_regclass(%s) IS NOT NULL", _name(table))[0][0] is True

    def _partitions(self, table: Table) -> list[date]:
        rows = self._fetch(
            "SELECT to_date(right(c.relname, 8), 'YYYYMMDD') FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass",
            _name(table),
        )
        return [day for (day,) in rows if isinstance(day, date)]

    def _execute(self, statement: str, *values: object) -> int:
        return self._connection.execute(statement.encode(), values or None).rowcount

    def _fetch(self, statement: str, *values: object) -> list[Row]:
        return self._connection.execute(statement.encode(), values or None).fetchall()


def _name(table: Table) -> str:
    return f"{SCHEMA}.{table.name}"


def _part(table: Table, start: date) -> str:
    return f"{SCHEMA}.{table.name}_{start:%Y%m%d}"
