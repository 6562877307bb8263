"""Replay files in a shadow, from the longest stored prefix."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import groupby

import psycopg

from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema import queries
from wavehouse.schema.adapters.server import connected
from wavehouse.schema.adapters.shadow import Shadow, make_missing_role
from wavehouse.schema.rules.script import line_at, read_script
from wavehouse.schema.service.failures import REFUSES_TRANSACTION
from wavehouse.schema.types import Migration, Script, SqlFile, Statement

_MOST_ROLES = 50


class DoesNotRun(InvalidInput):
    """A statement that PostgreSQL does not accept in the shadow."""

    def __init__(self, file: SqlFile, statement: Statement, error: psycopg.Error) -> None:
        position = int(error.diag.statement_position or 1)
        self.line = statement.line + line_at(statement.text, position - 1) - 1
        self.state = error.sqlstate or ""
        self.refuses_transaction = isinstance(error, REFUSES_TRANSACTION)
        super().__init__(
            str(error.diag.message_primary or error),
            where=f"{file.name}:{self.line}",
            hint=error.diag.message_hint or "Correct the file; only a shadow was changed.",
        )


def digests(migrations: Sequence[Migration], major: int, mark: str = "") -> list[str]:
    """The hash of every prefix of a ladder on a major version, shortest first."""
    rows, running = [], hashlib.sha256(f"2 {major}{mark}".encode())
    for migration in migrations:
        running.update(f"\x1f{migration.version}\x1f{migration.up.checksum}".encode())
        rows.append(running.hexdigest())
    return rows


@contextmanager
def replayed(shadow: Shadow, migrations: Sequence[Migration]) -> Iterator[str]:
    """The conninfo of a new shadow database with all of these files applied.

    Raises DoesNotRun for the first statement that fails.
    """
    marks = digests(migrations, shadow.major, shadow.likeness.mark)
    template, done = shadow.template_of(marks)
    with shadow.database(template) as conninfo:
        if done < len(migrations) or not migrations:
            with connected(conninfo) as connection:
                if template is None:
                    prepare(connection)
                for migration in migrations[done:]:
                    began = clock.now()
                    run_file(connection, migration.up, read_script(migration.up))
                    queries.put_replayed(
                        connection, version=migration.version, began=began, ended=clock.now()
                    )
            if migrations:
                shadow.keep(conninfo, marks[-1])
        yield conninfo


def prepare(connection: psycopg.Connection) -> None:
    """Create what the runner creates in every database before the first file."""
    queries.create_state(connection)


def run_file(connection: psycopg.Connection, file: SqlFile, script: Script) -> None:
    """Run a file as the runner would: in one transaction, or statement by statement."""
    for _ in range(_MOST_ROLES):
        try:
            _run_once(connection, file, script)
        except MissingRole:
            continue
        reset(connection)
        return
    raise InvalidInput("the file names too many roles", where=file.name)


def _run_once(connection: psycopg.Connection, file: SqlFile, script: Script) -> None:
    if not script.transactional:
        for _, block in groupby(enumerate(script.statements), key=_block):
            statements = [statement for _, statement in block]
            with connection.transaction() if len(statements) > 1 else nullcontext():
                for statement in statements:
                    run_statement(connection, file, statement)
        return
    try:
        with connection.transaction():
            for statement in script.statements:
                run_statement(connection, file, statement)
    except DoesNotRun as error:
        if not (script.server_decides and error.refuses_transaction):
            raise
        reset(connection)
        _run_once(connection, file, replace(script, transactional=False))


def _block(numbered: tuple[int, Statement]) -> tuple[int, int]:
    number, statement = numbered
    return (statement.block, 0 if statement.block else number)


class MissingRole(Exception):
    """A missing role was created: the file can be run again."""


def run_statement(connection: psycopg.Connection, file: SqlFile, statement: Statement) -> None:
    """Run one statement. MissingRole when a missing role was created, else DoesNotRun."""
    try:
        connection.execute(statement.text.encode())
    except psycopg.Error as error:
        if make_missing_role(connection, error):
            raise MissingRole from None
        raise DoesNotRun(file, statement, error) from error


def reset(connection: psycopg.Connection) -> None:
    """Reset what a file set for the session."""
    connection.execute("RESET ALL; RESET SESSION AUTHORIZATION; RESET ROLE")
