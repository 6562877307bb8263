"""The contents of a database, read by a few statements over its catalogue.

The search_path is empty, so every name is qualified, and rows are sorted by bytes, so no collation
affects the order. Partitions are left out, as their parent describes them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, LiteralString, TypeVar

from psycopg import Connection

from wavehouse.schema.rules.hints import without_hint
from wavehouse.schema.types import (
    Catalogue,
    Column,
    Constraint,
    ForeignKey,
    Function,
    Index,
    Policy,
    Table,
)

Part = TypeVar("Part")

_TABLES = """
    SELECT c.oid, n.nspname || '.' || c.relname, c.relkind::text,
           pg_catalog.obj_description(c.oid, 'pg_class'),
           CASE c.relkind WHEN 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
           coalesce(c.reloptions, '{}'), c.relrowsecurity,
           CASE c.relkind WHEN 'v' THEN pg_catalog.pg_get_viewdef(c.oid) END
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""
_COLUMNS = """
    SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated <> '',
           pg_catalog.col_description(a.attrelid, a.attnum)
    FROM pg_catalog.pg_attribute a
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = ANY (%s) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum
"""
_CONSTRAINTS = """
    SELECT c.conrelid, c.conname, c.contype::text,
           ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
             ORDER BY k.place),
           pg_catalog.pg_get_constraintdef(c.oid)
    FROM pg_catalog.pg_constraint c
    WHERE c.conrelid = ANY (%s) AND c.contype IN ('p', 'u', 'c', 'x')
    ORDER BY c.conrelid, position(c.contype::text IN 'puxc'), c.conname COLLATE "C"
"""
_FOREIGN_KEYS = """
    SELECT c.conrelid, c.conname, own.names, n.nspname || '.' || r.relname,
           ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum
             ORDER BY k.place),
           CASE c.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'
             WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'set default' END,
           NOT own.filled,
           EXISTS (SELECT FROM pg_catalog.pg_index i
             WHERE i.indrelid = c.conrelid AND i.indisunique AND i.indpred IS NULL
               AND i.indexprs IS NULL
               AND (i.indkey::int2[])[0:i.indnkeyatts - 1] <@ c.conkey),
           pg_catalog.pg_get_constraintdef(c.oid)
    FROM pg_catalog.pg_constraint c
      JOIN pg_catalog.pg_class r ON r.oid = c.confrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
      CROSS JOIN LATERAL (
        SELECT array_agg(a.attname::text ORDER BY k.place) AS names,
               bool_and(a.attnotnull) AS filled
        FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
      ) AS own
    WHERE c.conrelid = ANY (%s) AND c.contype = 'f' AND c.conparentid = 0
    ORDER BY c.conrelid, c.conname COLLATE "C"
"""
_INDEXES = """
    SELECT i.indrelid, c.relname, i.indisunique, pg_catalog.pg_get_indexdef(i.indexrelid)
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = ANY (%s)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid
        AND k.contype IN ('p', 'u', 'x'))
    ORDER BY i.indrelid, c.relname COLLATE "C"
"""
_TRIGGERS = """
    SELECT tgrelid, pg_catalog.pg_get_triggerdef(oid)
    FROM pg_catalog.pg_trigger WHERE tgrelid = ANY (%s) AND NOT tgisinternal
    ORDER BY tgrelid, tgname COLLATE "C"
"""
_POLICIES = """
    SELECT p.polrelid, p.polname,
           CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
             WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
           ARRAY(SELECT r.rolname::text FROM pg_catalog.pg_roles r
             WHERE r.oid = ANY (p.polroles) ORDER BY r.rolname COLLATE "C"),
           pg_catalog.pg_get_expr(p.polqual, p.polrelid),
           pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
    FROM pg_catalog.pg_policy p WHERE p.polrelid = ANY (%s)
    ORDER BY p.polrelid, p.polname COLLATE "C"
"""
_GRANTS = """
    SELECT c.oid,
           pg_catalog.string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type COLLATE "C")
             || ' TO ' || r.rolname
    FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS g
      JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
    WHERE c.oid = ANY (%s) AND g.grantee <> c.relowner
    GROUP BY c.oid, r.rolname ORDER BY c.oid, r.rolname COLLATE "C"
"""
_FUNCTIONS = """
    SELECT n.nspname || '.' || p.proname
             || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
           pg_catalog.pg_get_functiondef(p.oid), pg_catalog.obj_description(p.oid, 'pg_proc'),
           ARRAY(SELECT g.privilege_type || ' TO ' || coalesce(r.rolname::text, 'PUBLIC')
             FROM pg_catalog.aclexplode(
               coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS g
               LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
             WHERE g.grantee <> p.proowner ORDER BY r.rolname COLLATE "C" NULLS FIRST)
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname NOT IN ('information_schema', 'public') AND n.nspname !~ '^pg_'
      AND p.prokind = 'f'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", p.oid::regprocedure::text COLLATE "C"
"""
_SPACES = """
    SELECT n.nspname::text,
           ARRAY(SELECT g.privilege_type || ' TO ' || r.rolname
             FROM pg_catalog.aclexplode(n.nspacl) AS g
               JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
             WHERE g.grantee <> n.nspowner ORDER BY r.rolname COLLATE "C", 1)
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname NOT IN ('information_schema', 'public') AND n.nspname !~ '^pg_'
    ORDER BY n.nspname COLLATE "C"
"""
_DEFAULT_GRANTS = """
    SELECT n.nspname || ': ' ||
           pg_catalog.string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type COLLATE "C")
             || ' ON ' || CASE a.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
               WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES' END || ' TO ' || r.rolname AS line
    FROM pg_catalog.pg_default_acl a
      JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace
      CROSS JOIN LATERAL pg_catalog.aclexplode(a.defaclacl) AS g
      JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
    WHERE g.grantee <> a.defaclrole
    GROUP BY n.nspname, a.defaclobjtype, r.rolname
    ORDER BY n.nspname COLLATE "C", a.defaclobjtype, r.rolname COLLATE "C"
"""


def snapshot(connection: Connection) -> Catalogue:
    """The catalogue of the connected database, read in one snapshot."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL search_path = ''; SET LOCAL timezone = 'UTC'")
        heads = connection.execute(_TABLES).fetchall()
        return Catalogue(
            tuple((name, tuple(grants)) for name, grants in connection.execute(_SPACES)),
            tuple(line for (line,) in connection.execute(_DEFAULT_GRANTS)),
            tuple(
                Function(name, definition, comment, tuple(grants))
                for name, definition, comment, grants in connection.execute(_FUNCTIONS)
            ),
            _tables(connection, heads),
        )


def _column(*values: Any) -> Column:
    """A column; its comment without the class hint, which documents derive themselves."""
    column = Column(*values)
    return replace(column, comment=without_hint(column.comment))


def _tables(connection: Connection, heads: list[tuple[Any, ...]]) -> tuple[Table, ...]:
    oids = [head[0] for head in heads]

    def parts(statement: LiteralString, make: Callable[..., Part]) -> dict[int, tuple[Part, ...]]:
        parts: dict[int, list[Part]] = defaultdict(list)
        for oid, *values in connection.execute(statement, [oids]):
            parts[oid].append(make(*(tuple(v) if isinstance(v, list) else v for v in values)))
        return {oid: tuple(listed) for oid, listed in parts.items()}

    columns, constraints = parts(_COLUMNS, _column), parts(_CONSTRAINTS, Constraint)
    keys, indexes = parts(_FOREIGN_KEYS, ForeignKey), parts(_INDEXES, Index)
    triggers, policies = parts(_TRIGGERS, str), parts(_POLICIES, Policy)
    grants = parts(_GRANTS, str)
    return tuple(
        Table(
            name,
            kind,
            comment,
            partition_key,
            tuple(storage),
            secured,
            view,
            columns.get(oid, ()),
            constraints.get(oid, ()),
            keys.get(oid, ()),
            indexes.get(oid, ()),
            triggers.get(oid, ()),
            policies.get(oid, ()),
            grants.get(oid, ()),
        )
        for oid, name, kind, comment, partition_key, storage, secured, view in heads
    )
