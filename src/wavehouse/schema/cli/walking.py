"""Apply or roll back on each target of a command, reporting progress and completed work."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import Interrupted, WavehouseError
from wavehouse.kernel.signals import CtrlC
from wavehouse.schema.cli.report import Report
from wavehouse.schema.cli.targets import Choice, targets_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from wavehouse.schema.types import Step, Target, WalkResult

    OnStep = Callable[[Step], None]
    Work = Callable[[Target, OnStep], WalkResult]


def walk(
    choice: Choice,
    report: Report,
    work: Work,
    verb: str,
    key: str,
) -> None:
    """Apply or roll back on each target; on an error, completed work is reported too."""
    rows: list[tuple[object, ...]] = []
    try:
        with targets_of(choice) as targets:
            for target in targets:
                _walk_one(target, report, work, verb, key, rows)
    finally:
        report.write(("database", "version", "slug", "direction", "ms"), rows)


def _walk_one(
    target: Target,
    report: Report,
    work: Work,
    verb: str,
    key: str,
    rows: list[tuple[object, ...]],
) -> None:
    steps: list[Step] = []

    def on_step(step: Step) -> None:
        steps.append(step)
        ms = "" if step.duration_ms is None else f" in {step.duration_ms} ms"
        terminal.say(f"{target.name}: {verb} {step.version}_{step.slug}{ms}")
        rows.append((target.name, step.version, step.slug, step.direction.value, step.duration_ms))

    try:
        result = _until_stopped(target, work, on_step, steps, verb)
    except WavehouseError as error:
        report.add_failure(target.name, error, {key: [step.as_json() for step in steps]})
        raise
    report.add(target.name, result.as_json())
    for warning in result.warnings:
        terminal.say(f"{target.name}: {warning}")
    for check in result.checks:
        changed = check.before != check.after and not result.dry_run
        if changed and check.name not in ("nulls", "duplicates", "orphans"):
            terminal.say(
                f"{target.name}: {check.subject}: {check.name} {_as_text(check.before)} → "
                f"{_as_text(check.after)}"
            )
    if not steps:
        state = f"is at version {result.version}" if result.version else "has no migrations"
        terminal.say(f"{target.name}: nothing to do; it {state}")


def _as_text(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM stop the work as Ctrl-C does: the current file is rolled back and reported."""

    def stop(signum: int, frame: object) -> None:
        raise CtrlC

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _until_stopped(
    target: Target, work: Work, on_step: OnStep, steps: list[Step], verb: str
) -> WalkResult:
    """Run the work; on Ctrl-C, raise an error that reports what was done."""
    try:
        with _ended_by_sigterm():
            return work(target, on_step)
    except KeyboardInterrupt:
        done = ", ".join(step.version for step in steps) or "nothing"
        raise Interrupted(
            f"stopped; {verb} before: {done}",
            where=target.name,
            command="wavehouse schema status",
        ) from None
