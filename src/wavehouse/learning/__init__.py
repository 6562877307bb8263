"""Learning: what listeners understand, and the right next thing to hear."""

from __future__ import annotations

from wavehouse.learning.rules.model import DEFAULT as DEFAULT_MODEL
from wavehouse.learning.types import (
    Choice,
    Event,
    EventType,
    Evidence,
    Item,
    Level,
    Model,
    Outcome,
    OutcomeClass,
)

__all__ = [
    "DEFAULT_MODEL",
    "Choice",
    "Event",
    "EventType",
    "Evidence",
    "Item",
    "Level",
    "Model",
    "Outcome",
    "OutcomeClass",
]
