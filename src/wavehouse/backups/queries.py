"""SQL of backups."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.store import Analytics, Learning, Listeners, Operational, Tx

AnyTx = Tx[Operational] | Tx[Learning] | Tx[Listeners] | Tx[Analytics]


NAMED = [{"table": "queue.jobs"}]
"""A table that ``count_rows`` reads, for the test that prepares every statement."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows."""

    rows: int


def readable_tables(tx: AnyTx) -> list[str]:
    """The tables that the transaction's role may read, as ``schema.table``."""
    return tx.values(
        """
        SELECT n.nspname || '.' || c.relname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)'
          AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        ORDER BY 1
        """
    )


def count_rows(tx: AnyTx, *, table: str) -> int:
    """The rows of a table, by reading all of them."""
    return tx.rows(Count, "SELECT count(*) AS rows FROM {table}", table=table)[0].rows


def archiver(tx: AnyTx) -> str | None:
    """The segment that failed to be archived after the last success; None when none failed."""
    failing: str | None = tx.value(
        """
        SELECT last_failed_wal FROM pg_stat_archiver
        WHERE last_failed_time > coalesce(last_archived_time, '-infinity')
        """
    )
    return failing
