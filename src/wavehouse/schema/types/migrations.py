"""The runner's types: migrations, their statements, the history, patience. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.types.classes import Classes
from wavehouse.schema.types.naming import Name
from wavehouse.schema.types.versions import REPEATABLE, Key, version_key


class MigrationFailed(WavehouseError):
    """PostgreSQL rejected a migration; nothing of that file remains."""

    code = "migration_failed"
    title = "A migration failed"


class SchemaBusy(WavehouseError):
    """Another runner, or a long lock, prevented the migration from starting in time."""

    code = "schema_busy"
    http_status = 409
    title = "The schema is busy"


class Direction(StrEnum):
    """The direction of a migration."""

    UP = "up"
    DOWN = "down"


class RowState(StrEnum):
    """The state of a history row. Only non-transactional files can be partly applied."""

    RUNNING = "running"
    APPLIED = "applied"
    ROLLING_BACK = "rolling_back"


class EntryState(StrEnum):
    """The state of one version in ``status``: the folder compared with the history."""

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
    """Permission to break a lint rule, until an end date and for a reason."""

    rule: str
    until: date
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One file as read: its text with LF line endings, and the SHA-256 of exactly that.

    ``transactional`` comes from its layout; a directive in the file may still disable it. With
    ``server_decides`` the file runs in a transaction unless the server refuses a statement in one.
    ``blocks`` are parts of the text that the author put between BEGIN and COMMIT.
    """

    path: Path
    text: str
    checksum: str
    transactional: bool = True
    server_decides: bool = False
    blocks: tuple[tuple[int, int], ...] = ()
    waivers: tuple[Waiver, ...] = ()
    """Waivers written beside the file."""

    @property
    def name(self) -> str:
        """The file name, prefixed with its folder in a folder layout."""
        if self.path.name in ("up.sql", "down.sql", "migration.sql"):
            return f"{self.path.parent.name}/{self.path.name}"
        return self.path.name


@dataclass(frozen=True, slots=True)
class Migration:
    """A version of the schema: its up file and, if they exist, its down file and checks."""

    version: str
    slug: str
    up: SqlFile
    down: SqlFile | None
    check: SqlFile | None = None

    @property
    def number(self) -> Key:
        """The version as numbers, which determine the order of the ladder."""
        return version_key(self.version)

    def file(self, direction: Direction) -> SqlFile:
        """The file of a direction. Planning has already rejected a missing down file."""
        if direction is Direction.UP:
            return self.up
        assert self.down is not None, "planning refuses a missing down file"  # noqa: S101
        return self.down

    @property
    def is_repeatable(self) -> bool:
        """Whether the file is run again whenever it changes."""
        return self.version.startswith(REPEATABLE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement of a file: its position, its text and its first words."""

    line: int
    text: str
    words: tuple[str, ...]
    block: int = 0
    """The author's transaction that it belongs to, counted from 1; 0 for none."""


@dataclass(frozen=True, slots=True)
class Script:
    """A file split into statements, with the options of its header comment."""

    statements: tuple[Statement, ...]
    transactional: bool
    irreversible: str | None
    waivers: tuple[Waiver, ...] = ()
    server_decides: bool = False
    """Run in a transaction, unless the server refuses that."""
    unvalidated: str | None = None
    """The reason why this file and all later ones leave a constraint unvalidated."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of ``schema_ops.history``: one per applied version, complete or partial."""

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
        """Whether the version is a repeatable migration's."""
        return self.version.startswith(REPEATABLE)


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit fields of a run in the journal besides its steps: actor, change set, trace."""

    actor: str = ""
    change_set: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """A step of the runner on one migration, as written to the journal.

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
    """One event of the audit log: actor, action, version and change set.

    ``done_by`` is the database login, ``actor`` the name given to the runner. ``change_set``
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
        """The entry as JSON values."""
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
    """An object of a schema that is incomplete.

    ``kind`` is ``invalid index``, ``unvalidated constraint``, ``unvalidated domain constraint`` or
    ``pending detach``. ``oid`` is the index, the constraint or the partition; ``table`` the table
    it belongs to (0 for a domain). ``parent`` is true for the index of a partitioned table, which
    becomes valid when all its parts are attached.
    """

    kind: str
    oid: int
    table: int
    relation: Name
    name: Name
    parent: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """The identity of the leftover while its object exists."""
        return self.kind, self.oid


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A journal line of a statement: started (``intent``) or done (``statement``)."""

    statement: int | None
    event: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether the line records a completed statement."""
        return self.event == "statement"


@dataclass(frozen=True, slots=True)
class StepDone:
    """A completed step in the journal; ``format`` is the format of its hash."""

    version: str
    direction: Direction
    logical_hash: str | None
    format: int
    happened_at: datetime
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session that holds a lock we are waiting for, or a prepared transaction (``gid``)."""

    pid: int
    gid: str
    since: datetime
    state: str
    query: str


@dataclass(frozen=True, slots=True)
class Expected:
    """A plan's prediction: the root of its files, and the schema hash after each version."""

    change_set: str
    hashes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """A database to migrate: its name in reports, its URL, its ladder and its owner."""

    name: str
    conninfo: str = field(repr=False)  # it may hold a password
    folder: Path
    role: str | None = None
    code: Path | None = None
    """The source of the program that uses it: tables that it does not name are reserved."""
    classes: Callable[[], Classes] = dict
    """The classes of its columns; none for databases that are not the product's own."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: for another runner, for one lock, and for all attempts of one file."""

    wait_seconds: float = 60.0
    lock_timeout_ms: int = 100
    retry_seconds: float = 60.0
