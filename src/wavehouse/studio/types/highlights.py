"""Highlights as values: a quote by its words and by its position (W3C Web Annotation) (CRE-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from wavehouse.studio.types.ids import BlockId, HighlightId


class HighlightState(StrEnum):
    """Whether the quoted words are in the script."""

    ANCHORED = "anchored"
    ORPHANED = "orphaned"


class Colour(StrEnum):
    """The colours of a highlight."""

    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PINK = "pink"


@dataclass(frozen=True, slots=True)
class Quote:
    """TextQuoteSelector and TextPositionSelector; positions count Unicode code points."""

    exact: str
    prefix: str
    suffix: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Highlight:
    """A marked passage; ``start`` and ``end`` are positions in revision ``block_revision``."""

    highlight_id: HighlightId
    user_id: UUID
    block_id: BlockId
    block_revision: int
    exact: str
    prefix: str
    suffix: str
    start: int
    end: int
    note: str | None
    colour: str
    state: str
    created_at: datetime
