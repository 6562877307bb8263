"""The calendar of a project, and the steps on an episode's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CalendarSlot:
    """A slot of the schedule on the project's clock; ``status`` is live or its end."""

    slot_id: UUID
    local_date: date
    local_time: time | None
    slot_at: datetime
    status: str
    episode_id: UUID | None
    title: str | None


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step of an episode's generation: its status, cost and error."""

    step: str
    segments: int
    completed: int
    status: str
    cost: Decimal
    error: str | None
