"""The plan of an apply: pending statements measured in a shadow, sized by the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial

import psycopg

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema import queries
from wavehouse.schema.adapters.measuring import Measurer
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.adapters.server import connected
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.queries.debris import leftovers
from wavehouse.schema.rules.change_set import root
from wavehouse.schema.rules.differences import predictable, with_surroundings
from wavehouse.schema.rules.estimating import seconds_of
from wavehouse.schema.service.ladder import readable_up
from wavehouse.schema.service.leftovers import refusals
from wavehouse.schema.service.replaying import (
    DoesNotRun,
    MissingRole,
    replayed,
    reset,
    run_statement,
)
from wavehouse.schema.types import (
    Effect,
    Migration,
    MigrationFailed,
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
    """A file that ran in the shadow: each statement's effect, the schema before and after."""

    migration: Migration
    script: Script
    effects: tuple[Effect, ...]
    before: Snapshot
    after: Snapshot
    refusals: tuple[MigrationFailed, ...] = ()
    """The reasons why apply would not consider it done."""


def measured_files(
    shadow: Shadow, applied: Sequence[Migration], pending: Sequence[Migration]
) -> Iterator[MeasuredFile]:
    """Run pending files in a shadow at the target's version, measuring each statement.

    Raises DoesNotRun for the first statement that PostgreSQL does not accept.
    """
    with replayed(shadow, applied) as conninfo, connected(conninfo) as connection:
        before = objects(connection)
        for number, migration in enumerate(pending):
            known = {leftover.key for leftover in leftovers(connection)}
            script, effects = _measured(connection, migration.up, readable_up(migration))
            after = objects(connection)
            new = [leftover for leftover in leftovers(connection) if leftover.key not in known]
            refused = refusals(connection, migration.up, script, new, pending[number + 1 :])
            yield MeasuredFile(migration, script, effects, before, after, tuple(refused))
            before = after


def _measured(
    connection: psycopg.Connection, file: SqlFile, script: Script
) -> tuple[Script, tuple[Effect, ...]]:
    """Each statement's effect, and the script as it ran: with or without a transaction."""
    for _ in range(_MOST_ROLES):
        measurer = Measurer(connection)
        way = measurer.measured if script.transactional else measurer.measured_outside
        whole = connection.transaction() if script.transactional else nullcontext()
        try:
            with whole:
                return script, tuple(
                    way(partial(run_statement, connection, file, statement))
                    for statement in script.statements
                )
        except MissingRole:
            continue
        except DoesNotRun as error:
            if not (script.transactional and script.server_decides and error.refuses_transaction):
                raise
            script = replace(script, transactional=False)
        finally:
            reset(connection)
    raise InvalidInput("the file names too many roles", where=file.name)


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
    refused: list[MigrationFailed] = []
    with telemetry.span("wavehouse.plan"):
        for file in measured_files(shadow, applied, pending):
            logical = with_surroundings(file.after, {}).logical
            refused += file.refusals
            hashes[file.migration.version] = predictable(file.after).logical
            for statement, effect in zip(file.script.statements, file.effects, strict=True):
                planned.append(_planned(file.migration.up, statement, effect, sizes))
    return PlanResult(
        applied[-1].version if applied else None,
        tuple(planned),
        logical,
        shadow.major,
        tuple(f"{migration.version}_{migration.slug}" for migration in pending),
        root(pending),
        hashes,
        tuple(refused),
    )


def _planned(file: SqlFile, statement: Statement, effect: Effect, sizes: Sizes) -> PlannedStatement:
    touched = {*effect.rewrites, *effect.scans} | {
        lock.relation for lock in effect.locks if effect.builds
    }
    known = [sizes[name] for name in touched if name in sizes]
    return PlannedStatement(
        file.name,
        statement.line,
        " ".join(statement.text.split())[:300],
        effect,
        sum(size.rows for size in known),
        sum(size.bytes for size in known),
        seconds_of(effect, sizes),
    )


def sizes_of(conninfo: str) -> Sizes:
    """Estimated rows, and bytes, of every table of a database."""
    with connected(conninfo) as connection:
        return queries.sizes(connection)
