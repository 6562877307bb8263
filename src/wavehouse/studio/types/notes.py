"""Planning notes as values (CRE-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from wavehouse.studio.types.ids import NoteId, ProjectId, StudioEpisodeId


class NoteKind(StrEnum):
    """The kind of a note."""

    IDEA = "idea"
    FEEDBACK = "feedback"
    CORRECTION = "correction"


class NoteState(StrEnum):
    """The states of a note: open, assigned to a planning, then applied or declined."""

    OPEN = "open"
    CONSIDERED = "considered"
    APPLIED = "applied"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Note:
    """A planning note.

    ``episode_id`` is the episode it was left on, ``considered_by_episode_id`` the one whose
    planning took it, ``applied_to_episode_id`` the one that it changed.
    """

    note_id: NoteId
    project_id: ProjectId
    episode_id: StudioEpisodeId | None
    author_id: UUID
    author: str
    body: str
    kind: str
    state: str
    reason: str | None
    considered_by_episode_id: StudioEpisodeId | None
    applied_to_episode_id: StudioEpisodeId | None
    created_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A generation's decision about a note: applied, or declined with a reason."""

    note_id: NoteId
    applied: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """The episode that an open note will reach.

    ``episode_id`` is None while the episode is only a slot of the schedule; ``at`` is its time, or
    None when the project has no schedule.
    """

    episode_id: StudioEpisodeId | None
    title: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class AddedNote:
    """A new note and the episode it will reach."""

    note: Note
    reach: Reach
