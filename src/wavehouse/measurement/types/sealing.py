"""Data types of the sealed tier: states of days, manifests, results. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class SealState(StrEnum):
    """The state of a UTC day in the sealed tier."""

    OPEN = "open"
    """Younger than two days: not sealed yet."""
    WAITING = "waiting"
    """Requests wait to be counted, or hours to be rolled up."""
    UNSEALED = "unsealed"
    STALE = "stale"
    """Sealed, and its rows have changed since."""
    SEALED = "sealed"
    """Sealed; its rows are also in partitions."""
    COLD = "cold"
    """Sealed; retention has dropped its partitions."""


@dataclass(frozen=True, slots=True)
class SealedDay:
    """A UTC day: the rows it has in partitions, and its current seal."""

    day: date
    has_partition: bool
    has_rows: bool
    waiting: int
    changes: int
    generation: int | None
    sealed_changes: int | None
    requests: int | None
    downloads: int | None
    events: int | None
    bytes: int | None
    sealed_at: datetime | None
    dropped: bool
    """Retention has dropped the rows of this day: its seal is the only copy."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The location of a day's current generation."""

    day: date
    generation: int
    store: str
    manifest: str
    manifest_sha256: bytes


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file of a sealed day. ``first`` and ``last`` are the times of its rows, in UTC."""

    name: str
    rows: int
    bytes: int
    sha256: str
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class SealManifest:
    """The content of a sealed day. ``files`` by kind: requests, downloads, events."""

    day: str
    generation: int
    sealed_at: str
    rule_version: str
    list_version: str
    changes: int
    rollups_sha256: str
    files: Mapping[str, SealedFile]
    form: int = 1

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.bytes for file in self.files.values())


@dataclass(frozen=True, slots=True)
class SealOutcome:
    """The result of sealing one day; ``reason`` is set when it was not sealed."""

    day: date
    generation: int | None = None
    rows: int = 0
    bytes: int = 0
    reason: str = ""
    by_another: bool = False
    """Another program sealed the day meanwhile."""


@dataclass(frozen=True, slots=True)
class SealFinding:
    """The result of checking one sealed day; ``problem`` is empty when it is intact."""

    day: date
    generation: int
    rows: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Repaired:
    """Of all ``sealed`` days, those whose files were not the registered ones.

    ``again`` are sealed again from their rows, ``later`` have the later files of their store now,
    ``lost`` have neither.
    """

    sealed: int
    again: tuple[date, ...] = ()
    later: tuple[date, ...] = ()
    lost: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Days of sealed files after an organization's rows were left out of them."""

    rewritten: tuple[date, ...] = ()
    missing: tuple[date, ...] = ()
    """Days whose files are missing: nothing could be left out of them."""
