"""User events as values: actions of people, instead of flags (CRE-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class EventState(StrEnum):
    """Whether an event matches the registry."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class EventType:
    """A registered type of event with the JSON schema of its data."""

    event_type: str
    version: int
    description: str
    json_schema: dict[str, Any]
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as a client sends it; ``client_event_id`` is unique per organization and UTC day."""

    event_type: str
    client_event_id: str
    occurred_at: datetime
    event_data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UserEvent:
    """A stored event; ``reason`` explains its quarantine."""

    event_id: UUID
    user_id: UUID
    event_type: str
    event_data: dict[str, Any]
    client_event_id: str
    occurred_at: datetime
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The numbers of accepted, quarantined and already stored events."""

    accepted: int
    quarantined: int
    repeated: int
