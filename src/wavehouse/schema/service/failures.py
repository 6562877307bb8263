"""The server's errors as sentences with a file, a line and a next command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from wavehouse.kernel.errors import Unreachable, WavehouseError
from wavehouse.schema.adapters.server import lost
from wavehouse.schema.rules.script import line_at
from wavehouse.schema.types import MigrationFailed, SqlFile, Statement

RETRIED = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)


def failure(file: SqlFile, statement: Statement, error: psycopg.Error) -> WavehouseError:
    """The server's sentence with the file and line. Its detail may hold data, so it stays out."""
    if lost(error):
        return _lost(file)
    position = int(error.diag.statement_position or 1)
    line = statement.line + line_at(statement.text, position - 1) - 1
    hint = error.diag.message_hint or "mend the file and run the command again"
    if isinstance(error, psycopg.errors.ActiveSqlTransaction):
        hint = "put it alone into a file that begins with: -- wavehouse: non-transactional"
    return MigrationFailed(
        str(error.diag.message_primary or error), where=f"{file.path.name}:{line}", hint=hint
    )


def _lost(file: SqlFile) -> Unreachable:
    return Unreachable(
        "the connection was lost during the migration",
        where=file.path.name,
        hint="see what was kept: wavehouse schema status",
    )


@contextmanager
def explained(file: SqlFile) -> Iterator[None]:
    """Errors that come with the commit (deferred constraints) or with our own rows, explained."""
    try:
        yield
    except RETRIED:
        raise
    except psycopg.Error as error:
        if lost(error):
            raise _lost(file) from error
        raise MigrationFailed(
            str(error.diag.message_primary or error),
            where=file.path.name,
            hint="mend the file and run the command again",
        ) from error
