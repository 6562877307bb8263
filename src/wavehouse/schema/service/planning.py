"""What applying would do: every pending statement measured in a shadow, sized by the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import psycopg

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema import queries
from wavehouse.schema.adapters.measuring import Measurer
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.adapters.server import connected
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.rules.change_set import root
from wavehouse.schema.rules.differences import without_partitions
from wavehouse.schema.rules.estimating import seconds_of
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.service.replaying import (
    MissingRole,
    replayed,
    reset,
    run_statement,
)
from wavehouse.schema.types import (
    Effect,
    Migration,
    PlannedStatement,
    PlanResult,
    Script,
    Size,
    Snapshot,
    SqlFile,
    Statement,
)

_MOST_ROLES = 50
Sizes = dict[str, Size]


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """A file that was run in the shadow: each statement's effect, the schema before and after."""

    migration: Migration
    script: Script
    effects: tuple[Effect, ...]
    before: Snapshot
    after: Snapshot


def measured_files(
    shadow: Shadow, applied: Sequence[Migration], pending: Sequence[Migration]
) -> Iterator[MeasuredFile]:
    """Run pending files in a shadow that stands where the target stands, measuring each statement.

    Raises DoesNotRun for the first statement that PostgreSQL does not accept.
    """
    with replayed(shadow, applied) as conninfo, connected(conninfo) as connection:
        before = objects(connection)
        for migration in pending:
            script = read_script(migration.up)
            effects = _measured(connection, migration.up, script)
            after = objects(connection)
            yield MeasuredFile(migration, script, effects, before, after)
            before = after


def _measured(connection: psycopg.Connection, file: SqlFile, script: Script) -> tuple[Effect, ...]:
    for _ in range(_MOST_ROLES):
        measurer = Measurer(connection)
        way = measurer.measured if script.transactional else measurer.measured_outside
        whole = connection.transaction() if script.transactional else nullcontext()
        try:
            with whole:
                return tuple(
                    way(partial(run_statement, connection, file, statement))
                    for statement in script.statements
                )
        except MissingRole:
            continue
        finally:
            reset(connection)
    raise InvalidInput("the file names more roles than a file should", where=file.path.name)


def plan(
    shadow: Shadow,
    applied: Sequence[Migration],
    pending: Sequence[Migration],
    *,
    sizes: Sizes,
) -> PlanResult:
    """The plan of the pending files on a database of these sizes."""
    planned: list[PlannedStatement] = []
    logical, hashes = "", {}
    with telemetry.span("wavehouse.plan"):
        for found in measured_files(shadow, applied, pending):
            logical = found.after.logical
            hashes[found.migration.version] = without_partitions(found.after).logical
            for statement, effect in zip(found.script.statements, found.effects, strict=True):
                planned.append(_planned(found.migration.up, statement, effect, sizes))
    return PlanResult(
        applied[-1].version if applied else None,
        tuple(planned),
        logical,
        shadow.major,
        tuple(f"{one.version}_{one.slug}" for one in pending),
        root(pending),
        hashes,
    )


def _planned(file: SqlFile, statement: Statement, effect: Effect, sizes: Sizes) -> PlannedStatement:
    touched = {*effect.rewrites, *effect.scans} | {
        lock.relation for lock in effect.locks if effect.builds
    }
    known = [sizes[name] for name in touched if name in sizes]
    return PlannedStatement(
        file.path.name,
        statement.line,
        " ".join(statement.text.split())[:300],
        effect,
        sum(size.rows for size in known),
        sum(size.bytes for size in known),
        seconds_of(effect, sizes),
    )


def sizes_of(conninfo: str) -> Sizes:
    """Rows (the planner's estimate) and bytes of every table of a database."""
    with connected(conninfo) as connection:
        return queries.sizes(connection)
