"""One file, walked: its statements and its history row in one transaction, or none of both."""

from __future__ import annotations

import re
import time
from functools import partial

from wavehouse.kernel import telemetry
from wavehouse.schema import queries
from wavehouse.schema.queries.debris import locked_tables
from wavehouse.schema.service.conditions import After
from wavehouse.schema.service.debris import act_of, refuse_invalid
from wavehouse.schema.service.failures import RETRIED, busy, explained, run
from wavehouse.schema.service.recording import file_of, record_end
from wavehouse.schema.service.session import Session, pauses
from wavehouse.schema.service.stepping import outside
from wavehouse.schema.types import Direction, Migration, Script, Step

_MAY_SET_LOCK_TIMEOUT = "lock_timeout"
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

    ``resume`` goes on with a non-transactional file that began and did not end; ``run_again`` then
    runs an interrupted block with COMMIT from its beginning.
    """
    with telemetry.span(
        "wavehouse.migration", version=migration.version, direction=direction.value
    ):
        if script.transactional:
            duration_ms, retries = _with_retries(session, migration, direction, script, after)
        else:
            duration_ms, retries = outside(
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


def _with_retries(
    session: Session, migration: Migration, direction: Direction, script: Script, after: After
) -> tuple[int, int]:
    """A whole transaction again and again while another session holds a lock it needs.

    Waiting long for a lock would queue every reader behind this migration; a short wait, a
    rollback and a pause let them through (see docs/guides/migrations.md).
    """
    started = time.monotonic()
    file = file_of(migration, direction)
    for retries, pause in enumerate(pauses()):
        try:
            return _in_transaction(session, migration, direction, script, after), retries
        except RETRIED as error:
            if time.monotonic() - started >= session.patience.retry_seconds:
                raise busy(session, file, retries + 1, error) from None
            time.sleep(pause)
    raise AssertionError("pauses never end")


def _in_transaction(
    session: Session, migration: Migration, direction: Direction, script: Script, after: After
) -> int:
    connection, file = session.connection, file_of(migration, direction)
    before = after.look(connection, direction)
    with explained(file), connection.transaction():
        patience = partial(
            queries.set_lock_timeout, connection, milliseconds=session.patience.lock_timeout_ms
        )
        patience()
        started = time.monotonic()
        for statement in script.statements:
            run(session, file, statement)
            if _MAY_SET_LOCK_TIMEOUT in statement.text.lower():
                patience()
            if _MAY_TAKE_ANOTHERS.search(statement.text):
                refuse_invalid(connection, act_of(statement), file, statement)
        duration_ms = int((time.monotonic() - started) * 1000)
        touched = locked_tables(connection)
        queries.become(connection, role=session.role)
        queries.forget_temporary(connection)
        after.hold(session, migration, direction, script, before, touched)
        record_end(session, migration, direction, duration_ms)
    return duration_ms
