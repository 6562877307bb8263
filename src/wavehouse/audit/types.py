"""Data types of audit entries, the tree that seals them, and findings of verification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NewType, get_args
from uuid import UUID

Actor = NewType("Actor", str)
"""The actor: ``user:<uuid>``, ``key:<uuid>`` or ``system:<name of the command or job>``."""

LogName = Literal["operational", "learning", "listeners"]
"""A database with an audit log."""
LOGS: tuple[LogName, ...] = get_args(LogName)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, before it has an id.

    ``personal`` values are stored outside the entry, which only has salted commitments to them.
    """

    at: datetime
    organization_id: UUID | None
    actor: Actor
    action: str
    resource_type: str
    resource_id: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict)
    subject_pseudonym: UUID | None = None
    request_id: str | None = None
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Redacted:
    """A person, and how many personal values of entries about them were erased."""

    person: UUID
    values: int


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One stored entry: ids as text, hashes in hexadecimal, JSON as the database's text."""

    audit_id: str
    xact_id: str
    at: datetime
    organization_id: str | None
    actor: str
    action: str
    resource_type: str
    resource_id: str
    subject_pseudonym: str | None
    request_id: str | None
    trace_id: str | None
    metadata: str
    commitments: str
    encoding: int
    content_hash: str
    leaf_index: int | None = None
    leaf_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a tree: its log, its number of leaves, its root, and the instant of the seal."""

    origin: str
    size: int
    root: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head as it is stored."""

    tree_size: int
    root_hash: bytes
    origin: str
    key_id: str
    signed_note: str
    sealed_at: datetime
    frontier: bytes | None = None
    sealed_below: str | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """The result of a seal: the new entries, and the latest checkpoint, if there is one."""

    log: LogName
    entries: int
    checkpoint: Checkpoint | None


class Fault(StrEnum):
    """A kind of finding."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    MOVED = "moved"
    CUT = "cut"
    ROOT = "root"
    SIGNATURE = "signature"
    COMMITMENT = "commitment"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference between the log and its seals; ``where`` is an entry, a leaf or a file."""

    fault: Fault
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of a verification.

    ``unsealed`` counts entries that are newer than the last seal, and therefore unproven.
    """

    log: str
    entries: int
    checkpoints: int
    unsealed: int
    findings: tuple[Finding, ...]
    keys: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True without findings."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class LastVerified:
    """When a log was last verified, up to how many entries, and what was found."""

    at: datetime
    entries: int
    findings: int
    first: str = ""


@dataclass(frozen=True, slots=True)
class Unsealed:
    """How many entries are not sealed, and the instant of the oldest."""

    entries: int
    oldest: datetime | None
