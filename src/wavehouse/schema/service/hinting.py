"""Use cases of class hints: write them into the comments of columns, and compare."""

from __future__ import annotations

from collections import defaultdict

import psycopg

from wavehouse.kernel import telemetry
from wavehouse.kernel.terminal import say
from wavehouse.schema import queries
from wavehouse.schema.queries import hints as statements
from wavehouse.schema.rules.hints import wanted
from wavehouse.schema.service.session import reading, working
from wavehouse.schema.types import Classes, Hints, Patience, Target

_LOCK_TIMEOUT = 500


def write_hints(
    conninfo: str,
    classes: Classes,
    *,
    role: str | None = None,
    patience: Patience = Patience(),  # noqa: B008  frozen
) -> Hints:
    """Write the columns' classes at the end of their comments; what is right is not touched.

    Each table is a transaction. A table that stays locked for half a second is left as it is and
    returned: readers and writers never wait for a comment, but a concurrent DDL statement does.
    """
    written: list[str] = []
    locked: list[str] = []
    with (
        telemetry.span("wavehouse.hints"),
        working(conninfo, role, patience) as session,
    ):
        connection = session.connection
        by_table: dict[str, dict[str, str]] = defaultdict(dict)
        for (table, column), comment in wanted(statements.comments(connection), classes).items():
            by_table[table][column] = comment
        for table, columns in by_table.items():
            try:
                with connection.transaction():
                    queries.set_lock_timeout(connection, milliseconds=_LOCK_TIMEOUT)
                    statements.write_comments(connection, table=table, columns=columns)
            except psycopg.errors.LockNotAvailable:
                locked.append(table)
            else:
                written += [f"{table}.{column}" for column in columns]
    return Hints(tuple(written), tuple(locked))


def write_classes(target: Target) -> None:
    """Write the hints of a migrated database, and say which tables were locked."""
    classes = target.classes()
    if not classes:
        return
    locked = write_hints(target.conninfo, classes, role=target.role).locked
    if locked:
        say(
            f"{target.name}: {len(locked)} tables are locked, so comments of their columns do not "
            "have their class yet: wavehouse classify comments"
        )


def missing_hints(conninfo: str, classes: Classes, *, role: str | None = None) -> Hints:
    """The columns whose comments have no class, or another one than these."""
    with reading(conninfo, role, Patience()) as session:
        changed = wanted(statements.comments(session.connection), classes)
    return Hints(tuple(f"{table}.{column}" for table, column in changed))
