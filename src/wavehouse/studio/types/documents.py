"""Source documents as values: texts that a script may cite."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wavehouse.studio.types.ids import DocumentId, ProjectId


class DocumentKind(StrEnum):
    """The origin of a document's text."""

    TEXT = "text"
    URL = "url"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Document:
    """A source document of a project; ``digest`` is the SHA-256 of its text."""

    document_id: DocumentId
    project_id: ProjectId
    kind: str
    title: str
    address: str | None
    digest: bytes
    pages: int | None
    chunks: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """A part of a document that a script cites as ``[S<number>]``. It is data, not instructions."""

    number: int
    document_id: DocumentId
    title: str
    address: str | None
    body: str

    @property
    def label(self) -> str:
        """The citation form, such as ``[S1]``."""
        return f"[S{self.number}]"


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of a document before it is stored."""

    kind: DocumentKind
    title: str
    text: str
    address: str | None = None
    pages: int | None = None
