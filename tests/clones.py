"""Copies of the three migrated databases: private ones, and ones that are wiped and used again.

A copy takes 1,000 files and 1.5 CPU seconds; wiping takes some milliseconds. ``Reused`` returns to
what the migrations left: rows, sequences, partitions. What a test changes beyond that (DDL,
roles, settings of a database) belongs on a private copy; a copy whose tables or constraints
differ from the template is dropped and made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, cast
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from wavehouse.store import (
    DATABASES,
    Analytics,
    Database,
    DatabaseName,
    EmbeddedServer,
    Listeners,
    Operational,
    Place,
    Stores,
)

_VACUUMED = 32 * 8192
"""A table of this size is vacuumed after its rows are deleted, so that scans stay short."""


@contextmanager
def cloned(server: EmbeddedServer) -> Iterator[Stores]:
    """The three databases, empty and migrated, as copies of their own."""
    secret = server.superuser_password()
    tag = uuid4().hex[:8]
    admin = server.conninfo("postgres", "wavehouse_root", secret)
    places = {
        name: Place(name, make_conninfo(admin, dbname=f"{name}_{tag}"), secret, make_database=False)
        for name in DATABASES
    }
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in DATABASES:
            _clone(connection, name, tag)
        opened = Stores(
            Database[Operational](places["operational"]),
            Database[Listeners](places["listeners"]),
            Database[Analytics](places["analytics"]),
            server,
        )
        try:
            yield opened
        finally:
            opened.close()
            for name in DATABASES:
                connection.execute(f'DROP DATABASE "{name}_{tag}" WITH (FORCE)')


def _clone(connection: psycopg.Connection[Any], name: DatabaseName, tag: str) -> None:
    connection.execute(f'CREATE DATABASE "{name}_{tag}" TEMPLATE "{name}" STRATEGY wal_log')
    connection.execute(f'REVOKE ALL ON DATABASE "{name}_{tag}" FROM PUBLIC')
    connection.execute(f'GRANT CREATE ON DATABASE "{name}_{tag}" TO wavehouse_{name}_owner')
    for kind in ("app", "worker", "migrate"):
        role = f"wavehouse_{name}_{kind}"
        connection.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{name}_{tag}" TO {role}')


class Reused:
    """One copy of the three databases for many tests, wiped before each of them."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._copy = ExitStack()
        self._stores: Stores | None = None
        self._wipers: list[_Wiper] = []

    def wiped(self) -> Stores:
        """The databases as the migrations left them."""
        if self._stores is None or not all(wiper.wipe() for wiper in self._wipers):
            self.close()
            self._stores = self._copy.enter_context(cloned(self._server))
            self._wipers = [
                _Wiper.of(self._copy.enter_context(psycopg.connect(place.admin, autocommit=True)))
                for place in self._stores.places
            ]
        return self._stores

    def close(self) -> None:
        """Drop the copy."""
        self._copy.close()
        self._stores = None


_TABLES = """
SELECT c.oid::regclass::text, c.relispartition, pg_relation_size(c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1
"""
_SEQUENCES = """
SELECT c.oid::regclass::text, pg_sequence_last_value(c.oid)
FROM pg_class AS c WHERE c.relkind = 'S' ORDER BY 1
"""
_SHAPE = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace),
  (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger),
  (SELECT count(*) FROM pg_policy), (SELECT count(*) FROM pg_proc)
"""
_LEFT_BEHIND = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND state <> 'idle'
"""
_DIGEST = "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} AS t"


@dataclass(frozen=True)
class _Wiper:
    """A connection to one copy, and what the migrations left in it."""

    connection: psycopg.Connection[Any]
    filled: dict[str, tuple[Any, ...]]
    """The tables in which migrations leave rows, with a digest of them."""
    sequences: dict[str, int | None]
    shape: tuple[Any, ...]

    @classmethod
    def of(cls, connection: psycopg.Connection[Any]) -> _Wiper:
        """Look at a fresh copy."""
        connection.execute("SET session_replication_role = replica")  # no trigger, no foreign key
        tables = [name for name, _, size in connection.execute(_TABLES) if size]
        digests = {name: _digest(connection, name) for name in tables}
        shape = connection.execute(_SHAPE).fetchone()
        assert shape is not None
        return cls(
            connection,
            {name: digest for name, digest in digests.items() if digest[0]},
            dict(connection.execute(_SEQUENCES).fetchall()),
            shape,
        )

    def wipe(self) -> bool:
        """Delete what was added; whether the copy is then what it was."""
        run = self.connection.execute
        run(_LEFT_BEHIND)
        tables = run(_TABLES).fetchall()
        added = [name for name, is_partition, _ in tables if is_partition]
        used = [(n, size) for n, is_partition, size in tables if size and not is_partition]
        steps = [f"DELETE FROM {name}" for name, _ in used if name not in self.filled]
        if added:
            steps.append(f"DROP TABLE {', '.join(added)}")
        for name, value in run(_SEQUENCES).fetchall():
            if name in self.sequences and value != self.sequences[name]:
                steps.append(_setting(name, self.sequences[name]))
        if steps:
            run(_trusted("; ".join(steps)))
        for name, size in used:
            if size > _VACUUMED:
                run(_trusted(f"VACUUM {name}"))
        return run(_SHAPE).fetchone() == self.shape and all(
            _digest(self.connection, name) == digest for name, digest in self.filled.items()
        )


def _digest(connection: psycopg.Connection[Any], table: str) -> tuple[Any, ...]:
    row = connection.execute(sql.SQL(_DIGEST).format(sql.SQL(_trusted(table)))).fetchone()
    assert row is not None
    return row


def _setting(sequence: str, value: int | None) -> str:
    if value is None:
        return f"ALTER SEQUENCE {sequence} RESTART"
    return f"SELECT setval('{sequence}', {value})"


def _trusted(text: str) -> LiteralString:
    """Text that is made of names that the catalogue itself quoted."""
    return cast(LiteralString, text)
