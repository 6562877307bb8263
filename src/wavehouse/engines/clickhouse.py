"""ClickHouse as a warehouse: a server, or chdb in this process.

One client for both (``clickhouse-connect``). Every table is partitioned by UTC day, because a
partition is what ClickHouse replaces atomically.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from wavehouse.engines.dialects import translated
from wavehouse.engines.folders import not_writable
from wavehouse.engines.port import Row
from wavehouse.engines.spans import check_staged, next_day, refusal
from wavehouse.engines.tables import Kind, Table, Value, definition, quoted
from wavehouse.kernel.errors import Unreachable, UsageError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

DATABASE = "wavehouse"
_TYPES = {
    Kind.INSTANT: "DateTime64(6, 'UTC')",
    Kind.DAY: "Date32",
    Kind.ID: "UUID",
    Kind.TEXT: "String",
    Kind.WHOLE: "Int64",
    Kind.RATE: "Decimal(5, 4)",
}
# A retried insert of the same rows into an emptied table is meant, on replicated tables too.
_SETTINGS = {"session_timezone": "UTC", "insert_deduplicate": 0}


class ClickHouse:
    """A database of a ClickHouse server, or a folder of chdb."""

    name = "clickhouse"

    def __init__(self, url: str) -> None:
        self._client, self._database = _connected(url)
        self._command(f"CREATE DATABASE IF NOT EXISTS {self._database}")

    def ensure(self, table: Table, *, first: date, last: date) -> None:
        """Create a table; ClickHouse makes its partitions itself."""
        columns = definition(table, _TYPES, "Nullable({})", "{}")
        for name in (table.name, table.staged):
            self._command(
                f"CREATE TABLE IF NOT EXISTS {self._of(name)} ({columns}) ENGINE = MergeTree "
                f'PARTITION BY toYYYYMMDD("{table.clock}") ORDER BY ({quoted(table.order)})'
            )

    def discard(self, table: Table) -> None:
        """Remove the staged rows, also those of a killed program."""
        self._command(f"TRUNCATE TABLE {self._of(table.staged)}")

    def load(self, table: Table, file: Path) -> None:
        """Stage the rows of a Parquet file, which ClickHouse reads itself."""
        with file.open("rb") as content, _Errors():
            self._client.raw_insert(
                self._of(table.staged), list(table.names), content, fmt="Parquet"
            )

    def aggregate(self, table: Table, select: str, values: Mapping[str, Value]) -> None:
        """Stage the rows of a SELECT."""
        query = translated(select, self.name, values, self._database)
        self._command(f"INSERT INTO {self._of(table.staged)} {query}")

    def replace(self, table: Table, *, day: date) -> int:
        """Make the staged rows the partition of a day."""
        inside = f"\"{table.clock}\" >= '{day}' AND \"{table.clock}\" < '{next_day(day)}'"
        staged = self._of(table.staged)
        ((number, outside),) = self._query(f"SELECT count(), countIf(NOT ({inside})) FROM {staged}")
        check_staged(table, day, int(str(outside)))
        # An empty partition replaces nothing: newer servers refuse it.
        change = f"REPLACE PARTITION {day:%Y%m%d} FROM {staged}"
        if not number:
            change = f"DROP PARTITION {day:%Y%m%d}"
        self._command(f"ALTER TABLE {self._of(table.name)} {change}")
        self.discard(table)
        return int(str(number))

    def rows(self, table: Table, *, first: date, last: date) -> Sequence[Row]:
        """The rows of a period."""
        ((known,),) = self._query(
            f"SELECT count() FROM system.tables WHERE database = '{self._database}' "
            f"AND name = '{table.name}'"
        )
        if not known:
            return []
        return self._query(
            f"SELECT {quoted(table.names)} FROM {self._of(table.name)} "
            f"WHERE \"{table.clock}\" >= '{first}' AND \"{table.clock}\" < '{next_day(last)}'"
        )

    def drop(self, table: Table, *, before: date) -> None:
        """Drop the partitions before a day."""
        parts = self._query(
            f"SELECT DISTINCT partition FROM system.parts WHERE database = '{self._database}' "
            f"AND table = '{table.name}' AND active"
        )
        for (part,) in parts:
            if str(part) < f"{before:%Y%m%d}":
                self._command(f"ALTER TABLE {self._of(table.name)} DROP PARTITION {part}")

    def close(self) -> None:
        """Close the connection, or chdb."""
        self._client.close()

    def _of(self, name: str) -> str:
        return f"{self._database}.{name}"

    def _command(self, statement: str) -> None:
        with _Errors():
            self._client.command(statement)

    def _query(self, statement: str) -> list[Row]:
        with _Errors():
            return [tuple(map(_plain, row)) for row in self._client.query(statement).result_rows]


def _plain(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


class _Errors:
    """Errors of the client as the product's own."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
        from urllib3.exceptions import HTTPError

        # A server that is gone while it responds; chdb has none of these.
        if isinstance(error, (OperationalError, HTTPError, ConnectionError)):
            raise Unreachable(f"the warehouse does not respond: {_first_line(error)}") from error
        if isinstance(error, ClickHouseError):
            raise refusal("ClickHouse", _first_line(error)) from error


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:300]


def _connected(url: str) -> tuple[Client, str]:
    """A client, and the name of the database."""
    try:
        from clickhouse_connect import get_client
    except ImportError:
        raise UsageError(
            "the engine clickhouse is not installed",
            hint="Install the extra with pip: wavehouse[clickhouse].",
        ) from None
    parts = urlsplit(url)
    options: dict[str, Any] = {"settings": _SETTINGS}
    database = DATABASE
    if parts.scheme == "chdb":
        try:
            Path(parts.path).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise not_writable(parts.path, error) from None
        options |= {"interface": "chdb", "path": parts.path}
    else:
        database = parts.path.strip("/") or DATABASE
        options |= {
            "host": parts.hostname or "localhost",
            "username": unquote(parts.username or "default"),
            "password": unquote(parts.password or ""),
            "secure": parts.scheme == "clickhouses",
            "port": parts.port or (8443 if parts.scheme == "clickhouses" else 8123),
        }
    if not database.isidentifier():
        raise UsageError(f"invalid name of a ClickHouse database: {database}")
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # the error says it
    try:
        with _Errors():
            return get_client(**options), database
    except Unreachable as error:
        address = parts.path if parts.scheme == "chdb" else f"{options['host']}:{options['port']}"
        raise Unreachable("the warehouse does not respond", where=address) from error
    except ImportError:
        raise UsageError("chdb is not installed", hint="Install chdb with pip.") from None
