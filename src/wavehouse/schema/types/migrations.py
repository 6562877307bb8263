"""The runner's types: migrations, their statements, the history, patience. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.types.naming import Name
from wavehouse.schema.types.versions import REPEATABLE, Key, version_key


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
    """The state of a history row. Only non-transactional files can be seen partly applied."""

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
class Waiver:
    """A file's own word that a rule of lint may be broken, until a day and for a reason."""

    rule: str
    until: date
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One file as read: its text with LF line ends, and the SHA-256 of exactly that.

    ``transactional`` is what its layout says of it; a directive of the file may still deny it. With
    ``server_decides`` the file runs in a transaction unless the server refuses a statement there.
    ``blocks`` are parts of the text that the author put between BEGIN and COMMIT.
    """

    path: Path
    text: str
    checksum: str
    transactional: bool = True
    server_decides: bool = False
    blocks: tuple[tuple[int, int], ...] = ()
    waivers: tuple[Waiver, ...] = ()
    """Waivers that are written beside the file."""

    @property
    def name(self) -> str:
        """The file's name; in a layout of folders, with its folder's."""
        if self.path.name in ("up.sql", "down.sql", "migration.sql"):
            return f"{self.path.parent.name}/{self.path.name}"
        return self.path.name


@dataclass(frozen=True, slots=True)
class Migration:
    """A version of the schema: its file up and, where there are such, its file down and checks."""

    version: str
    slug: str
    up: SqlFile
    down: SqlFile | None
    check: SqlFile | None = None

    @property
    def number(self) -> Key:
        """The version as numbers, by which the ladder is ordered."""
        return version_key(self.version)

    def file(self, direction: Direction) -> SqlFile:
        """The file that a direction runs. Planning has refused a missing down file."""
        if direction is Direction.UP:
            return self.up
        assert self.down is not None, "planning refuses a missing down file"  # noqa: S101
        return self.down

    @property
    def is_repeatable(self) -> bool:
        """Whether the file is run again whenever it has changed."""
        return self.version.startswith(REPEATABLE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement of a file: where it begins, its text and its opening words."""

    line: int
    text: str
    words: tuple[str, ...]
    block: int = 0
    """The transaction of the author's that it belongs to, counted from 1; 0 for none."""


@dataclass(frozen=True, slots=True)
class Script:
    """A file split into statements, with what its header comment asks for."""

    statements: tuple[Statement, ...]
    transactional: bool
    irreversible: str | None
    waivers: tuple[Waiver, ...] = ()
    server_decides: bool = False
    """In a transaction, unless the server refuses that."""
    unvalidated: str | None = None
    """Why a constraint is left unvalidated by this file and by all that follow."""


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
    def number(self) -> Key:
        """The version as numbers."""
        return version_key(self.version)

    @property
    def is_repeatable(self) -> bool:
        """Whether the version is that of a repeatable migration."""
        return self.version.startswith(REPEATABLE)


@dataclass(frozen=True, slots=True)
class Audit:
    """What the journal records of a run beside its steps: actor, change set, trace."""

    actor: str = ""
    change_set: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """A step of the runner on one migration, as it is written to the journal.

    ``statement`` is the number of a statement of a non-transactional file, ``facts`` what
    ``recover`` needs to finish it.
    """

    migration: Migration
    direction: Direction
    name: str
    statement: int | None = None
    duration_ms: int | None = None
    facts: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One event of the audit log: who did what to which version, by which change set.

    ``done_by`` is the login of the database, ``actor`` who the runner said it was. ``change_set``
    is the root of all files of that run. The rows of earlier releases lack the last three.
    """

    happened_at: datetime
    version: str
    slug: str
    direction: Direction
    event: str
    statement: int | None
    duration_ms: int | None
    checksum: str
    runner_id: UUID
    done_by: str
    actor: str | None
    change_set: str | None
    trace_id: str | None

    def as_json(self) -> dict[str, object]:
        """The entry as plain values."""
        return {
            "happened_at": self.happened_at.isoformat(),
            "actor": self.actor,
            "done_by": self.done_by,
            "action": f"{self.direction.value} {self.event}",
            "version": self.version,
            "slug": self.slug,
            "statement": self.statement,
            "duration_ms": self.duration_ms,
            "checksum": self.checksum,
            "change_set": self.change_set,
            "trace_id": self.trace_id,
            "runner_id": str(self.runner_id),
        }


@dataclass(frozen=True, slots=True)
class Leftover:
    """An object of a schema that is less than it seems.

    ``kind`` is ``invalid index``, ``unvalidated constraint``, ``unvalidated domain constraint`` or
    ``pending detach``. ``oid`` is the index, the constraint or the partition; ``table`` the table
    it belongs to (0 for a domain). ``parent``: the index of a partitioned table, which becomes
    valid when all its parts are attached.
    """

    kind: str
    oid: int
    table: int
    relation: Name
    name: Name
    parent: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """What identifies the leftover as long as its object exists."""
        return self.kind, self.oid


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line of the journal about a statement: begun (``intent``) or done (``statement``)."""

    statement: int | None
    event: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether the line says that a statement was done."""
        return self.event == "statement"


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step that the journal says was done; ``format`` is that of its hash."""

    version: str
    direction: Direction
    logical_hash: str | None
    format: int
    happened_at: datetime
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session that holds a lock we wait for; or a prepared transaction, known by ``gid``."""

    pid: int
    gid: str
    since: datetime
    state: str
    query: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What a plan promised: the root of its files, and the schema's hash after each version."""

    change_set: str
    hashes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """A database to migrate: its name in reports, how to reach it, its ladder, its owner."""

    name: str
    conninfo: str = field(repr=False)  # it may hold a password
    folder: Path
    role: str | None = None
    code: Path | None = None
    """The program that uses it: tables that its source does not name are reserved."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: for another runner, for one lock, and for all tries of one file."""

    wait_seconds: float = 60.0
    lock_timeout_ms: int = 100
    retry_seconds: float = 60.0
