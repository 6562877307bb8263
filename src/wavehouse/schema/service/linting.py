"""Lint: files run in a shadow, each statement measured, and what the rules say of it."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.rules.linting import findings
from wavehouse.schema.rules.recipes import INFO, RULES
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.rules.walked import Walked
from wavehouse.schema.service.planning import measured_files
from wavehouse.schema.service.replaying import DoesNotRun
from wavehouse.schema.types import Finding, LintResult, Migration, Script, Snapshot, Statement


def lint(
    shadow: Shadow,
    before: Sequence[Migration],
    chosen: Sequence[Migration],
    *,
    pattern: bool = True,
    advice: bool = False,
) -> LintResult:
    """Lint the chosen files as they would run after those before. Stops where one does not run.

    ``pattern``: file names are judged, too; ``advice``: findings of mere information are kept.
    """
    found: list[Finding] = []
    walked: list[Migration] = []
    last = Snapshot({})
    with telemetry.span("wavehouse.lint"):
        try:
            for measured in measured_files(shadow, before, chosen):
                walked.append(measured.migration)
                last = measured.after
                found += findings(
                    Walked(
                        measured.migration,
                        measured.script,
                        measured.effects,
                        measured.before,
                        measured.after,
                    ),
                    today=clock.today(),
                    pattern=pattern,
                )
        except DoesNotRun as error:
            migration = chosen[len(walked)]
            script = read_script(migration.up)
            stopped = (_statement_at(script, error.line), error.state, error.message)
            found += findings(
                Walked(migration, script, (), last, last, stopped),
                today=clock.today(),
                pattern=pattern,
            )
        except WavehouseError as error:
            migration = chosen[len(walked)]
            found.append(_unreadable(migration, error))
    kept = tuple(one for one in found if advice or one.severity != INFO)
    return LintResult(kept, len(chosen), shadow.major, len(found) - len(kept))


def _statement_at(script: Script, line: int) -> Statement:
    """The statement that stands at a line, or begins before it."""
    return max(
        (one for one in script.statements if one.line <= line),
        key=lambda one: one.line,
        default=script.statements[0],
    )


def _unreadable(migration: Migration, error: WavehouseError) -> Finding:
    line = (error.where or "").rpartition(":")[2]
    return Finding(
        "does-not-parse",
        RULES["does-not-parse"].severity,
        migration.up.path.name,
        int(line) if line.isdecimal() else 1,
        error.message,
        error.hint or RULES["does-not-parse"].recipe,
    )
