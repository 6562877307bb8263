"""The history and the journal, written in the transaction of the work they record."""

from __future__ import annotations

from typing import Any

from wavehouse.kernel import clock
from wavehouse.schema import queries
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import Direction, Migration, RowState, SqlFile

Facts = dict[str, Any]
"""What a line of the journal keeps for ``recover``."""


def file_of(migration: Migration, direction: Direction) -> SqlFile:
    """The file that a direction runs."""
    if direction is Direction.UP:
        return migration.up
    assert migration.down is not None, "planning refuses a missing down file"  # noqa: S101
    return migration.down


def record_start(
    session: Session, migration: Migration, direction: Direction, facts: Facts | None = None
) -> None:
    """Say, before it runs, that a non-transactional file is under way."""
    if direction is Direction.UP:
        _put(session, migration, RowState.RUNNING, None)
    else:
        queries.mark_rolling_back(session.connection, version=migration.version)
    _append(session, migration, direction, "started", None, facts=facts)


def record_end(
    session: Session, migration: Migration, direction: Direction, duration_ms: int
) -> None:
    """Say that a file is applied, or that its version is gone."""
    if direction is Direction.UP:
        _put(session, migration, RowState.APPLIED, duration_ms)
    else:
        queries.delete_history(session.connection, version=migration.version)
    _append(session, migration, direction, "done", duration_ms)


def record_statement(
    session: Session,
    migration: Migration,
    direction: Direction,
    event: str,
    statement: int,
    facts: Facts | None = None,
) -> None:
    """Say that a statement of a non-transactional file is meant (``intent``) or has been done."""
    _append(session, migration, direction, event, None, statement, facts)


def _put(session: Session, migration: Migration, state: RowState, duration_ms: int | None) -> None:
    queries.put_history(
        session.connection,
        version=migration.version,
        slug=migration.slug,
        state=state,
        checksum=migration.up.checksum,
        down_checksum=migration.down.checksum if migration.down else None,
        applied_at=clock.now(),
        duration_ms=duration_ms,
        runner_id=session.runner_id,
    )


def _append(
    session: Session,
    migration: Migration,
    direction: Direction,
    event: str,
    duration_ms: int | None,
    statement: int | None = None,
    facts: Facts | None = None,
) -> None:
    queries.append_journal(
        session.connection,
        version=migration.version,
        slug=migration.slug,
        direction=direction,
        event=event,
        checksum=file_of(migration, direction).checksum,
        happened_at=clock.now(),
        duration_ms=duration_ms,
        runner_id=session.runner_id,
        actor=session.audit.actor,
        change_set=session.audit.change_set,
        trace_id=session.audit.trace_id,
        statement=statement,
        facts=facts,
    )
