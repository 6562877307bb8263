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
    """Whether the schema is what its migrations made; None when that was never hashed.

    The hash that counts is the newest one of exactly the versions that are applied now: after a
    file that came late, or a rollback, that is not the one of the newest version.
    """
    kept = _known(session)
    return None if kept is None else kept == _hash(session)


def keep_hash_after_rollback(session: Session) -> None:
    """Keep the hash of a set of versions that was never there before: of a rollback out of order.

    What a rollback in order returns to is known already.
    """
    if session.history() and _known(session) is None:
        found = _hash(session)
        with session.connection.transaction():
            queries.put_hash_of_rollback(session.connection, logical_hash=found)


def _known(session: Session) -> str | None:
    """The newest hash that was kept for the set of versions that is applied now."""
    rows = session.history()
    if not rows or any(row.state is not RowState.APPLIED for row in rows):
        return None
    of_row = {row.version: row.logical_hash for row in rows}
    applied, now, kept = set[str](), set(of_row), None
    events = queries.versions_done(session.connection)
    for version, direction, logical_hash in events:
        if direction == "up":
            applied.add(version)
        else:
            applied.discard(version)
        if applied == now:
            kept = (of_row[version] if direction == "up" else logical_hash) or kept
    if applied != now:  # a history that was not written by this journal alone
        return max(rows, key=lambda row: row.number).logical_hash
    return kept


def _hash(session: Session) -> str:
    return without_partitions(objects(session.connection)).logical
