"""Remove all traces of deleted rows from the server's files: rewrite tables, discard the log.

A deleted row stays in its page until the page is reused, in the statistics until they are gathered
again, and in the write-ahead log until its segment is removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from psycopg import sql

from wavehouse.store.roles import Place, connect

_STATISTICS = "pg_catalog.pg_statistic"


def rewrite(location: Place, tables: Sequence[str]) -> None:
    """Rewrite tables (``schema.table``) and their statistics; each is locked meanwhile."""
    if not tables:
        return
    with connect(location.admin, autocommit=True) as admin:
        admin.execute("SET lock_timeout = '30s'")
        for table in (*tables, _STATISTICS):
            name = sql.Identifier(*table.split("."))
            options = "FULL" if table == _STATISTICS else "FULL, ANALYZE"
            statement = sql.SQL("VACUUM ({}) {}").format(sql.SQL(options), name)
            admin.execute(statement)


def discard_log(location: Place, data: Path) -> None:
    """Remove the current segments of the write-ahead log, once they are no longer needed.

    PostgreSQL usually recycles segments with their old content; this is off meanwhile.
    """
    with connect(location.admin, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET wal_recycle = off")
        admin.execute("SELECT pg_reload_conf()")
        try:
            for _ in range(2 + sum(1 for _ in (data / "pg_wal").glob("[0-9A-F]*"))):
                admin.execute("SELECT pg_logical_emit_message(true, 'wavehouse', 'log')")
                admin.execute("SELECT pg_switch_wal()")
            admin.execute("CHECKPOINT")
            admin.execute("SELECT pg_switch_wal()")
            admin.execute("CHECKPOINT")
        finally:
            admin.execute("ALTER SYSTEM RESET wal_recycle")
            admin.execute("SELECT pg_reload_conf()")
