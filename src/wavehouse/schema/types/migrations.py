"""What the runner speaks of: migrations, their statements, the history, patience. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from wavehouse.kernel.errors import WavehouseError


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
