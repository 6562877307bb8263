"""Measure a statement's effects in a shadow: its locks, the files it replaces, its scans.

Locks are those that ``pg_locks`` shows for the session while its transaction is open; a rewrite is
a relation whose file node changed; a scan is a table whose number of sequential scans increased.
Only relations that existed before the file count, as no other session waits for new ones.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from wavehouse.schema.types import Effect, LockTaken, strength

_RELATIONS = """
    SELECT c.oid, n.nspname || '.' || c.relname, c.relkind::text, pg_relation_filenode(c.oid),
           coalesce(pg_stat_get_xact_numscans(c.oid), 0), i.indrelid
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind <> 'c'
"""
_LOCKS = """
    SELECT l.relation, l.mode FROM pg_locks l
    WHERE l.pid = %s AND l.locktype = 'relation'
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_NAMES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = ANY (%s)
"""
_WAITS = "SELECT FROM pg_locks WHERE pid = %s AND NOT granted"
_SHARED = frozenset({"AccessShareLock"})
_LOOK, _LEAST, _MOST = 0.002, 0.03, 0.3


@dataclass(frozen=True, slots=True)
class _Relation:
    name: str
    kind: str
    node: int | None
    scans: int
    table: int | None


_Relations = dict[int, _Relation]


class Measurer:
    """Measures statements one after the other, against the relations that existed at first."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._standing = frozenset(_relations(connection))

    def measured(self, run: Callable[[], object]) -> Effect:
        """Run a statement in the open transaction and return its effects."""
        pid = self._connection.info.backend_pid
        held = set(self._connection.execute(_LOCKS, [pid]).fetchall())
        before = _relations(self._connection)
        run()
        after = _relations(self._connection)
        taken = set(self._connection.execute(_LOCKS, [pid]).fetchall()) - held
        return self._effect(before, after, taken)

    def measured_outside(self, run: Callable[[], object]) -> Effect:
        """Run a statement that allows no transaction and return its effects.

        A writer of all tables, with an old snapshot, is kept open on purpose: the statement waits
        for it, so that even its brief locks can be seen.
        """
        before = _relations(self._connection)
        taken: set[tuple[int, str]] = set()
        dsn = make_conninfo(self._connection.info.dsn, password=self._connection.info.password)
        tables = [oid for oid, relation in before.items() if relation.kind in "rp"]
        with _watched(dsn, self._connection.info.backend_pid, tables, taken):
            run()
        return self._effect(before, _relations(self._connection), taken)

    def _effect(self, before: _Relations, after: _Relations, taken: set[tuple[int, str]]) -> Effect:
        strongest: dict[int, str] = {}
        for oid, mode in taken:
            counts = oid in self._standing and mode not in _SHARED
            if counts and strength(mode) > strength(strongest.get(oid, "")):
                strongest[oid] = mode
        names = {oid: relation.name for oid, relation in (before | after).items()}
        nodes = {relation.node for relation in before.values()}
        tables = {oid for oid in self._standing if oid in before and before[oid].kind in "rpm"}
        return Effect(
            tuple(
                LockTaken(names.get(oid, str(oid)), mode)
                for oid, mode in sorted(strongest.items(), key=lambda i: names.get(i[0], ""))
                if oid in before and before[oid].kind in "rpvmf"
            ),
            tuple(sorted(names[oid] for oid in tables if _rewritten(before, after, oid))),
            tuple(
                sorted(
                    names[oid]
                    for oid in tables
                    if oid in after and after[oid].scans > before[oid].scans
                )
            ),
            tuple(
                sorted(
                    relation.name
                    for relation in after.values()
                    if relation.table in self._standing
                    and relation.kind in "iI"
                    and relation.node not in nodes  # a rename leaves the file as it is
                )
            ),
        )


def _rewritten(before: _Relations, after: _Relations, oid: int) -> bool:
    return oid in after and before[oid].node is not None and before[oid].node != after[oid].node


def _relations(connection: psycopg.Connection) -> _Relations:
    return {row[0]: _Relation(*row[1:]) for row in connection.execute(_RELATIONS)}


@contextmanager
def _watched(dsn: str, pid: int, tables: list[int], taken: set[tuple[int, str]]) -> Iterator[None]:
    """Collect the locks that a backend holds or waits for, while our writer blocks it.

    The writer ends once the backend waits and its locks were seen, or when the backend does not
    wait at all.
    """
    done, ready = threading.Event(), threading.Event()

    def look() -> None:
        with psycopg.connect(dsn, autocommit=True) as watcher, psycopg.connect(dsn) as writer:
            writer.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for schema, table in writer.execute(_NAMES, [tables]).fetchall():
                writer.execute(
                    sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(
                        sql.Identifier(schema, table)
                    )
                )
            writer.execute("SELECT 1")
            ready.set()
            began, waits = time.monotonic(), False
            while not done.is_set():
                taken.update(watcher.execute(_LOCKS, [pid]).fetchall())
                waits = waits or watcher.execute(_WAITS, [pid]).fetchone() is not None
                waited = time.monotonic() - began
                if writer.info.transaction_status and waited > (_LEAST if waits else _MOST):
                    writer.rollback()
                time.sleep(_LOOK)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield
    finally:
        done.set()
        thread.join(5)
