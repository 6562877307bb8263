"""The hash of the schema in a history row: what it was when that version had been applied.

It is taken after the migration's transaction, so that its locks are not held any longer. A runner
that dies between the two leaves a row without one, of which a probe says that it cannot tell.
"""

from __future__ import annotations

from wavehouse.schema import queries
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.rules.differences import without_partitions
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import RowState


def keep_hash(session: Session, version: str) -> None:
    """Write the hash of the schema as it is now into a version's history row."""
    found = _hash(session)
    with session.connection.transaction():
        queries.put_logical_hash(session.connection, version=version, logical_hash=found)


def equals_newest(session: Session) -> bool | None:
    """Whether the schema is what its newest version made; None when that was never hashed."""
    rows = session.history()
    if not rows or any(row.state is not RowState.APPLIED for row in rows):
        return None
    kept = max(rows, key=lambda row: row.number).logical_hash
    return None if kept is None else kept == _hash(session)


def _hash(session: Session) -> str:
    return without_partitions(objects(session.connection)).logical
