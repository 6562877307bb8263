"""Data types of backups."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

BASE = "base"
FILES = "files"
MANIFEST = "backup.json"
VERIFIED = "verified.json"
PARTIAL = ".partial"
FORMAT = "wavehouse-backup/1"


@dataclass(frozen=True, slots=True)
class Content:
    """A file of the home in a backup: its path there, size and SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup, as its ``backup.json`` describes it.

    ``started_at`` is the instant from which a point in time can be restored; ``first_segment`` is
    the first segment of the write-ahead log that it needs. ``migrations`` has the latest applied
    version of each database.
    """

    backup_id: str
    format: str
    started_at: datetime
    finished_at: datetime
    product: str
    postgres: str
    migrations: dict[str, str]
    first_segment: str
    base_bytes: int
    files: list[Content] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    manifest_sha256: str = ""

    @property
    def size(self) -> int:
        """Bytes of the databases and files."""
        return self.base_bytes + sum(each.size for each in self.files)

    def expires_at(self, keep: timedelta) -> datetime:
        """The instant from which it is pruned."""
        return self.finished_at + keep


@dataclass(frozen=True, slots=True)
class Verification:
    """When the files of a backup were last compared, and when it was last restored on trial."""

    compared_at: datetime
    compared_ok: bool
    restored_at: datetime | None = None
    restored_ok: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A backup in the catalogue: restorable to any instant until ``until``."""

    backup: Backup
    folder: Path
    until: datetime
    expires_at: datetime
    verification: Verification | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A damaged or missing part of a backup."""

    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of one check of a restored server."""

    name: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A finished restore: its home, instant and checks, and the folder of the earlier state."""

    home: Path
    backup_id: str
    to_time: datetime | None
    kept_aside: Path | None
    checks: tuple[Checked, ...]
    replayed: str

    @property
    def ok(self) -> bool:
        """True when every check passed."""
        return all(check.ok for check in self.checks)


@dataclass(frozen=True, slots=True)
class Pending:
    """A restore, or the undo of one, that is not ready yet: erasures must be repeated first.

    ``copied`` is false until the files of the state are there, ``moved`` until the one before is in
    its folder: such a restore cannot be finished, and is undone; such an undo is continued.
    ``source`` is the home that a backup was restored from, when it is another one: its ledger may
    grow until the erasures are repeated. ``undone`` is where an undo moves the restored state.
    """

    backup_id: str
    since: datetime
    restored_at: datetime
    kept_aside: str | None
    moved: bool = True
    copied: bool = True
    source: str | None = None
    undone: str | None = None
