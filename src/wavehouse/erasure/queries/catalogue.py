"""SQL of the catalogue: the current columns and foreign keys of a database."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.erasure.queries.requests import AnyTx
from wavehouse.erasure.types import Column


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key; ``on_delete`` is PostgreSQL's one-letter code."""

    child: str
    parent: str
    columns: list[str]
    on_delete: str
    nullable: list[str]


def columns(tx: AnyTx) -> list[Column]:
    """The columns of all tables and materialised views, without partitions."""
    return tx.rows(
        Column,
        """
        SELECT n.nspname || '.' || c.relname AS table_name, a.attname::text AS column_name,
               format_type(a.atttypid, NULL) AS type, a.attnotnull AS required,
               c.relkind::text AS relkind
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
          AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        ORDER BY 1, a.attnum
        """,
    )


def foreign_keys(tx: AnyTx) -> list[ForeignKey]:
    """The foreign keys of all tables, without those of partitions."""
    return tx.rows(
        ForeignKey,
        """
        SELECT cn.nspname || '.' || cc.relname AS child, pn.nspname || '.' || pc.relname AS parent,
               array_agg(a.attname::text ORDER BY k.place) AS columns,
               f.confdeltype::text AS on_delete,
               coalesce(array_agg(a.attname::text ORDER BY k.place) FILTER (
                 WHERE NOT a.attnotnull), '{}') AS nullable
        FROM pg_constraint f
        JOIN pg_class cc ON cc.oid = f.conrelid JOIN pg_namespace cn ON cn.oid = cc.relnamespace
        JOIN pg_class pc ON pc.oid = f.confrelid JOIN pg_namespace pn ON pn.oid = pc.relnamespace
        CROSS JOIN LATERAL unnest(f.conkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum
        WHERE f.contype = 'f' AND f.conparentid = 0
        GROUP BY f.oid, 1, 2, f.confdeltype ORDER BY 1, 2, f.oid
        """,
    )


def readable(tx: AnyTx) -> list[str]:
    """The tables and materialised views that this role may read."""
    return tx.values(
        """
        SELECT n.nspname || '.' || c.relname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
          AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        ORDER BY 1
        """,
    )
