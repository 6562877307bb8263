"""Server errors as sentences with a file, a line and a next command."""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager

import psycopg

from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import Unreachable, WavehouseError
from wavehouse.schema.adapters.server import lost
from wavehouse.schema.rules.parser import without_literals
from wavehouse.schema.rules.script import line_at
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import Blocker, MigrationFailed, SchemaBusy, SqlFile, Statement

RETRIED = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
REFUSES_TRANSACTION = (
    psycopg.errors.ActiveSqlTransaction,
    psycopg.errors.InvalidTransactionTermination,
)
"""Error codes of statements that cannot run in a transaction."""
Errors = tuple[type[psycopg.Error], ...]


def failure(file: SqlFile, statement: Statement, error: psycopg.Error) -> WavehouseError:
    """The server's message with the file and line. Its detail may hold data, so it is omitted."""
    if lost(error):
        return _lost(file)
    position = int(error.diag.statement_position or 1)
    line = statement.line + line_at(statement.text, position - 1) - 1
    hint = error.diag.message_hint or "Correct the file and run the command again."
    if isinstance(error, REFUSES_TRANSACTION):
        hint = "move it to a separate file that starts with: -- wavehouse: non-transactional"
    return MigrationFailed(
        str(error.diag.message_primary or error), where=f"{file.name}:{line}", hint=hint
    )


def _lost(file: SqlFile) -> Unreachable:
    return Unreachable(
        "the connection was lost during the migration",
        where=file.name,
        hint="The status shows what was committed.",
        command="wavehouse schema status",
    )


@contextmanager
def explained(file: SqlFile, passed: Errors = ()) -> Iterator[None]:
    """Convert errors raised at commit (deferred constraints) or by the runner's own rows.

    Lock errors, which are retried, and those in ``passed`` pass through unchanged.
    """
    try:
        yield
    except RETRIED:
        raise
    except psycopg.Error as error:
        if isinstance(error, passed):
            raise
        if lost(error):
            raise _lost(file) from error
        raise MigrationFailed(
            str(error.diag.message_primary or error),
            where=file.name,
            hint="Correct the file and run the command again.",
        ) from error


def busy(file: SqlFile, tries: int, error: psycopg.Error, blockers: Set[Blocker]) -> SchemaBusy:
    """The error for an unavailable lock: its holders by age, with statements without literals."""
    held = "; ".join(map(_shown, sorted(blockers, key=lambda item: item.since)))
    oldest = min(blockers, key=lambda item: item.since, default=None)
    if oldest is None:
        command = None
    elif oldest.gid:
        command = f"ROLLBACK PREPARED '{oldest.gid}'"
    else:
        command = f"SELECT pg_terminate_backend({oldest.pid})"
    return SchemaBusy(
        f"a lock was not available after {tries} tries: {error.diag.message_primary}"
        + (f". It is held by: {held}" if held else ""),
        where=file.name,
        hint="Wait for it or end it; then run the command again.",
        command=command,
    )


def _shown(blocker: Blocker) -> str:
    seconds = round((clock.now() - blocker.since).total_seconds())
    if blocker.gid:
        return f"the prepared transaction {blocker.gid}, {seconds} s old"
    statement = f": {without_literals(blocker.query)}" if blocker.query else ""
    return f"pid {blocker.pid}, {seconds} s, {blocker.state}{statement}"


def _described(statement: Statement) -> dict[str, str]:
    """The statement for a span, without literals, which may be personal data."""
    if not telemetry.listening():
        return {}
    return {
        "db.system.name": "postgresql",
        "db.query.summary": without_literals(statement.text),
    }


def run(session: Session, file: SqlFile, statement: Statement, passed: Errors = ()) -> None:
    """Send one statement unchanged: without parameters, so that ``%`` is literal."""
    try:
        with telemetry.span("wavehouse.statement", line=statement.line, **_described(statement)):
            session.connection.execute(statement.text.encode())
    except RETRIED:
        raise
    except psycopg.Error as error:
        if isinstance(error, passed):
            raise
        raise failure(file, statement, error) from error
