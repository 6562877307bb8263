"""One file, walked: its statements and its history row in one transaction, or none of both."""

from __future__ import annotations

import time

import psycopg

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import PartlyApplied, WavehouseError
from wavehouse.schema import queries
from wavehouse.schema.service.failures import RETRIED, explained, failure
from wavehouse.schema.service.recording import file_of, record_end, record_start
from wavehouse.schema.service.session import Session, pauses
from wavehouse.schema.types import (
    Direction,
    Migration,
    MigrationFailed,
    SchemaBusy,
    Script,
    SqlFile,
    Statement,
    Step,
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
    with explained(file), connection.transaction():
        queries.set_lock_timeout(connection, milliseconds=session.patience.lock_timeout_ms)
        started = time.monotonic()
        for statement in script.statements:
            _run(session, file, statement)
        duration_ms = int((time.monotonic() - started) * 1000)
        queries.become(connection, role=session.role)
        record_end(session, migration, direction, duration_ms)
    return duration_ms


def _outside(session: Session, migration: Migration, direction: Direction, script: Script) -> int:
    """The single statement of a non-transactional file, between a row begun and a row ended."""
    connection, file = session.connection, file_of(migration, direction)
    (statement,) = script.statements
    with explained(file), connection.transaction():
        record_start(session, migration, direction)
    started = time.monotonic()
    try:
        try:
            _run(session, file, statement)
        except RETRIED as error:
            raise failure(file, statement, error) from error
        _refuse_invalid_index(session, file, statement)
        duration_ms = int((time.monotonic() - started) * 1000)
        with explained(file), connection.transaction():
            queries.become(connection, role=session.role)
            record_end(session, migration, direction, duration_ms)
    except WavehouseError as error:
        raise PartlyApplied(
            f"the migration is partly applied: {error.message}",
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
        raise failure(file, statement, error) from error
