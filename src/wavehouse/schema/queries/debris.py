"""The SQL that finds leftovers of interrupted statements: invalid indexes, pending detachments.

Relations are resolved from quoted text by ``to_regclass``, and identified by OID from then on.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import Connection

from wavehouse.schema.types import Leftover, Name


@dataclass(frozen=True, slots=True)
class IndexFound:
    """The current state of an index."""

    oid: int
    table: int
    name: Name
    valid: bool
    partitioned: bool


def relation_oid(connection: Connection, *, relation: Name) -> int | None:
    """The OID of a relation under the session's search path; None when it does not exist."""
    row = connection.execute(
        "SELECT pg_catalog.to_regclass(%s)::pg_catalog.oid", [relation.quoted]
    ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def search_path(connection: Connection) -> list[str]:
    """The schemas on the session's search path, in order."""
    row = connection.execute("SELECT pg_catalog.current_schemas(false)::text[]").fetchone()
    return list(row[0]) if row else []


def relation_name(connection: Connection, *, oid: int) -> Name:
    """The schema and name of a relation; empty when it does not exist."""
    row = connection.execute(
        """
        SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s
        """,
        [oid],
    ).fetchone()
    return Name((str(row[0]), str(row[1]))) if row else Name()


def index_beside(connection: Connection, *, table: Name, index: str) -> IndexFound | None:
    """The index with this name in the table's schema, where CREATE INDEX puts it."""
    row = connection.execute(
        """
        SELECT i.indexrelid::bigint, i.indrelid::bigint, n.nspname, c.relname, i.indisvalid,
               c.relkind = 'I'
          FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relname = %s::pg_catalog.name AND c.relnamespace = (
               SELECT t.relnamespace FROM pg_catalog.pg_class t
                WHERE t.oid = pg_catalog.to_regclass(%s))
        """,
        [index, table.quoted],
    ).fetchone()
    return _index(row)


def index_named(connection: Connection, *, name: Name) -> IndexFound | None:
    """An index under the session's search path."""
    row = connection.execute(
        """
        SELECT i.indexrelid::bigint, i.indrelid::bigint, n.nspname, c.relname, i.indisvalid,
               c.relkind = 'I'
          FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE i.indexrelid = pg_catalog.to_regclass(%s)
        """,
        [name.quoted],
    ).fetchone()
    return _index(row)


def index_by_oid(connection: Connection, *, oid: int) -> IndexFound | None:
    """An index by its OID."""
    row = connection.execute(
        """
        SELECT i.indexrelid::bigint, i.indrelid::bigint, n.nspname, c.relname, i.indisvalid,
               c.relkind = 'I'
          FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE i.indexrelid = %s
        """,
        [oid],
    ).fetchone()
    return _index(row)


def remains_of_reindex(connection: Connection) -> list[IndexFound]:
    """The invalid copies left by interrupted REINDEX CONCURRENTLY, those of TOAST included.

    Copies that another session is building now are not included.
    """
    rows = connection.execute(
        """
        SELECT i.indexrelid::bigint, i.indrelid::bigint, n.nspname, c.relname, i.indisvalid,
               c.relkind = 'I'
          FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
           AND NOT EXISTS (
               SELECT FROM pg_catalog.pg_locks l
                WHERE l.relation = i.indrelid AND l.granted
                  AND l.pid <> pg_catalog.pg_backend_pid()
                  AND l.mode = 'ShareUpdateExclusiveLock'
                  AND EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                               WHERE p.pid = l.pid))
         ORDER BY i.indexrelid
        """
    ).fetchall()
    return [index for row in rows if (index := _index(row)) is not None]


def tables_of_reindex(connection: Connection, *, scope: str, name: str, relation: Name) -> set[int]:
    """The tables that a REINDEX works on: of a relation, a schema or the whole database."""
    rows = connection.execute(
        """
        WITH RECURSIVE named AS (
            SELECT coalesce(i.indrelid, r.oid) AS oid
              FROM (SELECT pg_catalog.to_regclass(%(relation)s)::pg_catalog.oid AS oid) r
              LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid
        ), tree AS (
            SELECT oid FROM named
             UNION
            SELECT h.inhrelid FROM tree t JOIN pg_catalog.pg_inherits h ON h.inhparent = t.oid
        ), wanted AS (
            SELECT c.oid, c.reltoastrelid FROM pg_catalog.pg_class c
             WHERE c.oid IN (SELECT oid FROM tree)
                OR (%(scope)s = 'schema' AND c.relnamespace = (
                       SELECT n.oid FROM pg_catalog.pg_namespace n
                        WHERE n.nspname = %(name)s::pg_catalog.name))
                OR %(scope)s IN ('database', 'system')
        )
        SELECT oid::bigint FROM wanted
         UNION SELECT reltoastrelid::bigint FROM wanted WHERE reltoastrelid <> 0
        """,
        {"relation": relation.quoted or '""', "scope": scope, "name": name},
    )
    return {int(oid) for (oid,) in rows}


def detach_state(connection: Connection, *, partition: int) -> bool | None:
    """Whether a partition's detachment is pending; None when it is not a partition."""
    row = connection.execute(
        "SELECT inhdetachpending FROM pg_catalog.pg_inherits WHERE inhrelid = %s", [partition]
    ).fetchone()
    return None if row is None else bool(row[0])


def locked_tables(connection: Connection) -> frozenset[int]:
    """The relations that this transaction has locked for a schema change."""
    rows = connection.execute("""
        SELECT l.relation::bigint FROM pg_catalog.pg_locks l
         WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
           AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                          'ExclusiveLock', 'AccessExclusiveLock')
    """)
    return frozenset(int(oid) for (oid,) in rows)


def leftovers(connection: Connection) -> frozenset[Leftover]:
    """Invalid indexes, unvalidated constraints, partitions being detached."""
    # Runs before and after every file, and mostly finds nothing.
    there = connection.execute("""
        SELECT EXISTS (SELECT FROM pg_catalog.pg_index WHERE NOT indisvalid)
            OR EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE NOT convalidated)
            OR EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhdetachpending)
    """).fetchone()
    if there == (False,):
        return frozenset()
    rows = connection.execute("""
        SELECT 'invalid index', i.indexrelid::bigint, i.indrelid::bigint,
               ARRAY[n.nspname, t.relname]::text[], ARRAY[x.nspname, c.relname]::text[],
               c.relkind = 'I'
          FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
          JOIN pg_catalog.pg_namespace x ON x.oid = c.relnamespace
          JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
         WHERE NOT i.indisvalid AND n.nspname !~ '^pg_temp_'
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                            WHERE p.index_relid = i.indexrelid
                              AND p.pid <> pg_catalog.pg_backend_pid())
         UNION ALL
        SELECT CASE WHEN k.contypid <> 0 THEN 'unvalidated domain constraint'
                    ELSE 'unvalidated constraint' END,
               k.oid::bigint, k.conrelid::bigint,
               CASE WHEN k.contypid <> 0 THEN ARRAY[dn.nspname, d.typname]::text[]
                    ELSE ARRAY[n.nspname, t.relname]::text[] END,
               ARRAY[k.conname]::text[], false
          FROM pg_catalog.pg_constraint k
          LEFT JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
          LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
          LEFT JOIN pg_catalog.pg_type d ON d.oid = k.contypid
          LEFT JOIN pg_catalog.pg_namespace dn ON dn.oid = d.typnamespace
         WHERE NOT k.convalidated AND k.conparentid = 0
           AND coalesce(pg_catalog.to_jsonb(k) ->> 'conenforced', 'true') = 'true'
         UNION ALL
        SELECT 'pending detach', h.inhrelid::bigint, h.inhparent::bigint,
               ARRAY[pn.nspname, p.relname]::text[], ARRAY[n.nspname, c.relname]::text[], false
          FROM pg_catalog.pg_inherits h
          JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
          JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
         WHERE h.inhdetachpending
    """)
    return frozenset(
        Leftover(kind, oid, table, Name(tuple(relation)), Name(tuple(name)), parent)
        for kind, oid, table, relation, name, parent in rows
    )


def _index(row: tuple[int, int, str, str, bool, bool] | None) -> IndexFound | None:
    return None if row is None else IndexFound(row[0], row[1], Name((row[2], row[3])), *row[4:])
