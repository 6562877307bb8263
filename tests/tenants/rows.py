"""Digests of a tenant's rows, which are equal as long as no row has changed."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql
from tests.tenants.world import Tenant

_TABLES = """
SELECT table_schema, table_name FROM information_schema.columns c
JOIN pg_class k ON k.oid = format('%I.%I', table_schema, table_name)::regclass
WHERE column_name = 'organization_id' AND NOT k.relispartition AND k.relkind IN ('r', 'p')
ORDER BY 1, 2
"""
_MOVES = {"last_used_at", "last_seen_at"}
"""Columns that the tenant's own visits change."""


class Rows:
    """The digests of one tenant's rows on its databases, over connections that stay open."""

    def __init__(self, tenant: Tenant) -> None:
        stores = tenant.workspace.stores
        places = (stores.operational.place, stores.analytics.place, stores.learning.place)
        self._connections = [
            psycopg.connect(place.conninfo("worker"), autocommit=True) for place in places
        ]
        self._statements = [self._statement(each) for each in self._connections]
        self._organization = tenant.workspace.identity.organization_id

    @staticmethod
    def _statement(connection: psycopg.Connection[Any]) -> sql.Composed:
        tables = connection.execute(_TABLES).fetchall()
        return sql.SQL(" UNION ALL ").join(
            sql.SQL(
                "SELECT {name}, md5(string_agg(row, '' ORDER BY row)) FROM "
                "(SELECT (to_jsonb(t) - {moves}::text[])::text AS row FROM {table} t "
                "WHERE organization_id = %(organization)s) AS rows"
            ).format(
                name=sql.Literal(f"{schema}.{table}"),
                table=sql.Identifier(schema, table),
                moves=sql.Literal(sorted(_MOVES)),
            )
            for schema, table in tables
        )

    def digests(self) -> dict[str, str | None]:
        """A digest for each table."""
        found: dict[str, str | None] = {}
        for connection, statement in zip(self._connections, self._statements, strict=True):
            rows = connection.execute(statement, {"organization": self._organization})
            found |= dict(rows.fetchall())
        return found

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections:
            connection.close()
