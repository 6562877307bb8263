"""The four use cases: apply, rollback, recover, status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import Refused, WavehouseError
from wavehouse.schema import queries
from wavehouse.schema.rules.layouts import Layout
from wavehouse.schema.rules.planning import compare, half_way, to_apply, to_roll_back
from wavehouse.schema.service.checking import InitialChecks, check_after, look
from wavehouse.schema.service.conditions import After
from wavehouse.schema.service.hashing import (
    equals_newest,
    keep_hash,
    keep_hash_after_rollback,
    keep_surroundings,
)
from wavehouse.schema.service.ladder import read_ladder, readable_down, readable_up, refuse_not_run
from wavehouse.schema.service.leftovers import refusals, written_leftovers
from wavehouse.schema.service.session import Session, audited, reading, working
from wavehouse.schema.service.walking import walk
from wavehouse.schema.types import (
    Direction,
    Expected,
    JournalEntry,
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
    layout: Layout = Layout.WAVEHOUSE,
    waivers: Path | None = None,
    to: str | None = None,
    role: str | None = None,
    allow_out_of_order: bool = False,
    dry_run: bool = False,
    hash_each: bool = True,
    actor: str | None = None,
    oldest_transaction: float | None = None,
    expected: Expected | None = None,
    patience: Patience = Patience(),  # noqa: B008  frozen
    on_step: OnStep = _silent,
) -> WalkResult:
    """Apply every pending migration of a folder, oldest first, each whole or not at all.

    With ``oldest_transaction`` (seconds) the data and the sessions are checked before and after
    (OPS-13). ``expected`` is a plan: Refused when the files differ, and a file that creates another
    schema is not applied. With a foreign ``layout`` the history is still ours: another runner's own
    history table is not read.

    The history row stores the schema hash after the migration, which takes about 0.1 s each;
    without ``hash_each`` only the newest row gets one.
    """
    refuse_not_run(folder, layout)
    migrations = read_ladder(folder, layout, waivers)
    with (
        telemetry.span("wavehouse.migrate", direction="up"),
        (reading if dry_run else working)(conninfo, role, patience) as session,
    ):
        chosen = to_apply(
            migrations, session.history(), to=to, allow_out_of_order=allow_out_of_order
        )
        scripts = [readable_up(migration) for migration in chosen]
        session = audited(session, actor, chosen)
        _refuse_other_files(session, expected)
        after = After(migrations, expected.hashes if expected else {})
        hashed = {migration.version for migration in (chosen if hash_each else chosen[-1:])}

        def report(step: Step) -> None:
            if not dry_run and step.version in hashed:
                keep_hash(session, step.version)
            on_step(step)

        walk_ = _Walk(session, Direction.UP, chosen, scripts, after, dry_run)
        result = walk_.result(migrations, oldest_transaction, report)
        if result.steps and not dry_run:
            keep_surroundings(session)
        return result


def rollback(
    conninfo: str,
    folder: Path,
    *,
    layout: Layout = Layout.WAVEHOUSE,
    to: str | None = None,
    steps: int = 1,
    role: str | None = None,
    allow_changed_down: bool = False,
    dry_run: bool = False,
    actor: str | None = None,
    oldest_transaction: float | None = None,
    patience: Patience = Patience(),  # noqa: B008  frozen
    on_step: OnStep = _silent,
) -> WalkResult:
    """Undo the newest migrations with their down files: ``steps`` of them, or all above ``to``."""
    migrations = read_ladder(folder, layout)
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
        session = audited(session, actor, chosen)
        walk_ = _Walk(session, Direction.DOWN, chosen, scripts, After(), dry_run)
        result = walk_.result(migrations, oldest_transaction, on_step)
        if not dry_run:
            keep_hash_after_rollback(session)
        return result


def recover(
    conninfo: str,
    folder: Path,
    *,
    layout: Layout = Layout.WAVEHOUSE,
    waivers: Path | None = None,
    role: str | None = None,
    dry_run: bool = False,
    run_again: bool = False,
    actor: str | None = None,
    patience: Patience = Patience(),  # noqa: B008  frozen
    on_step: OnStep = _silent,
) -> RecoverResult:
    """Finish the interrupted file, in its direction.

    The journal knows the finished statements; the interrupted one is inspected; nothing is done
    twice. ``run_again`` runs an interrupted block with COMMIT again from its start. Raises Refused
    when the file has changed since it started.
    """
    migrations = read_ladder(folder, layout, waivers)
    with (
        telemetry.span("wavehouse.recover"),
        (reading if dry_run else working)(conninfo, role, patience) as session,
    ):
        unfinished = half_way(migrations, session.history())
        if unfinished is None:
            version = compare(migrations, session.history()).version
            return RecoverResult(None, None, 0, 0, version, dry_run)
        migration, direction = unfinished
        session = audited(session, actor, [migration])
        up = direction is Direction.UP
        script = readable_up(migration) if up else readable_down(migration)
        walked = queries.statements_walked(
            session.connection, version=migration.version, direction=direction
        )
        done = len(
            {journal_line.statement for journal_line in walked if journal_line.event == "statement"}
        )
        if not dry_run:
            after = After(migrations)
            step = walk(
                session, migration, direction, script, after, resume=True, run_again=run_again
            )
            if up:
                keep_hash(session, migration.version)
            on_step(step)
        version = compare(migrations, session.history()).version
        left = len(script.statements) - done
        return RecoverResult(migration.version, direction, done, left, version, dry_run)


def status(
    conninfo: str,
    folder: Path,
    *,
    layout: Layout = Layout.WAVEHOUSE,
    role: str | None = None,
    probe: bool = False,
) -> StatusResult:
    """Compare a folder with the history of a database. Writes nothing and takes no runner lock.

    ``probe`` also compares the schema with the stored hash of its versions.
    """
    migrations = read_ladder(folder, layout)
    with reading(conninfo, role, Patience()) as session:
        result = compare(migrations, session.history())
        return replace(result, equals=equals_newest(session)) if probe else result


def history(conninfo: str, *, role: str | None = None, limit: int = 100) -> list[JournalEntry]:
    """The newest entries of a database's audit log, newest first (OPS-20)."""
    with reading(conninfo, role, Patience()) as session:
        known = queries.has_state(session.connection)
        return queries.journal(session.connection, limit=limit) if known else []


def _refuse_other_files(session: Session, expected: Expected | None) -> None:
    if expected is not None and expected.change_set != session.audit.change_set:
        raise Refused(
            "the pending files differ from those of the plan",
            where=session.where,
            hint="Create a new plan.",
            command="wavehouse schema plan --json",
        )


@dataclass(frozen=True, slots=True)
class _Walk:
    """Files to walk in one direction, with the checks around them."""

    session: Session
    direction: Direction
    chosen: Sequence[Migration]
    scripts: Sequence[Script]
    after: After
    dry_run: bool

    def result(
        self, ladder: Sequence[Migration], oldest_seconds: float | None, on_step: OnStep
    ) -> WalkResult:
        """Check, walk, check again."""
        session, seen = self.session, InitialChecks()
        if oldest_seconds is not None and self.chosen:
            seen = look(
                session.connection,
                self.direction,
                self.chosen,
                self.scripts,
                oldest_seconds=oldest_seconds,
            )
        if self.dry_run and self.direction is Direction.UP:
            self._refuse_what_is_written()
        steps = self._steps(on_step)
        looked = oldest_seconds is not None and steps and not self.dry_run
        return WalkResult(
            self.direction,
            steps,
            compare(ladder, session.history()).version,
            session.waited_ms,
            self.dry_run,
            session.audit.change_set,
            session.audit.trace_id,
            check_after(session.connection, self.direction, self.chosen, seen)
            if looked
            else tuple(seen.checks),
            tuple(seen.warnings),
        )

    def _refuse_what_is_written(self) -> None:
        """In a dry run, refuse what apply would refuse, as far as the files show it."""
        for migration, script in zip(self.chosen, self.scripts, strict=True):
            later = [item for item in self.after.later if item.number > migration.number]
            for leftover, rest in written_leftovers(script):
                for refused in refusals(
                    self.session.connection, migration.up, script, [leftover], later, rest
                ):
                    raise refused

    def _steps(self, on_step: OnStep) -> tuple[Step, ...]:
        steps = []
        for migration, script in zip(self.chosen, self.scripts, strict=True):
            step = self._step(migration, script)
            on_step(step)
            steps.append(step)
        return tuple(steps)

    def _step(self, migration: Migration, script: Script) -> Step:
        way = self.direction
        if self.dry_run:
            return Step(migration.version, migration.slug, way, len(script.statements), None, 0)
        try:
            step = walk(self.session, migration, way, script, self.after)
        except WavehouseError as error:
            telemetry.count("wavehouse.migrations", direction=way.value, outcome=error.code)
            raise
        telemetry.count("wavehouse.migrations", direction=way.value, outcome="done")
        return step
