"""Learning: estimates what listeners understand, and recommends the next piece."""

from __future__ import annotations

from wavehouse.learning.adapters.tokens import Tokens
from wavehouse.learning.queries.overview import PolicyRow
from wavehouse.learning.rules.calibrating import LEAST_LISTENERS
from wavehouse.learning.rules.model import DEFAULT as DEFAULT_MODEL
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
    "Item",
    "LearnerLine",
    "Level",
    "Model",
    "Outcome",
    "OutcomeClass",
    "PolicyRow",
    "Tokens",
    "add_content",
    "calibrate",
    "calibration",
    "compare_policies",
    "content",
    "history",
    "level_of",
    "list_content",
    "list_learners",
    "list_recommendations",
    "recommend",
    "record_events",
    "session",
    "start_session",
    "transcript",
]
