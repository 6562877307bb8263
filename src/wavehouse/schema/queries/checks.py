"""The SQL of checks before and after: rows, orphans, nulls, duplicates, lock holders.

Each check reads for a few seconds at most and waits for no lock; if it takes longer, the result is
unknown (None).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import Connection, sql

from wavehouse.schema.types import Name

_PATIENCE_MS = 5_000
_EXACT_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Holder:
    """A session that holds a lock on a relation, the start of its transaction, and its query."""

    relation: Name
    mode: str
    pid: int
    since: datetime
    application: str
    query: str


def identifier(name: Name) -> sql.Identifier:
    """A name from the parser as an SQL identifier."""
    return sql.Identifier(*name.parts)


def table_of(connection: Connection, *, written: Name, path: Sequence[str] | None) -> Name:
    """The table that a name refers to under a search path; empty when it does not exist.

    ``path`` None is the session's own.
    """
    row = connection.execute(
        """
        SELECT n.nspname, c.relname, c.relkind IN ('r', 'p')
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relname = %(last)s::pg_catalog.name
           AND CASE WHEN %(schema)s <> '' THEN n.nspname = %(schema)s::pg_catalog.name
                    WHEN %(path)s::text[] IS NULL
                    THEN n.nspname = ANY (pg_catalog.current_schemas(true))
                    ELSE n.nspname = ANY (pg_catalog.array_replace(
                           %(path)s::text[], '$user', current_user::text)) END
         ORDER BY pg_catalog.array_position(
                    coalesce(pg_catalog.array_replace(%(path)s::text[], '$user',
                                                      current_user::text),
                             pg_catalog.current_schemas(true)::text[]), n.nspname::text)
         LIMIT 1
        """,
        {
            "last": written.last,
            "schema": written.schema,
            "path": None if path is None else list(path),
        },
    ).fetchone()
    return Name((str(row[0]), str(row[1]))) if row and row[2] else Name()


def available_extensions(connection: Connection) -> set[str]:
    """The extensions that the server could create."""
    rows = connection.execute("SELECT name FROM pg_catalog.pg_available_extensions")
    return {str(name) for (name,) in rows}


def rows(connection: Connection, *, relation: Name) -> int | None:
    """The number of rows of a table: counted, or the planner's estimate above a million."""
    name = identifier(relation)
    estimate = _number(
        connection,
        sql.SQL("""
            SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint
              FROM pg_catalog.pg_partition_tree({}::pg_catalog.regclass) p
              JOIN pg_catalog.pg_class c ON c.oid = p.relid
        """).format(sql.Literal(name.as_string(connection))),
    )
    if estimate is not None and estimate > _EXACT_ROWS:
        return estimate
    return _number(connection, sql.SQL("SELECT count(*) FROM {}").format(name))


def nulls(
    connection: Connection, *, relation: Name, columns: Sequence[str], only: bool
) -> int | None:
    """Rows with NULL in any of the columns; ``only`` excludes inheriting tables.

    It does not use ``IS NULL``, which is true for a row value whose fields are all NULL.
    """
    empty = sql.SQL(" OR ").join(
        sql.SQL("{} IS NOT DISTINCT FROM NULL").format(sql.Identifier(c)) for c in columns
    )
    return _number(
        connection,
        sql.SQL("SELECT count(*) FROM {} WHERE {}").format(
            _rows_of(connection, relation) if only else identifier(relation), empty
        ),
    )


def _rows_of(connection: Connection, relation: Name) -> sql.Composed:
    """A table as its constraints see it: without inheriting tables, with its partitions."""
    row = connection.execute(
        "SELECT relkind = 'p' FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%s)",
        [relation.quoted],
    ).fetchone()
    is_partitioned = bool(row and row[0])
    return sql.SQL("{}" if is_partitioned else "ONLY {}").format(identifier(relation))


def duplicates(connection: Connection, *, relation: Name, columns: Sequence[str]) -> int | None:
    """The number of keys that occur more than once; keys containing NULL do not count."""
    keys = [sql.Identifier(column) for column in columns]
    full = sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(key) for key in keys)
    return _number(
        connection,
        sql.SQL(
            "SELECT count(*) FROM (SELECT FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1) AS k"
        ).format(_rows_of(connection, relation), full, sql.SQL(", ").join(keys)),
    )


def orphans(
    connection: Connection,
    *,
    relation: Name,
    columns: Sequence[str],
    references: Name,
    referenced: Sequence[str],
) -> int | None:
    """Rows whose key has no row in the other table; keys containing NULL do not count."""
    keys = [sql.Identifier(column) for column in columns]
    full = sql.SQL(" AND ").join(sql.SQL("c.{} IS NOT NULL").format(key) for key in keys)
    same = sql.SQL(" AND ").join(
        sql.SQL("p.{} = c.{}").format(sql.Identifier(other), key)
        for other, key in zip(referenced, keys, strict=True)
    )
    return _number(
        connection,
        sql.SQL(
            "SELECT count(*) FROM {} c WHERE {} AND NOT EXISTS (SELECT FROM {} p WHERE {})"
        ).format(_rows_of(connection, relation), full, _rows_of(connection, references), same),
    )


def primary_key(connection: Connection, *, relation: Name) -> list[str]:
    """The columns of a table's primary key, in order."""
    rows = connection.execute(
        """
        SELECT a.attname FROM pg_catalog.pg_index i
          CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indisprimary AND i.indrelid = pg_catalog.to_regclass(%s) ORDER BY k.place
        """,
        [identifier(relation).as_string(connection)],
    )
    return [str(name) for (name,) in rows]


def holders(connection: Connection, *, relations: Sequence[Name]) -> list[Holder]:
    """Sessions other than ours that hold locks on these tables, oldest transaction first.

    Autovacuum yields to a requested lock, unless it prevents a wraparound.
    """
    rows = connection.execute(
        """
        SELECT DISTINCT asked.number, l.mode, a.pid, a.xact_start, a.application_name, a.query
          FROM pg_catalog.unnest(%s::text[]) WITH ORDINALITY AS asked (name, number)
          JOIN pg_catalog.pg_locks l ON l.relation = pg_catalog.to_regclass(asked.name)
          JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
         WHERE l.granted AND a.pid <> pg_catalog.pg_backend_pid() AND a.xact_start IS NOT NULL
           AND l.database = (SELECT oid FROM pg_catalog.pg_database
                              WHERE datname = pg_catalog.current_database())
           AND (a.backend_type <> 'autovacuum worker' OR a.query LIKE %s)
         ORDER BY 4
        """,
        [[name.quoted for name in relations], "%to prevent wraparound%"],
    )
    return [Holder(relations[number - 1], *rest) for number, *rest in rows]


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a check query: its row by column, the number of rows, and its error."""

    row: dict[str, object]
    rows: int
    error: str | None = None
    writes: bool = False


def answers(connection: Connection, *, text: str) -> Answer:
    """Run a check query, which may only read."""
    try:
        with _brief(connection):
            cursor = connection.execute(text.encode())
            if cursor.description is None:
                return Answer({}, 0)
            rows = cursor.fetchmany(2)
            names = [column.name for column in cursor.description]
            return Answer(
                dict(zip(names, rows[0] if rows else [None] * len(names), strict=True)), len(rows)
            )
    except psycopg.errors.ReadOnlySqlTransaction as error:
        return Answer({}, 0, str(error.diag.message_primary), writes=True)
    except psycopg.Error as error:
        return Answer({}, 0, str(error.diag.message_primary or error))


def _number(connection: Connection, statement: sql.Composed) -> int | None:
    """A number; None when the table does not exist yet, or counting takes too long."""
    try:
        with _brief(connection):
            row = connection.execute(statement).fetchone()
    except (
        psycopg.errors.UndefinedTable,
        psycopg.errors.UndefinedColumn,
        psycopg.errors.UndefinedFunction,
        psycopg.errors.QueryCanceled,
        psycopg.errors.LockNotAvailable,
        psycopg.errors.InsufficientPrivilege,
    ):
        return None
    return int(row[0]) if row else None


class _brief:  # noqa: N801  used as a statement's context
    """A short read-only transaction, or savepoint, that does not wait for locks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._transaction = connection.transaction()

    def __enter__(self) -> None:
        self._transaction.__enter__()
        self._connection.execute(
            "SELECT pg_catalog.set_config('statement_timeout', %s, true),"
            " pg_catalog.set_config('lock_timeout', '100', true)",
            [str(_PATIENCE_MS)],
        )
        self._connection.execute("SET LOCAL transaction_read_only = on")

    def __exit__(self, *error: object) -> bool | None:
        return self._transaction.__exit__(*error)  # type: ignore[arg-type]
