"""Data types of audit entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

Actor = NewType("Actor", str)
"""The actor: ``user:<uuid>``, ``key:<uuid>`` or ``system:<name of the command or job>``."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, before it has an id."""

    at: datetime
    organization_id: UUID | None
    actor: Actor
    action: str
    resource_type: str
    resource_id: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    trace_id: str | None = None
