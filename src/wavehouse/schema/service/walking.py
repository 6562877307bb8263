"""One file, walked: its statements and its history row in one transaction, or none of both."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import PartlyApplied, Unreachable, WavehouseError
from wavehouse.schema import queries
from wavehouse.schema.rules.script import line_at
from wavehouse.schema.service.session import Session, pauses
from wavehouse.schema.types import (
    Direction,
    Migration,
    MigrationFailed,
    RowState,
    SchemaBusy,
    Script,
    SqlFile,
    Statement,
    Step,
)

RETRIED = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)


def walk(session: Session, migration: Migration, direction: Direction, script: Script) -> Step:
    """Run one file up or down and record it. Raises with the file and line that failed."""
    with telemetry.span(
        "wavehouse.migration", version=migration.version, direction=direction.value
    ):
        if script.transactional:
            duration_ms, retries = _with_retries(session, migration, direction, script)
        else:
            duration_ms, retries = _outside(session, migration, direction, script), 0
    return Step(
        migration.version,
        migration.slug,
        direction,
        len(script.statements),
        duration_ms,
        retries,
    )


def file_of(migration: Migration, direction: Direction) -> SqlFile:
    """The file that a direction runs."""
    if direction is Direction.UP:
        return migration.up
    assert migration.down is not None, "planning refuses a missing down file"  # noqa: S101
    return migration.down


def _with_retries(
    session: Session, migration: Migration, direction: Direction, script: Script
) -> tuple[int, int]:
    """A whole transaction again and again while another session holds a lock it needs.

    Waiting long for a lock would queue every reader behind this migration; a short wait, a
    rollback and a pause let them through (see docs/guides/migrations.md).
    """
    started = time.monotonic()
    file = file_of(migration, direction)
    for retries, pause in enumerate(pauses()):
        try:
            return _in_transaction(session, migration, direction, script), retries
        except RETRIED as error:
            if time.monotonic() - started >= session.patience.retry_seconds:
                raise SchemaBusy(
                    f"a lock was not free in {retries + 1} tries: {error.diag.message_primary}",
                    where=file.path.name,
                    hint="see who holds it: SELECT pid, query FROM pg_stat_activity "
                    "WHERE xact_start IS NOT NULL ORDER BY xact_start",
                ) from None
            time.sleep(pause)
    raise AssertionError("pauses never end")


def _in_transaction(
    session: Session, migration: Migration, direction: Direction, script: Script
) -> int:
    connection, file = session.connection, file_of(migration, direction)
    with _explained(file), connection.transaction():
        queries.set_lock_timeout(connection, milliseconds=session.patience.lock_timeout_ms)
        started = time.monotonic()
        for statement in script.statements:
            _run(session, file, statement)
        duration_ms = int((time.monotonic() - started) * 1000)
        queries.become(connection, role=session.role)
        _record_end(session, migration, direction, duration_ms)
    return duration_ms


def _outside(session: Session, migration: Migration, direction: Direction, script: Script) -> int:
    """The single statement of a non-transactional file, between a row begun and a row ended."""
    connection, file = session.connection, file_of(migration, direction)
    (statement,) = script.statements
    with _explained(file), connection.transaction():
        _record_start(session, migration, direction)
    started = time.monotonic()
    try:
        try:
            _run(session, file, statement)
        except RETRIED as error:
            raise _failure(file, statement, error) from error
        _refuse_invalid_index(session, file, statement)
        duration_ms = int((time.monotonic() - started) * 1000)
        with _explained(file), connection.transaction():
            queries.become(connection, role=session.role)
            _record_end(session, migration, direction, duration_ms)
    except WavehouseError as error:
        raise PartlyApplied(
            f"{file.path.name} is partly applied: {error.message}",
            where=error.where,
            hint="undo it by its down file: wavehouse schema rollback",
        ) from error
    return duration_ms


def _refuse_invalid_index(session: Session, file: SqlFile, statement: Statement) -> None:
    """``IF NOT EXISTS`` succeeds over the invalid index of an earlier try; that is no success."""
    for name in queries.invalid_indexes(session.connection):
        if name in statement.text:
            raise MigrationFailed(
                f"the index {name} exists but is invalid",
                where=f"{file.path.name}:{statement.line}",
                hint=f"drop it: DROP INDEX CONCURRENTLY {name}",
            )


def _run(session: Session, file: SqlFile, statement: Statement) -> None:
    """Send one statement as it stands: without parameters, so that ``%`` means itself."""
    try:
        session.connection.execute(statement.text.encode())
    except RETRIED:
        raise
    except psycopg.Error as error:
        raise _failure(file, statement, error) from error


def _failure(file: SqlFile, statement: Statement, error: psycopg.Error) -> WavehouseError:
    """The server's sentence with the file and line. Its detail may hold data, so it stays out."""
    if session_lost(error):
        return _lost(file)
    position = int(error.diag.statement_position or 1)
    line = statement.line + line_at(statement.text, position - 1) - 1
    hint = error.diag.message_hint or "mend the file and run the command again"
    if isinstance(error, psycopg.errors.ActiveSqlTransaction):
        hint = "put it alone into a file that begins with: -- wavehouse: non-transactional"
    return MigrationFailed(
        str(error.diag.message_primary or error), where=f"{file.path.name}:{line}", hint=hint
    )


def session_lost(error: psycopg.Error) -> bool:
    """Whether the server went away, rather than said no."""
    return isinstance(error, psycopg.OperationalError) and error.sqlstate in (
        None,
        "57P01",
        "57P02",
        "57P03",
    )


def _lost(file: SqlFile) -> Unreachable:
    return Unreachable(
        f"the connection was lost during {file.path.name}",
        where=file.path.name,
        hint="see what was kept: wavehouse schema status",
    )


@contextmanager
def _explained(file: SqlFile) -> Iterator[None]:
    """Errors that come with the commit (deferred constraints) or with our own rows, explained."""
    try:
        yield
    except RETRIED:
        raise
    except psycopg.Error as error:
        if session_lost(error):
            raise _lost(file) from error
        raise MigrationFailed(
            str(error.diag.message_primary or error),
            where=file.path.name,
            hint="mend the file and run the command again",
        ) from error


def _record_start(session: Session, migration: Migration, direction: Direction) -> None:
    if direction is Direction.UP:
        _put(session, migration, RowState.RUNNING, None)
    else:
        queries.mark_rolling_back(session.connection, version=migration.version)
    _append(session, migration, direction, "started", None)


def _record_end(
    session: Session, migration: Migration, direction: Direction, duration_ms: int
) -> None:
    if direction is Direction.UP:
        _put(session, migration, RowState.APPLIED, duration_ms)
    else:
        queries.delete_history(session.connection, version=migration.version)
    _append(session, migration, direction, "done", duration_ms)


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
    )
