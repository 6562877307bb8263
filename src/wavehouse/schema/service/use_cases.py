"""The three use cases: apply, rollback, status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.schema.adapters.folder import read_folder
from wavehouse.schema.rules.planning import compare, to_apply, to_roll_back
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.service.session import Session, reading, working
from wavehouse.schema.service.walking import file_of, walk
from wavehouse.schema.types import (
    ApplyResult,
    Direction,
    Migration,
    Patience,
    RollbackResult,
    Script,
    StatusResult,
    Step,
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
    patience: Patience = Patience(),  # noqa: B008  frozen
    on_step: OnStep = _silent,
) -> ApplyResult:
    """Apply every pending migration of a folder, oldest first, each whole or not at all."""
    migrations = read_folder(folder)
    with (
        telemetry.span("wavehouse.migrate", direction="up"),
        (reading if dry_run else working)(conninfo, role, patience) as session,
    ):
        chosen = to_apply(
            migrations, session.history(), to=to, allow_out_of_order=allow_out_of_order
        )
        scripts = [_readable_up(migration) for migration in chosen]
        steps = _walked(session, chosen, scripts, Direction.UP, dry_run, on_step)
        version = compare(migrations, session.history()).version
        return ApplyResult(steps, version, session.waited_ms, dry_run)


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
) -> RollbackResult:
    """Undo the newest migrations by their down files: ``steps`` of them, or all above ``to``."""
    migrations = read_folder(folder)
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
        scripts = [_readable_down(migration) for migration in chosen]
        done = _walked(session, chosen, scripts, Direction.DOWN, dry_run, on_step)
        version = compare(migrations, session.history()).version
        return RollbackResult(done, version, session.waited_ms, dry_run)


def status(conninfo: str, folder: Path, *, role: str | None = None) -> StatusResult:
    """Compare a folder with the history of a database. Writes nothing, waits for nobody."""
    migrations = read_folder(folder)
    with reading(conninfo, role, Patience()) as session:
        return compare(migrations, session.history())


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


def _readable_up(migration: Migration) -> Script:
    """The statements of an up file. One outside a transaction needs a way back to be repaired."""
    script = read_script(migration.up)
    if not script.transactional:
        _refuse_many(migration, script, Direction.UP)
        if migration.down is None or not read_script(migration.down).statements:
            raise Refused(
                "a non-transactional migration needs a down file: only it can undo a half",
                where=migration.up.path.name,
                hint=f"write {migration.up.path.name.replace('.up.sql', '.down.sql')}",
            )
    return script


def _readable_down(migration: Migration) -> Script:
    file = file_of(migration, Direction.DOWN)
    reason = read_script(migration.up).irreversible
    try:
        script = read_script(file)
    except InvalidInput as error:
        raise Refused(f"{error.message}; nothing was rolled back", where=error.where) from error
    reason = reason or script.irreversible
    if reason is not None:
        raise Refused(
            f"the migration says it is irreversible: {reason}",
            where=file.path.name,
            hint="restore a backup, or write a new migration",
        )
    if not script.statements:
        raise Refused(
            "the down file holds no statement, so it would undo nothing",
            where=file.path.name,
            hint="write its statements; SELECT 1; says that there is nothing to undo",
        )
    if not script.transactional:
        _refuse_many(migration, script, Direction.DOWN)
    return script


def _refuse_many(migration: Migration, script: Script, direction: Direction) -> None:
    if len(script.statements) != 1:
        raise Refused(
            f"a non-transactional file holds exactly one statement, "
            f"this one has {len(script.statements)}",
            where=file_of(migration, direction).path.name,
            hint="give every statement a file of its own",
        )
