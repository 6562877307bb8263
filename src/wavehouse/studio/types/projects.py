"""Projects and episodes as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId


class ProjectStatus(StrEnum):
    """Whether slots of a project are planned. Archived projects do not count for the plan."""

    ACTIVE = "active"
    PAUSED = "paused"
    ARCHIVED = "archived"


class MissedPolicy(StrEnum):
    """The handling of missed slots (Q7)."""

    RUN_LATEST = "run_latest"
    RUN_ALL = "run_all"
    SKIP = "skip"


class EpisodeStatus(StrEnum):
    """The states of an episode, in their usual order."""

    PLANNED = "planned"
    SCHEDULED = "scheduled"
    GENERATING = "generating"
    READY = "ready"
    PUBLISHED = "published"
    FAILED = "failed"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project to create. ``language`` is a BCP 47 tag; ``cadence`` has the keys of Q3."""

    title: str
    language: str
    brief: str = ""
    cadence: Mapping[str, Any] = field(default_factory=dict)
    missed_policy: MissedPolicy = MissedPolicy.RUN_LATEST
    missed_limit: int | None = None


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """The fields of a project to change; None keeps a field."""

    title: str | None = None
    language: str | None = None
    brief: str | None = None
    cadence: Mapping[str, Any] | None = None
    missed_policy: MissedPolicy | None = None
    missed_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A show produced in the studio."""

    project_id: ProjectId
    owner_id: UUID
    title: str
    brief: str
    language: str
    cadence_config: dict[str, Any]
    missed_policy: str
    missed_limit: int | None
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StudioEpisode:
    """An episode of a project.

    ``generation_errors`` has one entry for each attempt that failed. ``notes_closed_at`` is the
    time from which notes reach the next episode instead of this one.
    """

    episode_id: StudioEpisodeId
    project_id: ProjectId
    title: str
    status: str
    scheduled_for: datetime | None
    published_at: datetime | None
    generation_attempts: int
    generation_errors: list[Any]
    catalog_episode_id: UUID | None
    notes_closed_at: datetime | None
    created_at: datetime
