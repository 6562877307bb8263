"""The schedule of a project as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID


class SlotStatus(StrEnum):
    """The states of a slot: live, then exactly one of the ends (Q7)."""

    PENDING = "pending"
    RUNNING = "running"
    BLOCKED = "blocked_budget"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    DEAD = "dead"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Lane(IntEnum):
    """The lanes of slots (Q10)."""

    INTERACTIVE = 0
    SCHEDULED = 1
    BACKFILL = 2


@dataclass(frozen=True, slots=True)
class ScheduledSlot:
    """A slot in a listing; ``finished_at`` is None while it is live."""

    slot_id: UUID
    project_id: UUID
    episode_id: UUID | None
    local_date: date
    local_time: time
    timezone: str
    slot_at: datetime
    run_at: datetime | None
    status: str
    attempts: int
    max_attempts: int
    errors: list[Any]
    cost: Decimal
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProjectToPlan:
    """A project with a cadence, and its organization."""

    organization_id: UUID
    project_id: UUID
    status: str
    cadence_config: dict[str, Any]
    missed_policy: str
    missed_limit: int | None


@dataclass(frozen=True, slots=True)
class Planned:
    """The result of planning: slots added, removed and kept, and dates that were already used."""

    added: int
    removed: int
    kept: int
    used: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class SlotLease:
    """A claimed slot. Every write for it carries the token (Q15)."""

    slot_id: UUID
    lease_token: UUID
    organization_id: UUID
    project_id: UUID
    episode_id: UUID | None
    slot_at: datetime
    lane: int
    attempts: int
    max_attempts: int
    run_at: datetime
    deadline_at: datetime
    progress: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class DueSlots:
    """The number of due slots of an organization."""

    organization_id: UUID
    number: int
