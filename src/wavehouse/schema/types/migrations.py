"""What the runner speaks of: migrations, their statements, the history, results. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND, EXIT_PARTIAL, WavehouseError


class MigrationFailed(WavehouseError):
    """PostgreSQL did not accept a migration; nothing of that file is left behind."""

    code = "migration_failed"
    title = "A migration failed"


class SchemaBusy(WavehouseError):
    """Another runner, or a long lock, kept the migration from starting in the time given."""

    code = "schema_busy"
    http_status = 409
    title = "The schema is busy"


class Direction(StrEnum):
    """The way a migration is walked."""

    UP = "up"
    DOWN = "down"


class RowState(StrEnum):
    """The state of a history row. Only non-transactional files are ever seen half-way."""

    RUNNING = "running"
    APPLIED = "applied"
    ROLLING_BACK = "rolling_back"


class EntryState(StrEnum):
    """What ``status`` says of one version, comparing the folder with the history."""

    APPLIED = "applied"
    PENDING = "pending"
    OUT_OF_ORDER = "out_of_order"
    CHANGED = "changed"
    DOWN_CHANGED = "down_changed"
    MISSING = "missing"
    AHEAD = "ahead"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One file as read: its text with LF line ends, and the SHA-256 of exactly that.

    ``transactional`` is what its layout says of it; a directive of the file may still deny it.
    """

    path: Path
    text: str
    checksum: str
    transactional: bool = True


@dataclass(frozen=True, slots=True)
class Migration:
    """A version of the schema: its file up and, if there is one, its file down."""

    version: str
    slug: str
    up: SqlFile
    down: SqlFile | None

    @property
    def number(self) -> int:
        """The version as a number, by which the ladder is ordered."""
        return int(self.version)


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement of a file: where it begins, its text and its opening words."""

    line: int
    text: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiver:
    """A file's own word that a rule of lint may be broken, until a day and for a reason."""

    rule: str
    until: date
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Script:
    """A file split into statements, with what its header comment asks for."""

    statements: tuple[Statement, ...]
    transactional: bool
    irreversible: str | None
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of ``schema_ops.history``: one per version that is applied, wholly or partly."""

    version: str
    slug: str
    state: RowState
    checksum: str
    down_checksum: str | None
    applied_at: datetime
    applied_by: str
    duration_ms: int | None
    runner_id: UUID
    backend_pid: int | None
    logical_hash: str | None = None

    @property
    def number(self) -> int:
        """The version as a number."""
        return int(self.version)


@dataclass(frozen=True, slots=True)
class Target:
    """A database to migrate: its name in reports, how to reach it, its ladder, its owner."""

    name: str
    conninfo: str = field(repr=False)  # it may hold a password
    folder: Path
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: for another runner, for one lock, and for all tries of one file."""

    wait_seconds: float = 60.0
    lock_timeout_ms: int = 100
    retry_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """One migration that was walked (or, in a dry run, would be)."""

    version: str
    slug: str
    direction: Direction
    statements: int
    duration_ms: int | None
    retries: int

    def as_json(self) -> dict[str, object]:
        """The step as plain values."""
        return {
            "version": self.version,
            "slug": self.slug,
            "direction": self.direction.value,
            "statements": self.statements,
            "duration_ms": self.duration_ms,
            "retries": self.retries,
        }


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What ``apply`` did: the steps in order and the version the database stands at."""

    steps: tuple[Step, ...]
    version: str | None
    waited_ms: int
    dry_run: bool

    def as_json(self) -> dict[str, object]:
        """The result as plain values."""
        return {
            "applied": [step.as_json() for step in self.steps],
            "version": self.version,
            "waited_ms": self.waited_ms,
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, slots=True)
class RollbackResult:
    """What ``rollback`` undid, newest first, and the version the database stands at."""

    steps: tuple[Step, ...]
    version: str | None
    waited_ms: int
    dry_run: bool

    def as_json(self) -> dict[str, object]:
        """The result as plain values."""
        return {
            "rolled_back": [step.as_json() for step in self.steps],
            "version": self.version,
            "waited_ms": self.waited_ms,
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, slots=True)
class RecoverResult:
    """What ``recover`` found half-way and finished: statements done before, and those done now."""

    recovered: str | None
    direction: Direction | None
    done_before: int
    done_now: int
    version: str | None
    dry_run: bool

    def as_json(self) -> dict[str, object]:
        """The result as plain values."""
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
        """The entry as plain values."""
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

    ``equals``: whether the schema is what the newest version made, when a probe looked; None when
    none did, or nobody can tell.
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
        """When the database was last migrated."""
        return max((entry.applied_at for entry in self.entries if entry.applied_at), default=None)

    @property
    def exit_code(self) -> int:
        """0 in order, 3 something is pending or differs, 6 a file is half-way."""
        states = {entry.state for entry in self.entries}
        if EntryState.PARTIAL in states:
            return EXIT_PARTIAL
        differs = self.equals is False or states - {EntryState.APPLIED}
        return EXIT_FOUND if differs else EXIT_DONE

    def as_json(self) -> dict[str, object]:
        """The result as plain values, with a list of versions for every state that is not fine."""
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
        """What a watcher asks: version, last migration, half-way, pending, drift."""
        last = self.last_applied_at
        return {
            "version": self.version,
            "last_applied_at": last.isoformat() if last else None,
            "partial": bool(self.of(EntryState.PARTIAL)),
            "pending": len(self.of(EntryState.PENDING)),
            "drift": None if self.equals is None else not self.equals,
        }


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One sample row: its table and its values by column."""

    table: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EnsuredPartition:
    """A partition that a seed needs: of a table, around a day, as long as a span."""

    table: str
    day: str
    span: str


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A seed file: the partitions it needs and its rows, in order."""

    path: Path
    ensured: tuple[EnsuredPartition, ...]
    rows: tuple[SeedRow, ...]


@dataclass(frozen=True, slots=True)
class SeedResult:
    """What seeding did: rows written now, and rows that stood there already."""

    written: int
    unchanged: int
    tables: int

    def as_json(self) -> dict[str, object]:
        """The result as plain values."""
        return {"written": self.written, "unchanged": self.unchanged, "tables": self.tables}


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalogue has it."""

    name: str
    type: str
    not_null: bool
    default: str | None
    identity: str
    generated: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a table; NOT NULL is told by the column."""

    name: str
    kind: str
    columns: tuple[str, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A reference, with what the diagram needs: whether it may be empty, and whether it is one."""

    name: str
    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]
    on_delete: str
    optional: bool
    single: bool
    definition: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index that belongs to no constraint."""

    name: str
    unique: bool
    definition: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of row security."""

    name: str
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view with everything that hangs on it. Partitions are folded into their parent."""

    name: str
    kind: str
    comment: str | None
    partition_key: str | None
    storage: tuple[str, ...]
    row_security: bool
    view: str | None
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[str, ...]
    policies: tuple[Policy, ...]
    grants: tuple[str, ...]

    @property
    def space(self) -> str:
        """The PostgreSQL schema that the table lives in."""
        return self.name.split(".", 1)[0]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        return next((c.columns for c in self.constraints if c.kind == "p"), ())


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a migration made."""

    name: str
    definition: str
    comment: str | None
    grants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The schema of a database as it stands: the same for the same migrations, on any server."""

    spaces: tuple[tuple[str, tuple[str, ...]], ...]
    default_grants: tuple[str, ...]
    functions: tuple[Function, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class DocumentsCheck:
    """Documents that differ from the database: changed, missing, or of nothing any more."""

    stale: tuple[Path, ...]
    missing: tuple[Path, ...]
    extra: tuple[Path, ...]

    @property
    def exit_code(self) -> int:
        """0 when every document is what the database would write, else 3."""
        return EXIT_FOUND if self.stale or self.missing or self.extra else EXIT_DONE

    def as_json(self) -> dict[str, object]:
        """The result as plain values."""
        return {
            "stale": [str(path) for path in self.stale],
            "missing": [str(path) for path in self.missing],
            "extra": [str(path) for path in self.extra],
        }
