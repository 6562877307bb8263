"""The hash of the schema in a history row: what it was when that version had been applied.

It is taken after the migration's transaction, so that its locks are not held any longer. A runner
that dies between the two leaves a row without one, for which a probe reports unknown; so does a
server that crashes within a second, since nobody waits for its disk to have the hash.
"""

from __future__ import annotations

from wavehouse.schema import queries
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.rules.differences import surroundings_of, without_partitions
from wavehouse.schema.rules.formats import NOW, as_of
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import Direction, RowState


def keep_hash(session: Session, version: str) -> None:
    """Write the hash of the schema as it is now into a version's history row."""
    text = _hash(session)
    with session.connection.pipeline(), session.connection.transaction():
        queries.need_not_last(session.connection)
        queries.put_logical_hash(session.connection, version=version, logical_hash=text)
        queries.add_facts(session.connection, facts={"format": NOW})


def equals_newest(session: Session) -> bool | None:
    """Whether the schema is what its migrations made; None when that was never hashed.

    The hash that counts is the newest one of exactly the versions that are applied now: after a
    file that came late, or a rollback, that is not the one of the newest version.
    """
    kept = _known(session)
    return None if kept is None else kept[0] == _hash(session, kept[1])


def keep_surroundings(session: Session) -> None:
    """Keep the settings and grants of the database, which files rarely make, with the last step.

    Drift compares with them: what was there when the files ran is taken over, what came later is a
    difference.
    """
    surroundings = surroundings_of(objects(session.connection))
    with session.connection.transaction():
        queries.add_facts(session.connection, facts={"surroundings": surroundings})


def keep_hash_after_rollback(session: Session) -> None:
    """Keep the hash of a set of versions that was never there before: of a rollback out of order.

    What a rollback in order returns to is known already.
    """
    if session.history() and _known(session) is None:
        text = _hash(session)
        with session.connection.transaction():
            queries.add_facts(session.connection, facts={"logical_hash": text, "format": NOW})


def _known(session: Session) -> tuple[str, int] | None:
    """The newest hash that was kept for the set of versions that is applied now, and its format."""
    rows = session.history()
    if not rows or any(row.state is not RowState.APPLIED for row in rows):
        return None
    of_row = {row.version: row.logical_hash for row in rows}
    applied, now = set[str](), set(of_row)
    kept: tuple[str, int] | None = None
    for step_done in queries.versions_done(session.connection):
        if step_done.direction is Direction.UP:
            applied.add(step_done.version)
        else:
            applied.discard(step_done.version)
        if applied == now:
            up = step_done.direction is Direction.UP
            logical_hash = of_row[step_done.version] if up else step_done.logical_hash
            kept = (logical_hash, step_done.format) if logical_hash else kept
    if applied != now:  # a history that was not written by this journal alone
        newest = max(rows, key=lambda row: row.number).logical_hash
        return (newest, 1) if newest else None
    return kept


def _hash(session: Session, version: int = NOW) -> str:
    return as_of(without_partitions(objects(session.connection)), version).logical
