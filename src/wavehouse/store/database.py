"""Transactions typed by their database, and the pools they come from.

``Tx[Operational]`` is a transaction on the operational database: passing it to a query of another
database is a type error. One unit of work is one transaction; the edge (a command, a request, a
job) opens it and commits it by leaving the block without an exception.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Generic, LiteralString, TypeVar
from uuid import UUID

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import error_from_result
from psycopg.rows import class_row, dict_row, scalar_row
from psycopg.waiting import Wait
from psycopg_pool import ConnectionPool, PoolTimeout

from wavehouse.kernel import clock
from wavehouse.kernel.databases import DatabaseName
from wavehouse.kernel.errors import DiskFull, NotFound, Unreachable, WavehouseError
from wavehouse.store.roles import Place, RoleKind

# The pool raises the same as an exception; its log lines would only fill the terminal.
logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
_LOG_SEGMENT = 16 * 2**20
_HEALTH_PATIENCE = 2
_TRUSTED = 1.0
Params = Sequence[object] | Mapping[str, Any] | None
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """The version and the clock of a database server."""

    version: str
    at: datetime


class _Kept(psycopg.Connection[Any]):
    """A pooled connection, and when it last responded."""

    answered = 0.0


def _check(connection: _Kept) -> None:
    """Check that a connection's server is alive, unless it responded within the last second."""
    if time.monotonic() - connection.answered > _TRUSTED:
        ConnectionPool.check_connection(connection)


class Operational:
    """Marker of the database of creators, sponsors and raw events."""


class Listeners:
    """Marker of the separate database of listeners."""


class Learning:
    """Marker of the separate database of learners."""


class Analytics:
    """Marker of the database of rollups."""


D = TypeVar("D", Operational, Learning, Listeners, Analytics)


class Tx(Generic[D]):
    """An open transaction. Rows are returned as the requested frozen dataclass."""

    __slots__ = ("afterwards", "connection", "secret")

    def __init__(self, connection: psycopg.Connection[Any], secret: str = "") -> None:
        self.connection = connection
        self.secret = secret
        """The installation's secret, which is in no database."""
        self.afterwards: list[Callable[[Any], None]] = []

    def keep(self) -> None:
        """Commit what was done so far, because a refusal follows: it rolls back only the rest."""
        self.connection.commit()

    def after_commit(self, action: Callable[[Any], None]) -> None:
        """Call ``action`` with the ``Database`` once the transaction is committed; once each."""
        if action not in self.afterwards:
            self.afterwards.append(action)

    def rows(
        self, row: type[T], statement: LiteralString, params: Params = None, **names: str
    ) -> list[T]:
        """Every row of a query, as ``row`` objects (column names are its fields).

        ``names`` fill ``{name}`` in the statement with quoted names of tables and columns.
        """
        with self.connection.cursor(row_factory=class_row(row)) as cursor:
            return cursor.execute(_named(statement, names), params).fetchall()

    def stream(
        self,
        row: type[T],
        statement: LiteralString,
        params: Params = None,
        *,
        size: int = 20_000,
        **names: str,
    ) -> Iterator[T]:
        """The rows of a query, fetched ``size`` at a time: for more rows than fit in memory.

        ``names`` as in ``rows``.
        """
        with self.connection.cursor(name="stream", row_factory=class_row(row)) as cursor:
            cursor.itersize = size
            yield from cursor.execute(_named(statement, names), params)

    def maybe(self, row: type[T], statement: LiteralString, params: Params = None) -> T | None:
        """The only row, or None."""
        with self.connection.cursor(row_factory=class_row(row)) as cursor:
            return cursor.execute(statement, params).fetchone()

    def one(self, row: type[T], statement: LiteralString, params: Params = None) -> T:
        """The only row; NotFound when there is none."""
        record = self.maybe(row, statement, params)
        if record is None:
            raise NotFound(f"no such {row.__name__.lower()}")
        return record

    def value(self, statement: LiteralString, params: Params = None, **names: str) -> Any:
        """The first column of the first row, or None. ``names`` as in ``rows``."""
        with self.connection.cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(_named(statement, names), params).fetchone()

    def values(self, statement: LiteralString, params: Params = None) -> list[Any]:
        """The first column of every row."""
        with self.connection.cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(statement, params).fetchall()

    def tuples(
        self, statement: LiteralString, params: Params = None
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """A cursor over the rows as tuples; within ``together`` the first read waits for them."""
        return self.connection.execute(statement, params)

    def dicts(self, statement: LiteralString, params: Params = None) -> list[dict[str, Any]]:
        """Every row as a mapping of column names to values."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, params).fetchall()

    def execute(self, statement: LiteralString, params: Params = None, **names: str) -> int:
        """Run a statement; returns the number of affected rows. ``names`` as in ``rows``."""
        return self.connection.execute(_named(statement, names), params).rowcount

    def execute_many(self, statement: LiteralString, params: Sequence[Params]) -> int:
        """Run a statement for many parameter sets in one pipeline; returns the affected rows."""
        with self.connection.cursor() as cursor:
            cursor.executemany(statement, [p for p in params if p is not None])
            return cursor.rowcount

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send statements without waiting for each other's results.

        Reading a result waits for it. The number of affected rows is unknown here, and an error may
        only be raised by a later statement or at the end.
        """
        with self.connection.pipeline():
            yield

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A block that an exception rolls back, without the rest of the transaction."""
        with self.connection.transaction():
            yield

    @contextmanager
    def copy(
        self, statement: LiteralString, params: Params = None, **names: str
    ) -> Iterator[psycopg.Copy]:
        """A COPY … FROM STDIN or TO STDOUT. ``names`` as in ``rows``."""
        with (
            self.connection.cursor() as cursor,
            cursor.copy(_named(statement, names), params) as stream,
        ):
            yield stream

    def copy_into(
        self, statement: LiteralString, into: IO[bytes], params: Params = None, **names: str
    ) -> int:
        """Write the rows of a COPY … TO STDOUT to a file; ``names`` as in ``rows``.

        Returns the server's number of rows. Reading one row after the other from ``copy`` takes
        twice the processor time.
        """
        with self.copy(statement, params, **names):
            return self.connection.wait(_drained(self.connection.pgconn, into.write))


def _drained(
    connection: pq.abc.PGconn, write: Callable[[Any], object]
) -> Generator[Wait, object, int]:
    """Pass on the rows of a COPY that have arrived, and wait only when there are none.

    Returns the number of rows that the server has sent.
    """
    while True:
        size, row = connection.get_copy_data(1)
        while size > 0:
            write(row)
            size, row = connection.get_copy_data(1)
        if size < 0:
            break
        yield Wait.R
        connection.consume_input()
    rows = 0
    while (result := connection.get_result()) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise error_from_result(result)
        rows = result.command_tuples or 0
    return rows


def _named(statement: LiteralString, names: Mapping[str, str]) -> LiteralString | sql.Composed:
    """A statement with its names quoted; a dotted name includes the schema."""
    if not names:
        return statement
    quoted = {key: sql.Identifier(*name.split(".")) for key, name in names.items()}
    return sql.SQL(statement).format(**quoted)


def _is_out_of_room(admin: str) -> bool:
    """Whether a server on this machine has no space for another segment of its log.

    PostgreSQL stops when it cannot write its log, and then just does not respond. Its socket is in
    its data folder.
    """
    host = str(conninfo_to_dict(admin).get("host", ""))
    if not host.startswith("/"):
        return False
    try:
        return shutil.disk_usage(host).free < _LOG_SEGMENT
    except OSError:
        return False


class Database(Generic[D]):
    """One database, with the connection pools of its ``app`` and ``worker`` roles."""

    def __init__(self, location: Place) -> None:
        self.place = location
        self.secret = location.secret
        self.most_connections = 10
        self._pools: dict[RoleKind, ConnectionPool[_Kept]] = {}
        self._making = threading.Lock()  # two threads' first use must not make two pools

        self._before_closing: list[Callable[[], None]] = []

    @property
    def name(self) -> DatabaseName:
        """The name of the database."""
        return self.place.database

    def _pool(self, kind: RoleKind) -> ConnectionPool[_Kept]:
        with self._making:
            if kind not in self._pools:
                self._pools[kind] = ConnectionPool(
                    self.place.conninfo(kind),
                    connection_class=_Kept,
                    min_size=0,
                    max_size=self.most_connections,
                    max_idle=60,
                    timeout=15,
                    reconnect_timeout=10,
                    check=_check,
                    open=True,
                    name=f"{self.name} {kind}",
                )
            return self._pools[kind]

    @contextmanager
    def app(self, organization_id: UUID | None) -> Iterator[Tx[D]]:
        """A transaction under row security, limited to this organization's rows."""
        with self._transaction("app", str(organization_id or "")) as tx:
            yield tx

    @contextmanager
    def listener(self, *listener_ids: UUID) -> Iterator[Tx[D]]:
        """A transaction under row security, limited to these listeners' rows."""
        with self._transaction("app", "", listeners=",".join(map(str, listener_ids))) as tx:
            yield tx

    @contextmanager
    def worker(self, *, snapshot: bool = False) -> Iterator[Tx[D]]:
        """A transaction over all organizations; ``snapshot`` makes it REPEATABLE READ."""
        with self._transaction("worker", "", snapshot=snapshot) as tx:
            yield tx

    @contextmanager
    def _transaction(
        self, kind: RoleKind, organization: str, *, snapshot: bool = False, listeners: str = ""
    ) -> Iterator[Tx[D]]:
        afterwards: list[Callable[[Any], None]] = []
        try:
            with self._pool(kind).connection() as connection:
                if snapshot:
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                with connection.pipeline():  # sent with the preceding BEGIN: one round trip
                    connection.execute(
                        "SELECT set_config('wavehouse.organization_id', %s, true), "
                        "set_config('wavehouse.listener_ids', %s, true), "
                        "set_config('wavehouse.now', %s, true), "
                        # Days are UTC, whatever the server's or the machine's time zone is.
                        "set_config('TimeZone', 'UTC', true)",
                        [organization, listeners, clock.sql_setting() or ""],
                    )
                tx: Tx[D] = Tx(connection, self.secret)
                yield tx
                afterwards = tx.afterwards
                connection.answered = time.monotonic()
            for action in afterwards:
                action(self)
        except (PoolTimeout, psycopg.errors.AdminShutdown, psycopg.errors.CannotConnectNow):
            raise self._unreachable() from None
        except psycopg.OperationalError as error:
            if error.sqlstate is None or error.sqlstate.startswith(("08", "57P")):
                raise self._unreachable() from error
            raise

    def answer(self) -> Answer:
        """The server's version and clock.

        Raises Unreachable within seconds when it does not respond.

        It uses a separate connection, because the pool waits for a server to come back, and this
        check must not wait.
        """
        try:
            with psycopg.connect(
                self.place.conninfo("worker"),
                connect_timeout=_HEALTH_PATIENCE,
                row_factory=class_row(Answer),
            ) as connection:
                row = connection.execute(
                    "SELECT current_setting('server_version') AS version, clock_timestamp() AS at"
                ).fetchone()
        except psycopg.OperationalError:
            raise self._unreachable() from None
        assert row is not None  # noqa: S101 - a query without FROM has one row
        return row

    def _unreachable(self) -> WavehouseError:
        if _is_out_of_room(self.place.admin):
            return DiskFull(
                f"the {self.name} database stopped: its disk is full",
                hint="Free disk space, then run the same command again.",
            )
        return Unreachable(
            f"the {self.name} database does not respond",
            hint="Check that the server is running.",
            command="wavehouse doctor",
        )

    def before_closing(self, end: Callable[[], None]) -> None:
        """Call ``end`` whenever the database is closed, before its connections are.

        For threads of its users: one that begins a transaction later would open a new pool, which
        nobody closes.
        """
        self._before_closing.append(end)

    def close(self) -> None:
        """Close all pooled connections; the next transaction opens new ones."""
        for end in self._before_closing:
            end()
        with self._making:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()
