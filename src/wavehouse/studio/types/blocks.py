"""Scripts as values: blocks and their revisions (CRE-7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from wavehouse.studio.types.ids import BlockId


class BlockType(StrEnum):
    """The type of a block of a script."""

    MARKDOWN = "markdown"
    SPEECH = "speech"
    MUSIC = "music"
    SOUND = "sound"
    ADVERTISEMENT = "advertisement"


class Author(StrEnum):
    """The author of a revision: the acting person, or the generation."""

    PERSON = "person"
    GENERATION = "generation"


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A block to write."""

    body: str
    type: BlockType = BlockType.MARKDOWN


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a script in its last revision. ``written_by`` is None for the generation."""

    block_id: BlockId
    position: int
    type: str
    body: str
    revision: int
    written_by: UUID | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A block as it was in a revision."""

    block_id: BlockId
    position: int
    revision: int
    type: str
    body: str
    written_by: UUID | None
    recorded_at: datetime
