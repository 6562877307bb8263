"""Copies of the migrated databases, reused by one test after another.

Emptying a copy is many times cheaper than making one. A returned copy is emptied: partitions it
made are dropped, rows are removed, rows that the migrations had inserted are restored, sequences
restart. A copy whose catalogue a test changed (a table, a function, a grant, a policy) or that
cannot be emptied, is dropped instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from wavehouse.store import DATABASES, DatabaseName, EmbeddedServer, Place, Stores
from wavehouse.store.roles import ROLE_KINDS, login_role

_TABLES = """
SELECT c.oid::bigint, c.oid::regclass::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'schema_ops')
"""
_LARGE = 512 * 1024
_EMPTY = """
DO $$
DECLARE
  t record; large text[] := '{}';
  known bigint[] := current_setting('test.known')::bigint[];
BEGIN
  FOR t IN
    SELECT c.oid::bigint AS id, c.oid::regclass::text AS name, c.relispartition,
           pg_relation_size(c.oid) AS size
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname !~ '^pg_'
      AND n.nspname NOT IN ('information_schema', 'schema_ops')
  LOOP
    IF t.relispartition AND t.id <> ALL (known) THEN
      EXECUTE 'DROP TABLE ' || t.name;
    ELSIF t.size > current_setting('test.large')::bigint THEN
      large := large || t.name;
    ELSIF t.size > 0 THEN
      EXECUTE 'DELETE FROM ONLY ' || t.name;
    END IF;
  END LOOP;
  IF large <> '{}' THEN
    EXECUTE 'TRUNCATE ' || array_to_string(large, ', ') || ' CASCADE';
  END IF;
  FOR t IN SELECT format('%I.%I', schemaname, sequencename) AS name, last_value
    FROM pg_sequences WHERE last_value IS NOT NULL
  LOOP
    EXECUTE 'ALTER SEQUENCE ' || t.name || ' RESTART';
  END LOOP;
END $$
"""
_CATALOGUE = """
WITH own AS MATERIALIZED (
  SELECT c.oid, c.relname, c.relkind, c.relrowsecurity, c.relacl, c.reloptions, n.nspname, n.nspacl
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
)
SELECT
  (SELECT sum(hashtextextended(own::text, 0)) FROM own),
  (SELECT (count(*), sum(attrelid::bigint), sum(xmin::text::bigint))
   FROM pg_attribute WHERE attnum > 0
     AND attrelid IN (SELECT oid FROM own WHERE relkind IN ('r', 'p', 'v'))),
  (SELECT (count(*), sum(oid::bigint), sum(xmin::text::bigint)) FROM pg_proc WHERE oid >= 16384),
  (SELECT (count(*), sum(oid::bigint), count(*) FILTER (WHERE convalidated))
   FROM pg_constraint WHERE oid >= 16384),
  (SELECT (count(*), sum(oid::bigint), count(*) FILTER (WHERE tgenabled = 'O'))
   FROM pg_trigger WHERE oid >= 16384),
  (SELECT (count(*), sum(oid::bigint), sum(xmin::text::bigint)) FROM pg_policy)
"""


class _Copy:
    """A copy of one database, and the state to which it is restored when returned."""

    def __init__(self, admin: str, name: str, source: DatabaseName) -> None:
        self.name = name
        self._make(admin, source)
        self.conninfo = make_conninfo(admin, dbname=name)
        self._connection = psycopg.connect(self.conninfo, autocommit=True)
        # Triggers that guard rows, such as the audit log's, must not prevent the clean-up.
        self._run("SET session_replication_role = replica")
        self._run("SET lock_timeout = '5s'")
        tables = self._connection.execute(_TABLES).fetchall()
        self._connection.execute(
            "SELECT set_config('test.known', %s, false), set_config('test.large', %s, false)",
            ["{" + ",".join(str(oid) for oid, _ in tables) + "}", str(_LARGE)],
        )
        self._kept = [name for _, name in tables if self._has_rows(name)]
        for number, table in enumerate(self._kept):
            self._run(f"CREATE TEMP TABLE kept_{number} AS TABLE {table}")
        self._columns = [self._writable(table) for table in self._kept]
        self._sequences = self._connection.execute(
            "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences "
            "WHERE last_value IS NOT NULL"
        ).fetchall()
        self._catalogue = self._fingerprint()
        self._touched = self._asks_whether_touched([name for _, name in tables])
        self._untouched = self._state()

    def _make(self, admin: str, source: DatabaseName) -> None:
        with psycopg.connect(admin, autocommit=True) as connection:
            for statement in (
                'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY wal_log',
                'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
                'GRANT CREATE ON DATABASE "{name}" TO wavehouse_{source}_owner',
                'GRANT CONNECT, TEMPORARY ON DATABASE "{name}" TO '
                + ", ".join(login_role(source, kind) for kind in ROLE_KINDS),
            ):
                connection.execute(statement.format(name=self.name, source=source))

    def _run(self, statement: str) -> None:
        self._connection.execute(statement)

    def _has_rows(self, table: str) -> bool:
        row = self._connection.execute(f"SELECT EXISTS (SELECT 1 FROM ONLY {table})").fetchone()
        return row is not None and bool(row[0])

    def _writable(self, table: str) -> str:
        rows = self._connection.execute(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass "
            "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [table],
        ).fetchall()
        return ", ".join(row[0] for row in rows)

    def _asks_whether_touched(self, tables: Sequence[str]) -> str:
        """A query whose result changes with every row, sequence and partition."""
        free = [table for table in tables if table not in self._kept]
        rows = " OR ".join(f"EXISTS (SELECT FROM ONLY {table})" for table in free) or "false"
        kept = " || ".join(
            f"(SELECT coalesce(string_agg(ctid::text || xmin::text, ''), '') FROM ONLY {table})"
            for table in self._kept
        )
        return (
            f"SELECT {rows}, {kept or repr('')}, "
            "(SELECT string_agg(last_value::text, ',') FROM pg_sequences), "
            "(SELECT count(*) FROM pg_class)"
        )

    def _state(self) -> Any:
        return self._connection.execute(self._touched, prepare=True).fetchone()

    def _fingerprint(self) -> Any:
        return self._connection.execute(_CATALOGUE, prepare=True).fetchone()

    def empty(self) -> bool:
        """Restore the copy to the state after the migrations. False when a test changed more."""
        try:
            if self._state() == self._untouched and self._fingerprint() == self._catalogue:
                return True
            with self._connection.transaction():
                self._run(_EMPTY)
                for number, (table, columns) in enumerate(
                    zip(self._kept, self._columns, strict=True)
                ):
                    self._run(
                        f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "
                        f"SELECT {columns} FROM kept_{number}"
                    )
                for name, value in self._sequences:
                    self._connection.execute("SELECT setval(%s::regclass, %s)", [name, value])
            self._untouched = self._state()
            return bool(self._fingerprint() == self._catalogue)
        except psycopg.Error:
            return False

    def close(self) -> None:
        """Close the connection to the database."""
        self._connection.close()


class Clones:
    """The sets of copies of one test process."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._secret = server.superuser_password()
        self._admin = server.conninfo("postgres", "wavehouse_root", self._secret)
        self._free: list[dict[str, _Copy]] = []

    @contextmanager
    def lent(self) -> Iterator[Stores]:
        """The databases, empty and migrated, during the block."""
        copies = self._complete(self._free.pop() if self._free else {})
        stores = self._opened(copies)
        try:
            yield stores
        finally:
            stores.close()
            kept = {name: copy for name, copy in copies.items() if copy.empty()}
            for name in copies.keys() - kept.keys():
                self._drop(copies[name])
            self._free.append(kept)

    def close(self) -> None:
        """Leave the copies; they go with the folder of the server that was made for this run."""
        for copies in self._free:
            for copy in copies.values():
                copy.close()
        self._free.clear()

    def _complete(self, copies: dict[str, _Copy]) -> dict[str, _Copy]:
        """A copy of each database: these, and a new one of each that is missing."""
        tag = uuid4().hex[:8]
        return {
            name: copies.get(name) or _Copy(self._admin, f"{name}_{tag}", name)
            for name in DATABASES
        }

    def _drop(self, copy: _Copy) -> None:
        copy.close()
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copy.name))
            )

    def _opened(self, copies: dict[str, _Copy]) -> Stores:
        places = {
            name: Place(name, copies[name].conninfo, self._secret, make_database=False)
            for name in DATABASES
        }
        return Stores.at(places, self._server)
