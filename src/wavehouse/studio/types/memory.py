"""Agent memory as values: facts with their validity and the time of recording (CRE-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from wavehouse.studio.types.ids import MemoryId, ProjectId


class MemoryKind(StrEnum):
    """The kind of a memory."""

    FACT = "fact"
    PREFERENCE = "preference"
    DECISION = "decision"
    STYLE = "style"
    SUMMARY = "summary"


class SourceKind(StrEnum):
    """The origin of a memory."""

    NOTE = "note"
    CHAT = "chat"
    GENERATION = "generation"
    PERSON = "person"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory of a project. ``content`` is None after it was forgotten.

    ``content_type`` is ``json`` for an imported value that was not a text. ``origin_id`` names the
    memory that this row repeats with another validity.
    """

    memory_id: MemoryId
    project_id: ProjectId
    kind: str
    content: str | None
    content_type: str
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    superseded_by: MemoryId | None
    origin_id: MemoryId | None
    source_kind: str
    source_id: str
    confidence: Decimal
    forgotten_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewMemory:
    """A statement to remember. ``source_id`` names its note, message or person."""

    content: str
    kind: MemoryKind = MemoryKind.FACT
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    source_kind: SourceKind = SourceKind.PERSON
    source_id: str | None = None
    confidence: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of importing ``projects.memories``: values added, changed, removed, unchanged."""

    added: int
    changed: int
    removed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class GivenMemory:
    """A value of ``projects.memories``: its place there, and its text or JSON without loss."""

    source_id: str
    content: str
    content_type: str
