"""Results of the runner's commands. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND, EXIT_PARTIAL
from wavehouse.schema.types.checks import Check
from wavehouse.schema.types.migrations import Direction, EntryState


@dataclass(frozen=True, slots=True)
class Step:
    """One migration that was run (or, in a dry run, would be)."""

    version: str
    slug: str
    direction: Direction
    statements: int
    duration_ms: int | None
    retries: int

    def as_json(self) -> dict[str, object]:
        """The step as JSON values."""
        return {
            "version": self.version,
            "slug": self.slug,
            "direction": self.direction.value,
            "statements": self.statements,
            "duration_ms": self.duration_ms,
            "retries": self.retries,
        }


@dataclass(frozen=True, slots=True)
class WalkResult:
    """The result of ``apply`` or ``rollback``: the steps in order, and the database's version."""

    direction: Direction
    steps: tuple[Step, ...]
    version: str | None
    waited_ms: int
    dry_run: bool
    change_set: str = ""
    trace_id: str = ""
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The result as JSON values; the key of the steps is the action."""
        done = "applied" if self.direction is Direction.UP else "rolled_back"
        return {
            done: [step.as_json() for step in self.steps],
            "version": self.version,
            "waited_ms": self.waited_ms,
            "dry_run": self.dry_run,
            "change_set": self.change_set,
            "trace_id": self.trace_id,
            "checks": [check.as_json() for check in self.checks],
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class RecoverResult:
    """The result of ``recover``: statements done before, and those run now."""

    recovered: str | None
    direction: Direction | None
    done_before: int
    done_now: int
    version: str | None
    dry_run: bool

    def as_json(self) -> dict[str, object]:
        """The result as JSON values."""
        return {
            "recovered": self.recovered,
            "direction": self.direction.value if self.direction else None,
            "statements_done_before": self.done_before,
            "statements_done_now": self.done_now,
            "version": self.version,
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One version in ``status``."""

    version: str
    slug: str
    state: EntryState
    applied_at: datetime | None
    applied_by: str | None
    duration_ms: int | None

    def as_json(self) -> dict[str, object]:
        """The entry as JSON values."""
        return {
            "version": self.version,
            "slug": self.slug,
            "state": self.state.value,
            "applied_at": self.applied_at.isoformat() if self.applied_at else None,
            "applied_by": self.applied_by,
            "duration_ms": self.duration_ms,
        }


@dataclass(frozen=True, slots=True)
class StatusResult:
    """The ladder compared with the history, oldest first.

    ``equals``: whether the schema is as the newest version left it, according to a probe; None
    without a probe, or when it is unknown.
    """

    entries: tuple[StatusEntry, ...]
    equals: bool | None = None

    def of(self, state: EntryState) -> tuple[str, ...]:
        """The versions in one state."""
        return tuple(entry.version for entry in self.entries if entry.state is state)

    @property
    def version(self) -> str | None:
        """The newest applied version, or None for an empty history."""
        applied = [entry.version for entry in self.entries if entry.applied_at is not None]
        return applied[-1] if applied else None

    @property
    def last_applied_at(self) -> datetime | None:
        """The time at which the database was last migrated."""
        return max((entry.applied_at for entry in self.entries if entry.applied_at), default=None)

    @property
    def exit_code(self) -> int:
        """0 in order, 3 pending or different, 6 a file is partly applied."""
        states = {entry.state for entry in self.entries}
        if EntryState.PARTIAL in states:
            return EXIT_PARTIAL
        differs = self.equals is False or states - {EntryState.APPLIED}
        return EXIT_FOUND if differs else EXIT_DONE

    def as_json(self) -> dict[str, object]:
        """The result as JSON values, with a list of versions for every problem state."""
        last = self.last_applied_at
        doc: dict[str, object] = {
            "version": self.version,
            "last_applied_at": last.isoformat() if last else None,
        }
        for state in EntryState:
            if state is not EntryState.APPLIED:
                doc[state.value] = list(self.of(state))
        doc["migrations"] = [entry.as_json() for entry in self.entries]
        return doc

    def as_probe(self) -> dict[str, object]:
        """The short status for a monitor: version, last migration, partial, pending, drift."""
        last = self.last_applied_at
        return {
            "version": self.version,
            "last_applied_at": last.isoformat() if last else None,
            "partial": bool(self.of(EntryState.PARTIAL)),
            "pending": len(self.of(EntryState.PENDING)),
            "drift": None if self.equals is None else not self.equals,
        }
