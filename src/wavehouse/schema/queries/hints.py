"""SQL of class hints: comments of columns, read and written."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import Connection, sql


def comments(connection: Connection) -> dict[tuple[str, str], str | None]:
    """The comments of all columns of tables and views, by table and column; no partitions."""
    rows = connection.execute("""
        SELECT n.nspname || '.' || c.relname, a.attname, d.description
        FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            AND NOT a.attisdropped
          LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = a.attnum
            AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
          AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
        ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", a.attnum
    """)
    return {(str(table), str(column)): comment for table, column, comment in rows}


def write_comments(connection: Connection, *, table: str, columns: Mapping[str, str]) -> None:
    """Replace comments of one table's columns, in the open transaction.

    The commit does not wait for the disk: a lost hint is written again by the next run.
    """
    schema, _, name = table.partition(".")
    statements = [
        sql.SQL("COMMENT ON COLUMN {} IS {}").format(
            sql.Identifier(schema, name, column), sql.Literal(comment)
        )
        for column, comment in columns.items()
    ]
    connection.execute("SET LOCAL synchronous_commit = off")
    connection.execute(sql.SQL(";\n").join(statements))
