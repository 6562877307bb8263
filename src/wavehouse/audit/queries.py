"""SQL of ``audit``."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from wavehouse.audit.types import Entry
from wavehouse.store import Operational, Tx


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
