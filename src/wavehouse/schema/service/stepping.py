"""A non-transactional file, statement by statement: each is done once, whatever dies when.

A statement that allows a transaction commits together with its line in the journal. One that allows
none gets a line that says it is meant; who finds such a line without its end looks what is there:
``none`` (run it), ``done`` (say so), or ``debris`` (an invalid index, a detaching that hangs: clean
it and run it again).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import psycopg
from psycopg import sql

from wavehouse.kernel.errors import PartlyApplied, WavehouseError
from wavehouse.schema import queries
from wavehouse.schema.rules.parser import Act, alone
from wavehouse.schema.service.conditions import After
from wavehouse.schema.service.failures import RETRIED, busy, explained, run
from wavehouse.schema.service.recording import (
    file_of,
    record_end,
    record_start,
    record_statement,
)
from wavehouse.schema.service.session import Session, pauses
from wavehouse.schema.types import (
    Direction,
    Migration,
    MigrationFailed,
    Script,
    SqlFile,
    Statement,
)


def outside(
    session: Session,
    migration: Migration,
    direction: Direction,
    script: Script,
    after: After,
    *,
    resume: bool = False,
) -> tuple[int, int]:
    """Walk a file that has no transaction of its own; milliseconds and retries.

    Raises PartlyApplied with the command that goes on, when a statement fails.
    """
    connection, file = session.connection, file_of(migration, direction)
    before = None if resume else after.look(connection, direction)
    if not resume:
        with explained(file), connection.transaction():
            record_start(session, migration, direction)
    walked = queries.statements_walked(connection, version=migration.version, direction=direction)
    done = {number for number, event in walked if event == "statement"}
    meant = {number for number, event in walked if event == "intent"}
    started, retries = time.monotonic(), 0
    try:
        for number, statement in enumerate(script.statements, start=1):
            if number not in done:
                step = _Step(session, migration, direction, file, number, statement)
                retries += step.walk(meant=number in meant)
        duration_ms = int((time.monotonic() - started) * 1000)
        with explained(file), connection.transaction():
            queries.become(connection, role=session.role)
            after.hold(session, migration, direction, script, before)
            record_end(session, migration, direction, duration_ms)
    except WavehouseError as error:
        raise PartlyApplied(
            f"the migration is partly applied: {error.message}",
            where=error.where,
            hint="Repair the cause, then recover; or undo the file: wavehouse schema rollback",
            command="wavehouse schema recover",
        ) from error
    return duration_ms, retries


class _Step:
    """One statement of the file."""

    def __init__(
        self,
        session: Session,
        migration: Migration,
        direction: Direction,
        file: SqlFile,
        number: int,
        statement: Statement,
    ) -> None:
        self._session, self._file, self._statement = session, file, statement
        self._migration, self._direction, self._number = migration, direction, number
        self._tried = False

    def _record(self, event: str) -> None:
        record_statement(self._session, self._migration, self._direction, event, self._number)

    def walk(self, *, meant: bool) -> int:
        """Do it, once; how often a lock had to be tried for again."""
        act = alone(self._statement.text)
        if act is None:
            return self._patiently(self._together)
        if meant:
            if self._finished(act):
                self._record("statement")
                return 0
        else:
            self._refuse_debris_of_others(act)
            self._record("intent")
        # Without a lock_timeout: what waits here waits for old snapshots, and nobody waits for it.
        return self._patiently(partial(self._alone, act))

    def _together(self) -> None:
        """The statement and its line, in one transaction."""
        connection = self._session.connection
        with explained(self._file), connection.transaction():
            queries.set_lock_timeout(
                connection, milliseconds=self._session.patience.lock_timeout_ms
            )
            run(self._session, self._file, self._statement)
            queries.become(connection, role=self._session.role)
            self._record("statement")

    def _alone(self, act: Act) -> None:
        """The statement by itself, then its line; its debris goes before another try."""
        if self._tried:
            self._clean(act)
        self._tried = True
        run(self._session, self._file, self._statement)
        self._refuse_invalid(act)
        self._record("statement")

    def _patiently(self, work: Callable[[], None]) -> int:
        started = time.monotonic()
        for retries, pause in enumerate(pauses()):
            try:
                work()
                return retries
            except RETRIED as error:
                if time.monotonic() - started >= self._session.patience.retry_seconds:
                    raise busy(self._session, self._file, retries + 1, error) from None
                time.sleep(pause)
        raise AssertionError("pauses never end")

    # -- what is there ------------------------------------------------------------------------

    def _finished(self, act: Act) -> bool:
        """Whether a statement that was meant has been done; its debris is cleaned away."""
        connection = self._session.connection
        if act.kind == "IndexStmt":
            valid = queries.index_state(connection, name=_index_name(act))
            self._clean(act)
            return valid is True
        if act.kind == "DropStmt:index":
            names = act.name.split(", ")
            return all(queries.index_state(connection, name=name) is None for name in names)
        if act.kind == "AT_DetachPartition":
            self._clean(act)
            return queries.detach_state(connection, partition=act.name) is None
        self._clean(act)
        return False

    def _clean(self, act: Act) -> None:
        """Remove what a statement that was broken off left behind."""
        connection = self._session.connection
        if act.kind == "IndexStmt":
            if queries.index_state(connection, name=_index_name(act)) is False:
                _drop_index(connection, _index_name(act))
        elif act.kind == "ReindexStmt":
            for name in queries.remains_of_reindex(connection, relation=act.relation):
                _drop_index(connection, name)
        elif act.kind == "AT_DetachPartition" and queries.detach_state(
            connection, partition=act.name
        ):
            connection.execute(
                sql.SQL("ALTER TABLE {} DETACH PARTITION {} FINALIZE").format(
                    _identifier(act.relation), _identifier(act.name)
                )
            )

    def _refuse_debris_of_others(self, act: Act) -> None:
        """``IF NOT EXISTS`` would take somebody's invalid index for the wanted one."""
        if act.kind == "IndexStmt" and act.if_not_exists:
            self._refuse_invalid(act)

    def _refuse_invalid(self, act: Act) -> None:
        if act.kind != "IndexStmt":
            return
        name = _index_name(act)
        if queries.index_state(self._session.connection, name=name) is False:
            raise MigrationFailed(
                f"the index {name} exists but is invalid",
                where=f"{self._file.path.name}:{self._statement.line}",
                hint="Drop the index.",
                command=f"DROP INDEX CONCURRENTLY {name}",
            )


def _index_name(act: Act) -> str:
    """An index lies in its table's schema."""
    schema, dot, _ = act.relation.rpartition(".")
    return f"{schema}{dot}{act.name}"


def _drop_index(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(_identifier(name)))


def _identifier(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))
