"""Run a non-transactional file statement by statement: each once, even across crashes.

Each statement is first tried in a transaction together with its journal line. Where the server
refuses that (``CREATE INDEX CONCURRENTLY``, ``VACUUM``, a block with ``COMMIT``), nothing has
happened: the journal gets an intent line, and the statement runs by itself. Session settings of a
statement apply to those that follow, as in psql, and are stored in the journal.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

import psycopg

from wavehouse.kernel.errors import PartlyApplied, WavehouseError
from wavehouse.schema import queries
from wavehouse.schema.queries import debris as found
from wavehouse.schema.queries import settings
from wavehouse.schema.rules.parser import Act
from wavehouse.schema.rules.script import custom_settings, names_of
from wavehouse.schema.service import debris
from wavehouse.schema.service.conditions import After
from wavehouse.schema.service.failures import (
    REFUSES_TRANSACTION,
    explained,
    failure,
    run,
)
from wavehouse.schema.service.recording import (
    Facts,
    record_end,
    record_event,
    record_start,
)
from wavehouse.schema.service.session import Session
from wavehouse.schema.service.waiting import patiently
from wavehouse.schema.types import (
    Direction,
    JournalEvent,
    JournalLine,
    Migration,
    Script,
    SqlFile,
    Statement,
)

_FOR_THE_TRANSACTION = re.compile(r"\s*set\s+local\b|set_config\s*\([^;]*,\s*true\s*\)", re.I)


def outside(
    session: Session,
    migration: Migration,
    direction: Direction,
    script: Script,
    after: After,
    *,
    resume: bool = False,
    run_again: bool = False,
) -> tuple[int, int]:
    """Run a file outside a transaction; returns milliseconds and retries.

    Raises PartlyApplied with the command that continues, when a statement fails.
    """
    work = _Work(session, migration, direction, custom_settings(migration.file(direction)))
    if not resume:
        leftovers = sorted(after.look(session.connection, direction))
        with explained(work.file), session.connection.transaction():
            record_start(session, migration, direction, {"leftovers": leftovers})
    started, retries = time.monotonic(), 0
    try:
        lines = work.lines()
        known = work.taken_up(lines)
        _refuse_lost_tables(work.file, script, {line.statement for line in lines if line.is_done})
        for steps in _blocks(work, script, lines, run_again=run_again):
            retries += _walk_block(work, steps, lines)
        duration_ms = int((time.monotonic() - started) * 1000)
        with explained(work.file), session.connection.transaction():
            queries.become(session.connection, role=session.role)
            queries.forget_temporary(session.connection)
            after.hold(session, migration, direction, script, known, work.touched)
            record_end(session, migration, direction, duration_ms)
    except WavehouseError as error:
        queries.become_quietly(session.connection, role=session.role)
        raise _partly(error) from error
    return duration_ms, retries


def _blocks(
    work: _Work, script: Script, lines: Sequence[JournalLine], *, run_again: bool
) -> Iterator[list[_Step]]:
    """The remaining statements, grouped by the author's transactions."""
    done = {journal_line.statement for journal_line in lines if journal_line.is_done}
    left = [
        _Step(work, number, statement, run_again=run_again)
        for number, statement in enumerate(script.statements, start=1)
        if number not in done
    ]
    for _, steps in groupby(left, key=lambda step: (step.block, 0 if step.block else step.number)):
        yield list(steps)


def _walk_block(work: _Work, steps: Sequence[_Step], lines: Sequence[JournalLine]) -> int:
    """Run the statements of a block, together where possible; returns the lock retries."""
    if len(steps) > 1 and not any(journal_line.event == "intent" for journal_line in lines):
        try:
            return _patiently(work, steps[0], partial(_together, work, steps))
        except REFUSES_TRANSACTION:
            pass  # one of them allows no transaction: run each by itself
    retries = 0
    for step in steps:
        meant = [
            journal_line
            for journal_line in lines
            if (journal_line.statement, journal_line.event) == (step.number, "intent")
        ]
        retries += step.walk(meant[-1] if meant else None)
    return retries


def _together(work: _Work, steps: Sequence[_Step]) -> None:
    """Run statements and their journal lines in one transaction."""
    connection = work.session.connection
    with explained(work.file, REFUSES_TRANSACTION), connection.transaction():
        for step in steps:
            queries.set_lock_timeout(connection, milliseconds=work.session.patience.lock_timeout_ms)
            run(work.session, work.file, step.statement, REFUSES_TRANSACTION)
        tables = found.locked_tables(connection)
        for step in steps:
            step.note({"touched": sorted(tables)})


def _patiently(work: _Work, step: _Step, act: Callable[[], None]) -> int:
    """Run the step once its locks are free; returns the number of retries."""
    try:
        return patiently(work.session, work.file, act)[1]
    except REFUSES_TRANSACTION:
        raise
    except psycopg.Error as error:
        raise failure(work.file, step.statement, error) from error


def _refuse_lost_tables(file: SqlFile, script: Script, done: Set[int | None]) -> None:
    """Raise PartlyApplied when a remaining statement needs a temporary table that is gone."""
    lost: set[str] = set()
    for number, statement in enumerate(script.statements, start=1):
        if number in done:
            act = debris.act_of(statement)
            lost |= {act.name} if act.temporary else set()
        elif needed := lost & set(names_of(statement.text) if lost else ()):
            raise PartlyApplied(
                f"the temporary table {min(needed)} ended with the session that made it",
                where=f"{file.name}:{statement.line}",
                hint="Undo the file with its down file.",
                command="wavehouse schema rollback",
            )


def _partly(error: WavehouseError) -> PartlyApplied:
    if isinstance(error, PartlyApplied):
        return error
    return PartlyApplied(
        f"the migration is partly applied: {error.message}",
        where=error.where,
        hint="Fix the cause, then recover; or undo the file: wavehouse schema rollback.",
        command="wavehouse schema recover",
    )


@dataclass(slots=True)
class _Work:
    """A file in progress: the tables it touched, its session settings."""

    session: Session
    migration: Migration
    direction: Direction
    names: Sequence[str]
    touched: set[int] | None = field(default_factory=set)
    state: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> SqlFile:
        """The file that runs."""
        return self.migration.file(self.direction)

    def lines(self) -> list[JournalLine]:
        """The journal of this file, since its start."""
        return queries.statements_walked(
            self.session.connection, version=self.migration.version, direction=self.direction
        )

    def taken_up(self, lines: Sequence[JournalLine]) -> frozenset[tuple[str, int]] | None:
        """Restore the session of an earlier run and the tables it touched.

        Returns the leftovers present before the file; None when an earlier release, which did not
        store them, started it.
        """
        known = None
        for line in lines:
            if line.event == "started" and "leftovers" in line.facts:
                known = frozenset((kind, oid) for kind, oid in line.facts["leftovers"])
            if line.event in ("statement", "intent"):
                self.note_touched(dict(line.facts))
            if line.event == "statement" and "session" in line.facts:
                self.state = line.facts["session"]
        settings.restore(self.session.connection, settings=self.state)
        return known

    def note_touched(self, facts: Facts) -> None:
        """Remember which tables a statement changed; all of them when that is unknown."""
        tables = facts["touched"] if "touched" in facts else debris.touched(facts)
        self.touched = None if tables is None or self.touched is None else self.touched | {*tables}

    def record(self, event: str, number: int, facts: Facts) -> None:
        """Write a journal line, as the owner, in the open transaction."""
        connection, session = self.session.connection, self.session
        settings.suspend_settings(connection, login=session.login, role=session.role)
        record_event(
            session, JournalEvent(self.migration, self.direction, event, number, facts=facts)
        )


class _Step:
    """One statement of the file."""

    def __init__(self, work: _Work, number: int, statement: Statement, *, run_again: bool) -> None:
        self._work, self.number, self.statement, self.block = (
            work,
            number,
            statement,
            statement.block,
        )
        self._connection, self._file = work.session.connection, work.file
        self._run_again, self._tried = run_again, False
        self._facts: Facts = {}

    def walk(self, meant: JournalLine | None) -> int:
        """Run the statement once; returns the number of lock retries."""
        if meant is not None:
            return self._go_on(dict(meant.facts))
        try:
            return _patiently(self._work, self, partial(_together, self._work, [self]))
        except REFUSES_TRANSACTION:
            return self._apart()

    def _go_on(self, facts: Facts) -> int:
        """Finish a statement that an earlier run started outside a transaction."""
        act = debris.act_of(self.statement)
        if not self._run_again:
            debris.refuse_unknown_extent(act, self._file, self.statement)
        with explained(self._file):
            is_done = debris.finished(self._connection, act, facts)
        if is_done:
            self._done(facts)
            return 0
        return self._apart()

    def _apart(self) -> int:
        """Write the intent, then run the statement by itself."""
        act = debris.act_of(self.statement)
        if act.if_not_exists:
            debris.refuse_invalid(self._connection, act, self._file, self.statement)
        with explained(self._file):
            self._facts = debris.facts_before(self._connection, act)
            self._work.note_touched(self._facts)
            with self._connection.transaction():
                self._work.record("intent", self.number, self._facts)
        # No lock_timeout: this waits for old snapshots, and no session queues behind it.
        return _patiently(self._work, self, partial(self._alone, act))

    def _alone(self, act: Act) -> None:
        """Run the statement by itself, then write its line; debris is removed before a retry."""
        if self._tried:
            debris.clean(self._connection, act, self._facts)
        self._tried = True
        run(self._work.session, self._file, self.statement)
        debris.refuse_invalid(self._connection, act, self._file, self.statement)
        self._done(self._facts)

    def _done(self, facts: Facts) -> None:
        with explained(self._file), self._connection.transaction():
            self.note(facts)

    def note(self, facts: Facts) -> None:
        """Record that the statement is done, with the session settings after it."""
        work = self._work
        if not _FOR_THE_TRANSACTION.search(self.statement.text):
            work.state = settings.state(
                self._connection, names=work.names, login=work.session.login
            )
        work.note_touched(facts)
        work.record("statement", self.number, {**facts, "session": work.state})
