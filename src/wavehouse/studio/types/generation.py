"""A generation as values: steps, publications, and their display."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID


class Step(StrEnum):
    """The steps of a generation, in their order."""

    PLAN = "plan"
    OUTLINE = "outline"
    SCRIPT = "script"
    REVIEW = "review"
    SYNTHESIZE = "synthesize"
    ASSEMBLE = "assemble"
    ENCODE = "encode"
    TRANSCRIPT = "transcript"
    PUBLISH = "publish"
    NOTIFY = "notify"


class StepStatus(StrEnum):
    """The states of a step. ``skipped``: an earlier generation had finished it for this input."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as stored. ``prompt_manifest`` names the notes, memories and sources it read."""

    generation_id: UUID
    episode_id: UUID
    step: str
    segment: int
    input_hash: bytes
    status: str
    attempt: int
    output_ref: str | None
    prompt_manifest: dict[str, Any]
    reservation_id: UUID | None
    cost: Decimal
    error: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Publication:
    """A published episode as the feed needs it."""

    episode_id: UUID
    project_id: UUID
    generation_id: UUID
    season: int
    number: int
    title: str
    description: str
    language: str
    speakers: list[str]
    audio_ref: str
    audio_bytes: int
    duration_ms: int
    timeline_ref: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class EpisodeToMake:
    """The episode of a slot with its project, as the pipeline needs them."""

    episode_id: UUID
    project_id: UUID
    organization_id: UUID
    owner_id: UUID
    project_title: str
    brief: str
    language: str
    project_status: str
    title: str
    status: str
    scheduled_for: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt at a slot."""

    slot_id: UUID
    episode_id: UUID | None
    status: str
    steps_run: int
    steps_kept: int
    cost: Decimal
    message: str
