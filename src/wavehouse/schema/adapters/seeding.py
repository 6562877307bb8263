"""Statements that write sample rows. Tables and columns are quoted names, values parameters."""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql
from psycopg.rows import scalar_row
from psycopg.types.json import Jsonb


def key_columns(connection: Connection, *, table: str) -> list[str]:
    """The columns of a table's primary key, in its order."""
    cursor = connection.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        SELECT a.attname
        FROM pg_catalog.pg_index i
          CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = pg_catalog.to_regclass(%s) AND i.indisprimary
        ORDER BY k.place
        """,
        [table],
    ).fetchall()


def is_append_only(connection: Connection, *, table: str) -> bool:
    """Whether a trigger of the table refuses changes; then existing rows are left alone."""
    cursor = connection.cursor(row_factory=scalar_row)
    return bool(
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger
              WHERE tgrelid = pg_catalog.to_regclass(%s) AND NOT tgisinternal
                AND tgname LIKE '%%append\\_only')
            """,
            [table],
        ).fetchone()
    )


def ensure_partition(connection: Connection, *, table: str, day: str, span: str) -> None:
    """Create the partition of a table for a day."""
    connection.execute(
        "SELECT schema_ops.ensure_partition(%s::regclass, %s::date, %s)", [table, day, span]
    )


def put_row(
    connection: Connection,
    *,
    table: str,
    values: dict[str, Any],
    key: list[str],
    append_only: bool,
) -> int:
    """Write a row, or update the row with its key; 0 when it already has these values."""
    name = sql.Identifier(*table.split("."))
    columns = sql.SQL(", ").join(sql.Identifier(column) for column in values)
    rest = [sql.Identifier(column) for column in values if column not in key]
    action: sql.Composable = sql.SQL("NOTHING")
    if rest and not append_only:
        # Only a row that differs is updated: a second run changes nothing, not even updated_at.
        action = sql.SQL("UPDATE SET {} WHERE ROW({}) IS DISTINCT FROM ROW({})").format(
            sql.SQL(", ").join(sql.SQL("{c} = EXCLUDED.{c}").format(c=c) for c in rest),
            sql.SQL(", ").join(sql.SQL("stands.{}").format(c) for c in rest),
            sql.SQL(", ").join(sql.SQL("EXCLUDED.{}").format(c) for c in rest),
        )
    statement = sql.SQL(
        "INSERT INTO {table} AS stands ({columns}) OVERRIDING SYSTEM VALUE "
        "SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %s) "
        "ON CONFLICT ({key}) DO {action}"
    ).format(
        table=name,
        columns=columns,
        key=sql.SQL(", ").join(sql.Identifier(column) for column in key),
        action=action,
    )
    return connection.execute(statement, [Jsonb(values)]).rowcount
