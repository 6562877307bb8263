"""Run one file: its statements and its history row in one transaction, or neither."""

from __future__ import annotations

import re
import time
from functools import partial

from wavehouse.kernel import telemetry
from wavehouse.schema import queries
from wavehouse.schema.queries.debris import locked_tables
from wavehouse.schema.service.conditions import After
from wavehouse.schema.service.debris import act_of, refuse_invalid
from wavehouse.schema.service.failures import REFUSES_TRANSACTION, explained, run
from wavehouse.schema.service.recording import record_end
from wavehouse.schema.service.session import Session
from wavehouse.schema.service.stepping import outside
from wavehouse.schema.service.waiting import patiently
from wavehouse.schema.types import Direction, Migration, Script, Step

_OPAQUE = (("DO",), ("SELECT",), ("CALL",), ("WITH",))
"""Statements that may change lock_timeout unnoticed."""
_MAY_TAKE_ANOTHERS = re.compile(r"\bindex\b[^;]*\bif\s+not\s+exists\b", re.IGNORECASE)


def walk(
    session: Session,
    migration: Migration,
    direction: Direction,
    script: Script,
    after: After = After(),  # noqa: B008  frozen
    *,
    resume: bool = False,
    run_again: bool = False,
) -> Step:
    """Run one file up or down and record it. Raises with the file and line that failed.

    ``resume`` continues an interrupted non-transactional file; ``run_again`` then runs an
    interrupted block with COMMIT again from its start.
    """
    with telemetry.span(
        "wavehouse.migration", version=migration.version, direction=direction.value
    ):
        duration_ms, retries = _walked(
            session, migration, direction, script, after, resume=resume, run_again=run_again
        )
    telemetry.observe("wavehouse.migration.duration", duration_ms, "ms", direction=direction.value)
    telemetry.observe("wavehouse.migration.lock_retries", retries, "1", direction=direction.value)
    return Step(
        migration.version,
        migration.slug,
        direction,
        len(script.statements),
        duration_ms,
        retries,
    )


def _walked(
    session: Session,
    migration: Migration,
    direction: Direction,
    script: Script,
    after: After,
    *,
    resume: bool,
    run_again: bool,
) -> tuple[int, int]:
    """In a transaction where the file and the server allow it, else statement by statement."""
    if script.transactional and not resume:
        try:
            work = partial(_in_transaction, session, migration, direction, script, after)
            return patiently(session, migration.file(direction), work)
        except REFUSES_TRANSACTION:
            queries.become(session.connection, role=session.role)
    return outside(session, migration, direction, script, after, resume=resume, run_again=run_again)


def _in_transaction(
    session: Session, migration: Migration, direction: Direction, script: Script, after: After
) -> int:
    connection, file = session.connection, migration.file(direction)
    before = after.look(connection, direction)
    passed = REFUSES_TRANSACTION if script.server_decides else ()
    with explained(file, passed), connection.transaction():
        keep_patience = partial(
            queries.set_lock_timeout, connection, milliseconds=session.patience.lock_timeout_ms
        )
        keep_patience()
        started = time.monotonic()
        for statement in script.statements:
            run(session, file, statement, passed)
            if statement.words[:1] in _OPAQUE or "lock_timeout" in statement.text.lower():
                keep_patience()
            if _MAY_TAKE_ANOTHERS.search(statement.text):
                refuse_invalid(connection, act_of(statement), file, statement)
        duration_ms = int((time.monotonic() - started) * 1000)
        touched = locked_tables(connection)
        queries.become(connection, role=session.role)
        queries.forget_temporary(connection)
        after.hold(session, migration, direction, script, before, touched)
        record_end(session, migration, direction, duration_ms)
    return duration_ms
