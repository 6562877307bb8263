"""SQL of ``audit``."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from wavehouse.audit.types import Entry
from wavehouse.store import Listeners, Operational, Tx


def insert_entry(tx: Tx[Operational], *, entry: Entry, content_hash: bytes) -> None:
    """Append one entry."""
    tx.execute(
        """
        INSERT INTO audit.audit_log
          (at, organization_id, actor, action, resource_type, resource_id, request_id, trace_id,
           metadata, content_hash)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            entry.at,
            entry.organization_id,
            entry.actor,
            entry.action,
            entry.resource_type,
            entry.resource_id,
            entry.request_id,
            entry.trace_id,
            Jsonb(dict(entry.metadata)),
            content_hash,
        ],
    )


def insert_listeners_entry(tx: Tx[Listeners], *, entry: Entry, content_hash: bytes) -> None:
    """Append one entry to the log of the listeners' database, which knows no organizations."""
    tx.execute(
        """
        INSERT INTO audit.audit_log
          (at, actor, action, resource_type, resource_id, request_id, trace_id, metadata,
           content_hash)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            entry.at,
            entry.actor,
            entry.action,
            entry.resource_type,
            entry.resource_id,
            entry.request_id,
            entry.trace_id,
            Jsonb(dict(entry.metadata)),
            content_hash,
        ],
    )
