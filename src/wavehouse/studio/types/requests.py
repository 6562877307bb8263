"""Episodes that another context requests, as values."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Series:
    """A project that generates episodes for learners."""

    project_id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class EpisodeRequest:
    """A request and its slot; ``level`` replaces that of the project."""

    request_id: UUID
    project_id: UUID
    slot_id: UUID
    level: str


@dataclass(frozen=True, slots=True)
class MadeEpisode:
    """A published episode: its text, its audio and the length in seconds."""

    episode_id: UUID
    project_id: UUID
    number: int
    title: str
    text: str
    audio_url: str
    seconds: int
    language: str
    model: str


@dataclass(frozen=True, slots=True)
class RequestState:
    """The state of a request: its slot's status, the reason for a wait or a failure, the episode.

    ``status`` is one of ``SlotStatus``; ``episode`` is set when it is done.
    """

    slot_id: UUID
    status: str
    reason: str
    episode: MadeEpisode | None = None
