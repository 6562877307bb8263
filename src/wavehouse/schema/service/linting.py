"""Lint: files run in a shadow, each statement measured, and what the rules say of it."""

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
"""What every rewrite, scan or build of this version does within a fraction of a second."""


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
    """Lint the chosen files as they would run after those before. Stops where one does not run.

    ``pattern``: file names are judged, too; ``advice``: findings of mere information are kept.
    ``sizes`` are the target's: work on a table that is small there, or is not there yet, is only
    information. ``loose`` are files that belong to no ladder: they need no name and no way down.
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
            found += findings(
                Walked(migration, script, (), last, last, stopped),
                today=clock.today(),
                pattern=pattern,
            )
        except WavehouseError as error:
            migration = chosen[len(walked)]
            found.append(_unreadable(migration, error, _not_judged(chosen, walked)))
    if not pattern and all(one.down is None for one in (*before, *chosen)):
        found = _without_ways_back(found)
    found = [_weighed(one, sizes) for one in found if not _is_of_ladders(one, loose)]
    found = _folded(found)
    kept = tuple(one for one in found if advice or one.severity != INFO)
    judged = min(len(walked) + 1, len(chosen))  # the file that did not run is judged, too
    return LintResult(kept, judged, shadow.major, len(found) - len(kept))


def _without_ways_back(found: Sequence[Finding]) -> list[Finding]:
    """One finding for a foreign ladder without any down file: it is the tool's way, not a slip."""
    missing = [one for one in found if one.rule == "missing-down"]
    message = f"no file of this ladder has a way back ({len(missing)} files)"
    first = [replace(one, message=message) for one in missing[:1]]
    return first + [one for one in found if one.rule != "missing-down"]


def _folded(found: Sequence[Finding]) -> list[Finding]:
    """Indexes that one file builds on one table as one finding: the way out is the same for all."""
    kept: dict[object, Finding] = {}
    more: dict[object, list[int]] = {}
    for place, one in enumerate(found):
        tables = frozenset(one.effect.scans)
        is_build = one.rule in _BUILDS and one.waived is None and tables
        key = (one.file, one.rule, one.severity, tables) if is_build else place
        if key in kept:
            more.setdefault(key, []).append(one.line)
        kept.setdefault(key, one)
    return [
        replace(one, message=f"{one.message}; so do lines {', '.join(map(str, more[key]))}")
        if key in more
        else one
        for key, one in kept.items()
    ]


def _is_of_ladders(one: Finding, loose: Collection[str]) -> bool:
    return one.file in loose and one.rule in ("missing-down", "file-name-pattern")


def _weighed(one: Finding, sizes: Mapping[str, Size] | None) -> Finding:
    """A finding with the rows that the target has; of information only, if those are few."""
    touched = {*one.effect.rewrites, *one.effect.scans}
    if one.effect.builds:
        touched |= {lock.relation for lock in one.effect.locks}
    if sizes is None or not touched:
        return one
    rows = sum(sizes[name].rows for name in touched if name in sizes)
    size = sum(sizes[name].bytes for name in touched if name in sizes)
    if rows <= _FEW_ROWS and size <= _FEW_BYTES:
        return replace(one, severity=INFO, message=f"{one.message} (few rows there)")
    return replace(one, message=f"{one.message} (about {rows:,} rows there)")


def _why(error: DoesNotRun) -> str:
    """What the server said, and the way out when it is the server that lacks something."""
    if error.state == _NOT_SUPPORTED and "extension" in error.message:
        return f"{error.message}; --shadow-url URL names a server that has it"
    return error.message


def _not_judged(chosen: Sequence[Migration], walked: Sequence[Migration]) -> str:
    """How many files come after the one that did not run: none of them can be."""
    rest = len(chosen) - len(walked) - 1
    if not rest:
        return ""
    return f" ({rest} later file{' was' if rest == 1 else 's were'} not judged)"


def _statement_at(script: Script, line: int) -> Statement:
    """The statement at a line, or the last one that begins before it."""
    return max(
        (one for one in script.statements if one.line <= line),
        key=lambda one: one.line,
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
