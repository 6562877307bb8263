"""The history and the journal, written in the transaction of the work they record."""

from __future__ import annotations

from typing import Any

from wavehouse.kernel import clock
from wavehouse.schema import queries
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import Direction, JournalEvent, Migration, RowState

Facts = dict[str, Any]
"""The facts in a journal line that ``recover`` needs."""


def record_start(
    session: Session, migration: Migration, direction: Direction, facts: Facts | None = None
) -> None:
    """Record, before it runs, that a non-transactional file is starting."""
    if direction is Direction.UP:
        _put(session, migration, RowState.RUNNING, None)
    else:
        queries.mark_rolling_back(session.connection, version=migration.version)
    record_event(session, JournalEvent(migration, direction, "started", facts=facts))


def record_end(
    session: Session, migration: Migration, direction: Direction, duration_ms: int
) -> None:
    """Record that a file is applied, or that its version was removed."""
    if direction is Direction.UP:
        _put(session, migration, RowState.APPLIED, duration_ms)
    else:
        queries.delete_history(session.connection, version=migration.version)
    record_event(session, JournalEvent(migration, direction, "done", duration_ms=duration_ms))


def record_event(session: Session, event: JournalEvent) -> None:
    """Write an event to the journal: ``intent`` before a statement, its outcome after."""
    queries.append_journal(
        session.connection,
        event,
        happened_at=clock.now(),
        runner_id=session.runner_id,
        audit=session.audit,
    )


def _put(session: Session, migration: Migration, state: RowState, duration_ms: int | None) -> None:
    queries.put_history(
        session.connection,
        migration,
        state=state,
        applied_at=clock.now(),
        duration_ms=duration_ms,
        runner_id=session.runner_id,
    )
