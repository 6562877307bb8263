"""Learning: estimates how much listeners understand, and recommends the next piece."""

from __future__ import annotations

from wavehouse.learning.adapters.tokens import Tokens
from wavehouse.learning.queries.overview import PolicyRow
from wavehouse.learning.rules.calibrating import LEAST_LISTENERS
from wavehouse.learning.rules.model import DEFAULT as DEFAULT_MODEL
from wavehouse.learning.service.generating import (
    Next,
    advance_generation,
    ask_studio,
    generation_of,
    list_generations,
    next_piece,
)
from wavehouse.learning.service.levels import history, level_of
from wavehouse.learning.service.library import add_content, content, list_content, transcript
from wavehouse.learning.service.overview import (
    CalibrationLine,
    LearnerLine,
    calibrate,
    calibration,
    compare_policies,
    list_learners,
)
from wavehouse.learning.service.recommending import list_recommendations, recommend
from wavehouse.learning.service.recording import record_events
from wavehouse.learning.service.sessions import session, start_session
from wavehouse.learning.types import (
    LEAST_OUTCOMES,
    Choice,
    Content,
    ContentInput,
    Event,
    EventInput,
    EventType,
    Evidence,
    Generation,
    GenerationStatus,
    Item,
    Level,
    Model,
    Outcome,
    OutcomeClass,
)

__all__ = [
    "DEFAULT_MODEL",
    "LEAST_LISTENERS",
    "LEAST_OUTCOMES",
    "CalibrationLine",
    "Choice",
    "Content",
    "ContentInput",
    "Event",
    "EventInput",
    "EventType",
    "Evidence",
    "Generation",
    "GenerationStatus",
    "Item",
    "LearnerLine",
    "Level",
    "Model",
    "Next",
    "Outcome",
    "OutcomeClass",
    "PolicyRow",
    "Tokens",
    "add_content",
    "advance_generation",
    "ask_studio",
    "calibrate",
    "calibration",
    "compare_policies",
    "content",
    "generation_of",
    "history",
    "level_of",
    "list_content",
    "list_generations",
    "list_learners",
    "list_recommendations",
    "next_piece",
    "recommend",
    "record_events",
    "session",
    "start_session",
    "transcript",
]
