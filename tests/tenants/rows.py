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
        self._written = self._next_transaction()
        self._digests = self._current()

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

    def changed(self) -> list[str]:
        """The tables with rows that changed since the last call.

        Digests are computed only when a transaction has written since then: only those take a
        number from the server's counter.
        """
        written = self._next_transaction()
        if written == self._written:
            return []
        before, self._digests = self._digests, self._current()
        self._written = written
        return sorted(name for name, digest in self._digests.items() if digest != before.get(name))

    def _next_transaction(self) -> int:
        row = (
            self._connections[0]
            .execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            .fetchone()
        )
        assert row is not None
        return int(row[0])

    def _current(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for connection, statement in zip(self._connections, self._statements, strict=True):
            rows = connection.execute(statement, {"organization": self._organization}, prepare=True)
            found |= dict(rows.fetchall())
        return found

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections:
            connection.close()
