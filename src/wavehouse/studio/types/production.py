"""The production settings of a project: voices, level, providers, feed; a script's material."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID


class Level(StrEnum):
    """The level of language of a script; it also sets the pace."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class Visibility(StrEnum):
    """The readers of the feed."""

    PUBLIC = "public"
    PRIVATE = "private"


class Provider(StrEnum):
    """The writer or the speaker."""

    LOCAL = "local"
    OPENAI_COMPATIBLE = "openai_compatible"


@dataclass(frozen=True, slots=True)
class Voice:
    """The voice of a speaker.

    ``name`` is a voice of the speech provider, empty for the one of the language; ``variant`` such
    as ``f2``; ``speed`` in words per minute; ``pitch`` from 0 to 100.
    """

    speaker: str
    name: str = ""
    variant: str = ""
    speed: int = 160
    pitch: int = 50


@dataclass(frozen=True, slots=True)
class Production:
    """The production settings of a project; a project without them has the defaults."""

    project_id: UUID
    level: str
    voices: list[Any]
    review: bool
    text_provider: str
    text_model: str
    speech_provider: str
    speech_model: str
    visibility: str
    feed_token_hash: bytes | None = field(repr=False)
    author: str
    owner_email: str
    explicit: bool
    for_learners: bool = False
    cover_ref: str | None = None
    cover_type: str | None = None


@dataclass(frozen=True, slots=True)
class ProductionChange:
    """The settings to change; None keeps one."""

    level: Level | None = None
    voices: tuple[Voice, ...] | None = None
    review: bool | None = None
    text_provider: Provider | None = None
    text_model: str | None = None
    speech_provider: Provider | None = None
    speech_model: str | None = None
    author: str | None = None
    owner_email: str | None = None
    explicit: bool | None = None
    for_learners: bool | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text by a person or from a document: data for the writer, never instructions.

    ``ref`` is its id; ``label`` how a script cites it and ``title`` its document's, both empty for
    notes and memories.
    """

    kind: str
    ref: str
    body: str
    label: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """All material from which a script is written."""

    title: str
    brief: str
    language: str
    level: str
    number: int
    day: date
    speakers: tuple[str, ...]
    notes: tuple[Excerpt, ...] = ()
    memories: tuple[Excerpt, ...] = ()
    sources: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A section of an outline: its title, its points, and the refs of the excerpts it uses."""

    title: str
    points: tuple[str, ...]
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """The title of an episode and its sections.

    ``declined`` has the reason for each note left out.
    """

    title: str
    sections: tuple[Heading, ...]
    declined: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A speaker's words without interruption."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of a script."""

    title: str
    lines: tuple[Line, ...]
