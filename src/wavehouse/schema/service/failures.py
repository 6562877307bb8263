"""The server's errors as sentences with a file, a line and a next command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import Unreachable, WavehouseError
from wavehouse.schema import queries
from wavehouse.schema.adapters.server import lost
from wavehouse.schema.rules.parser import without_literals
from wavehouse.schema.rules.script import line_at
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import MigrationFailed, SchemaBusy, SqlFile, Statement

RETRIED = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
REFUSES_TRANSACTION = (
    psycopg.errors.ActiveSqlTransaction,
    psycopg.errors.InvalidTransactionTermination,
)
"""What the server answers to a statement that allows no transaction around it."""
Errors = tuple[type[psycopg.Error], ...]


def failure(file: SqlFile, statement: Statement, error: psycopg.Error) -> WavehouseError:
    """The server's sentence with the file and line. Its detail may hold data, so it stays out."""
    if lost(error):
        return _lost(file)
    position = int(error.diag.statement_position or 1)
    line = statement.line + line_at(statement.text, position - 1) - 1
    hint = error.diag.message_hint or "mend the file and run the command again"
    if isinstance(error, REFUSES_TRANSACTION):
        hint = "put it into a file of its own that begins with: -- wavehouse: non-transactional"
    return MigrationFailed(
        str(error.diag.message_primary or error), where=f"{file.path.name}:{line}", hint=hint
    )


def _lost(file: SqlFile) -> Unreachable:
    return Unreachable(
        "the connection was lost during the migration",
        where=file.path.name,
        hint="The status says what was kept.",
        command="wavehouse schema status",
    )


@contextmanager
def explained(file: SqlFile, passed: Errors = ()) -> Iterator[None]:
    """Errors that come with the commit (deferred constraints) or with our own rows, explained.

    Lock errors, which are tried again, and those of ``passed`` come through as they are.
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
            where=file.path.name,
            hint="mend the file and run the command again",
        ) from error


def busy(session: Session, file: SqlFile, tries: int, error: psycopg.Error) -> SchemaBusy:
    """Who stands in the way: sessions by age, their statements without literals."""
    held = "; ".join(
        f"pid {pid}, {(clock.now() - since).total_seconds():.0f} s, {state}: "
        f"{without_literals(query)}"
        for pid, since, state, query in queries.oldest_transactions(session.connection)
    )
    return SchemaBusy(
        f"a lock was not free in {tries} tries: {error.diag.message_primary}"
        + (f". Open transactions: {held}" if held else ""),
        where=file.path.name,
        hint="Let them end, or end one, then run the command again.",
        command="SELECT pg_terminate_backend(PID)",
    )


def _told(statement: Statement) -> dict[str, str]:
    """The statement for a span: without literals, which may be somebody's data."""
    if not telemetry.listening():
        return {}
    return {
        "db.system.name": "postgresql",
        "db.query.summary": without_literals(statement.text),
    }


def run(session: Session, file: SqlFile, statement: Statement, passed: Errors = ()) -> None:
    """Send one statement as it is: without parameters, so that ``%`` means itself."""
    try:
        with telemetry.span("wavehouse.statement", line=statement.line, **_told(statement)):
            session.connection.execute(statement.text.encode())
    except RETRIED:
        raise
    except psycopg.Error as error:
        if isinstance(error, passed):
            raise
        raise failure(file, statement, error) from error
