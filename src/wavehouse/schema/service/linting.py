"""Lint: run files in a shadow, measure each statement, and apply the rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.rules.linting import findings
from wavehouse.schema.rules.recipes import INFO, RULES
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.rules.walked import Walked
from wavehouse.schema.service.planning import measured_files
from wavehouse.schema.service.replaying import DoesNotRun
from wavehouse.schema.types import (
    Finding,
    LintResult,
    Migration,
    Script,
    Size,
    Snapshot,
    Statement,
)

_BUILDS = ("create-index-blocks-writes",)
_NOT_SUPPORTED = "0A000"
_FEW_ROWS = 10_000
_FEW_BYTES = 16_000_000
"""Tables this small are rewritten, scanned or indexed within a fraction of a second."""


def lint(
    shadow: Shadow,
    before: Sequence[Migration],
    chosen: Sequence[Migration],
    *,
    pattern: bool = True,
    advice: bool = False,
    sizes: Mapping[str, Size] | None = None,
    loose: Collection[str] = (),
) -> LintResult:
    """Lint the chosen files after the files before them. Stops where one fails.

    ``pattern``: file names are checked too; ``advice``: informational findings are kept. ``sizes``
    are the target's: work on a table that is small or missing there is only informational.
    ``loose`` are files outside a ladder, which need neither a version nor a down file.
    """
    collected: list[Finding] = []
    walked: list[Migration] = []
    last = Snapshot({})
    with telemetry.span("wavehouse.lint"):
        try:
            for measured in measured_files(shadow, before, chosen):
                walked.append(measured.migration)
                last = measured.after
                collected += findings(
                    Walked(
                        measured.migration,
                        measured.script,
                        measured.effects,
                        measured.before,
                        measured.after,
                        refusals=measured.refusals,
                    ),
                    today=clock.today(),
                    pattern=pattern,
                )
        except DoesNotRun as error:
            migration = chosen[len(walked)]
            script = read_script(migration.up)
            message = _why(error) + _not_judged(chosen, walked)
            stopped = (_statement_at(script, error.line), error.state, message)
            collected += findings(
                Walked(migration, script, (), last, last, stopped),
                today=clock.today(),
                pattern=pattern,
            )
        except WavehouseError as error:
            migration = chosen[len(walked)]
            collected.append(_unreadable(migration, error, _not_judged(chosen, walked)))
    if not pattern and all(item.down is None for item in (*before, *chosen)):
        collected = _without_ways_back(collected)
    collected = [
        _weighed(finding, sizes) for finding in collected if not _is_of_ladders(finding, loose)
    ]
    collected = _folded(collected)
    kept = tuple(finding for finding in collected if advice or finding.severity != INFO)
    judged = min(len(walked) + 1, len(chosen))  # the file that failed is judged too
    return LintResult(kept, judged, shadow.major, len(collected) - len(kept))


def _without_ways_back(findings: Sequence[Finding]) -> list[Finding]:
    """One finding for a foreign ladder without down files: the tool's habit, not a slip."""
    missing = [finding for finding in findings if finding.rule == "missing-down"]
    message = f"no file of this ladder has a down file ({len(missing)} files)"
    first = [replace(item, message=message) for item in missing[:1]]
    return first + [finding for finding in findings if finding.rule != "missing-down"]


def _folded(findings: Sequence[Finding]) -> list[Finding]:
    """Merge findings of indexes built by one file on one table: the alternative is the same."""
    kept: dict[object, Finding] = {}
    more: dict[object, list[int]] = {}
    for index, finding in enumerate(findings):
        tables = frozenset(finding.effect.scans)
        is_build = finding.rule in _BUILDS and finding.waived is None and tables
        key = (finding.file, finding.rule, finding.severity, tables) if is_build else index
        if key in kept:
            more.setdefault(key, []).append(finding.line)
        kept.setdefault(key, finding)
    return [
        replace(
            finding,
            message=f"{finding.message}; the same for lines {', '.join(map(str, more[key]))}",
        )
        if key in more
        else finding
        for key, finding in kept.items()
    ]


def _is_of_ladders(finding: Finding, loose: Collection[str]) -> bool:
    return finding.file in loose and finding.rule in ("missing-down", "file-name-pattern")


def _weighed(finding: Finding, sizes: Mapping[str, Size] | None) -> Finding:
    """A finding with the target's row count; only informational when there are few rows."""
    touched = {*finding.effect.rewrites, *finding.effect.scans}
    if finding.effect.builds:
        touched |= {lock.relation for lock in finding.effect.locks}
    if sizes is None or not touched:
        return finding
    rows = sum(sizes[name].rows for name in touched if name in sizes)
    size = sum(sizes[name].bytes for name in touched if name in sizes)
    if rows <= _FEW_ROWS and size <= _FEW_BYTES:
        return replace(finding, severity=INFO, message=f"{finding.message} (few rows there)")
    return replace(finding, message=f"{finding.message} (about {rows:,} rows there)")


def _why(error: DoesNotRun) -> str:
    """The server's message, with advice when the server lacks something."""
    if error.state == _NOT_SUPPORTED and "extension" in error.message:
        return f"{error.message}; use --shadow-url URL with a server that has it"
    return error.message


def _not_judged(chosen: Sequence[Migration], walked: Sequence[Migration]) -> str:
    """The number of files after the one that failed, which cannot be judged."""
    rest = len(chosen) - len(walked) - 1
    if not rest:
        return ""
    return f" ({rest} later file{' was' if rest == 1 else 's were'} not judged)"


def _statement_at(script: Script, line: int) -> Statement:
    """The statement at a line, or the last one before it."""
    return max(
        (statement for statement in script.statements if statement.line <= line),
        key=lambda item: item.line,
        default=script.statements[0],
    )


def _unreadable(migration: Migration, error: WavehouseError, rest: str) -> Finding:
    line = (error.where or "").rpartition(":")[2]
    return Finding(
        "does-not-parse",
        RULES["does-not-parse"].severity,
        migration.up.name,
        int(line) if line.isdecimal() else 1,
        error.message + rest,
        error.hint or error.command or RULES["does-not-parse"].recipe,
    )
