"""The history and the journal, written in the transaction of the work they record."""

from __future__ import annotations

from typing import Any

from wavehouse.kernel import clock
from wavehouse.schema import queries
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import Direction, JournalEvent, Migration, RowState

Facts = dict[str, Any]
"""What a line of the journal keeps for ``recover``."""


def record_start(
    session: Session, migration: Migration, direction: Direction, facts: Facts | None = None
) -> None:
    """Say, before it runs, that a non-transactional file is under way."""
    if direction is Direction.UP:
        _put(session, migration, RowState.RUNNING, None)
    else:
        queries.mark_rolling_back(session.connection, version=migration.version)
    record_event(session, JournalEvent(migration, direction, "started", facts=facts))


def record_end(
    session: Session, migration: Migration, direction: Direction, duration_ms: int
) -> None:
    """Say that a file is applied, or that its version is gone."""
    if direction is Direction.UP:
        _put(session, migration, RowState.APPLIED, duration_ms)
    else:
        queries.delete_history(session.connection, version=migration.version)
    record_event(session, JournalEvent(migration, direction, "done", duration_ms=duration_ms))


def record_event(session: Session, event: JournalEvent) -> None:
    """Write an event to the journal: ``intent`` before a statement, what became of it after."""
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
