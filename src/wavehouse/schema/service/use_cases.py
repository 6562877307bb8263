"""The four use cases: apply, rollback, recover, status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wavehouse.kernel import telemetry
from wavehouse.schema import queries
from wavehouse.schema.rules.planning import compare, half_way, to_apply, to_roll_back
from wavehouse.schema.service.hashing import equals_newest, keep_hash
from wavehouse.schema.service.ladder import read_ladder, readable_down, readable_up
from wavehouse.schema.service.session import Session, reading, working
from wavehouse.schema.service.walking import walk
from wavehouse.schema.types import (
    Direction,
    Migration,
    Patience,
    RecoverResult,
    Script,
    StatusResult,
    Step,
    WalkResult,
)

OnStep = Callable[[Step], None]


def _silent(step: Step) -> None:
    """Report nothing."""


def apply(
    conninfo: str,
    folder: Path,
    *,
    to: str | None = None,
    role: str | None = None,
    allow_out_of_order: bool = False,
    dry_run: bool = False,
    hash_each: bool = True,
    patience: Patience = Patience(),  # noqa: B008  frozen
    on_step: OnStep = _silent,
) -> WalkResult:
    """Apply every pending migration of a folder, oldest first, each whole or not at all.

    The history row keeps the hash of the schema as the migration left it, which takes some 0.1 s
    after each; without ``hash_each`` only the newest row gets one.
    """
    migrations = read_ladder(folder)
    with (
        telemetry.span("wavehouse.migrate", direction="up"),
        (reading if dry_run else working)(conninfo, role, patience) as session,
    ):
        chosen = to_apply(
            migrations, session.history(), to=to, allow_out_of_order=allow_out_of_order
        )
        scripts = [readable_up(migration) for migration in chosen]
        hashed = {migration.version for migration in (chosen if hash_each else chosen[-1:])}

        def told(step: Step) -> None:
            if not dry_run and step.version in hashed:
                keep_hash(session, step.version)
            on_step(step)

        steps = _walked(session, chosen, scripts, Direction.UP, dry_run, told)
        version = compare(migrations, session.history()).version
        return WalkResult(Direction.UP, steps, version, session.waited_ms, dry_run)


def rollback(
    conninfo: str,
    folder: Path,
    *,
    to: str | None = None,
    steps: int = 1,
    role: str | None = None,
    allow_changed_down: bool = False,
    dry_run: bool = False,
    patience: Patience = Patience(),  # noqa: B008  frozen
    on_step: OnStep = _silent,
) -> WalkResult:
    """Undo the newest migrations by their down files: ``steps`` of them, or all above ``to``."""
    migrations = read_ladder(folder)
    with (
        telemetry.span("wavehouse.migrate", direction="down"),
        (reading if dry_run else working)(conninfo, role, patience) as session,
    ):
        chosen = to_roll_back(
            migrations,
            session.history(),
            to=to,
            steps=steps,
            allow_changed_down=allow_changed_down,
        )
        scripts = [readable_down(migration) for migration in chosen]
        done = _walked(session, chosen, scripts, Direction.DOWN, dry_run, on_step)
        version = compare(migrations, session.history()).version
        return WalkResult(Direction.DOWN, done, version, session.waited_ms, dry_run)


def recover(
    conninfo: str,
    folder: Path,
    *,
    role: str | None = None,
    dry_run: bool = False,
    patience: Patience = Patience(),  # noqa: B008  frozen
    on_step: OnStep = _silent,
) -> RecoverResult:
    """Finish the file that began and did not end, in the direction it was going.

    What is done is known by the journal, what was under way by looking; nothing is done twice.
    Raises Refused when the file is not the one that began.
    """
    migrations = read_ladder(folder)
    with (
        telemetry.span("wavehouse.recover"),
        (reading if dry_run else working)(conninfo, role, patience) as session,
    ):
        found = half_way(migrations, session.history())
        if found is None:
            version = compare(migrations, session.history()).version
            return RecoverResult(None, None, 0, 0, version, dry_run)
        migration, direction = found
        up = direction is Direction.UP
        script = readable_up(migration) if up else readable_down(migration)
        walked = queries.statements_walked(
            session.connection, version=migration.version, direction=direction
        )
        done = len({number for number, event in walked if event == "statement"})
        if not dry_run:
            step = walk(session, migration, direction, script, resume=True)
            if up:
                keep_hash(session, migration.version)
            on_step(step)
        version = compare(migrations, session.history()).version
        left = len(script.statements) - done
        return RecoverResult(migration.version, direction, done, left, version, dry_run)


def status(
    conninfo: str, folder: Path, *, role: str | None = None, probe: bool = False
) -> StatusResult:
    """Compare a folder with the history of a database. Writes nothing, waits for nobody.

    ``probe`` also holds the schema against the hash that its newest history row keeps.
    """
    migrations = read_ladder(folder)
    with reading(conninfo, role, Patience()) as session:
        result = compare(migrations, session.history())
        return replace(result, equals=equals_newest(session)) if probe else result


def _walked(
    session: Session,
    chosen: Sequence[Migration],
    scripts: Sequence[Script],
    direction: Direction,
    dry_run: bool,
    on_step: OnStep,
) -> tuple[Step, ...]:
    steps = []
    for migration, script in zip(chosen, scripts, strict=True):
        if dry_run:
            step = Step(
                migration.version, migration.slug, direction, len(script.statements), None, 0
            )
        else:
            step = walk(session, migration, direction, script)
        on_step(step)
        steps.append(step)
    return tuple(steps)
