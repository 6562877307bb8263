"""SQL of the classification's check: sizes of tables and a few values of their columns."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.governance.queries.removing import AnyTx

NAMED = ({"table": "accounts.login_links", "column": "token_hash"},)
"""Names that the statements are used with, for the test that prepares them."""


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table, the server's estimate of its rows, and whether this role may read them."""

    name: str
    rows: int
    is_readable: bool


@dataclass(frozen=True, slots=True)
class TextValue:
    """A value as text."""

    value: str


@dataclass(frozen=True, slots=True)
class BytesValue:
    """A value of bytes."""

    value: bytes


def sizes(tx: AnyTx) -> list[TableSize]:
    """Estimated rows of every table; partitions count for their parent."""
    return tx.rows(
        TableSize,
        """
        SELECT n.nspname || '.' || r.relname AS name,
               sum(greatest(c.reltuples, 0))::bigint AS rows,
               has_table_privilege(r.oid, 'SELECT') AS is_readable
        FROM pg_class c
        JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid)
        JOIN pg_namespace n ON n.oid = r.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('information_schema', 'public')
          AND n.nspname !~ '^pg_'
        GROUP BY r.oid, n.nspname, r.relname ORDER BY 1
        """,
    )


def texts(tx: AnyTx, *, table: str, column: str, limit: int) -> list[TextValue]:
    """A few values of a column, as text."""
    return tx.rows(
        TextValue,
        """
        SELECT {column}::text AS value FROM {table} WHERE {column} IS NOT NULL LIMIT %(limit)s
        """,
        {"limit": limit},
        table=table,
        column=column,
    )


def byte_values(tx: AnyTx, *, table: str, column: str, limit: int) -> list[BytesValue]:
    """A few values of a column of bytes."""
    return tx.rows(
        BytesValue,
        "SELECT {column} AS value FROM {table} WHERE {column} IS NOT NULL LIMIT %(limit)s",
        {"limit": limit},
        table=table,
        column=column,
    )
