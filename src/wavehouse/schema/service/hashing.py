"""The schema hash in a history row: the schema after that version was applied.

It is taken after the migration's transaction, so that locks are not held longer. If the runner dies
in between, the row has no hash and a probe reports unknown; the same happens when the server
crashes within a second, as the hash is committed asynchronously.
"""

from __future__ import annotations

from wavehouse.schema import queries
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.rules.differences import surroundings_of, without_partitions
from wavehouse.schema.rules.formats import NOW, as_of
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import Direction, RowState


def keep_hash(session: Session, version: str) -> None:
    """Store the hash of the current schema in a version's history row."""
    text = _hash(session)
    with session.connection.pipeline(), session.connection.transaction():
        queries.need_not_last(session.connection)
        queries.put_logical_hash(session.connection, version=version, logical_hash=text)
        queries.add_facts(session.connection, facts={"format": NOW})


def equals_newest(session: Session) -> bool | None:
    """Whether the schema is as its migrations left it; None when it was never hashed.

    The hash that counts is the newest one for exactly the set of applied versions: after a late
    file or a rollback, that is not the hash of the newest version.
    """
    kept = _known(session)
    return None if kept is None else kept[0] == _hash(session, kept[1])


def keep_surroundings(session: Session) -> None:
    """Store the settings and grants of the database, which files rarely define, with the last step.

    Drift compares with them: those present when the files ran are expected, later ones are
    differences.
    """
    surroundings = surroundings_of(objects(session.connection))
    with session.connection.transaction():
        queries.add_facts(session.connection, facts={"surroundings": surroundings})


def keep_hash_after_rollback(session: Session) -> None:
    """Store the hash of a new set of versions, which a rollback out of order creates.

    The state after a rollback in order is already known.
    """
    if session.history() and _known(session) is None:
        text = _hash(session)
        with session.connection.transaction():
            queries.add_facts(session.connection, facts={"logical_hash": text, "format": NOW})


def _known(session: Session) -> tuple[str, int] | None:
    """The newest hash stored for the current set of applied versions, and its format."""
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
    if applied != now:  # the history was not written by this journal alone
        newest = max(rows, key=lambda row: row.number).logical_hash
        return (newest, 1) if newest else None
    return kept


def _hash(session: Session, version: int = NOW) -> str:
    return as_of(without_partitions(objects(session.connection)), version).logical
