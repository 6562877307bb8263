"""What is known of learners, of what they hear and of how it went."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

BINS = 12
"""Difficulty from -3 to 3 in bins of half a point."""
LEAST_OUTCOMES = 5
"""Below this many outcomes no level is shown (L14)."""


class EventType(StrEnum):
    """What a player reports."""

    PLAY = "play"
    PAUSE = "pause"
    RESUME = "resume"
    SEEK = "seek"
    REPLAY = "replay"
    SKIP = "skip"
    COMPLETE = "complete"
    SPEED_CHANGE = "speed_change"
    PROGRESS = "progress"
    LIKE = "like"
    UNLIKE = "unlike"


class OutcomeClass(IntEnum):
    """How listening to one item went."""

    CLEAN = 0
    SOME = 1
    HEAVY = 2
    EARLY = 3
    LATE = 4


CLASSES = len(OutcomeClass)
UNDERSTOOD = (OutcomeClass.CLEAN, OutcomeClass.SOME)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a player.

    ``position`` is where the player is after the event, in seconds of the item; ``before`` where it
    was, for a jump that says so. ``by_timer``: a sleep timer moved the player, not the learner.
    """

    event_id: str
    type: EventType
    at: datetime
    position: float
    before: float | None = None
    speed: float | None = None
    by_timer: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """What was heard: its length in seconds, its difficulty from -3 to 3, what it is about."""

    content_id: str
    duration: float
    difficulty: float
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One item in one session, closed out: ``at`` its last event, ``heard`` a share of 0 to 1."""

    content_id: str
    at: datetime
    difficulty: float
    kind: OutcomeClass
    heard: float
    replays: int
    liked: bool = False
    features: tuple[str, ...] = ()


Cell = tuple[str, int, int]
"""Bucket (a calendar month), difficulty bin, class of outcome."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Counts alone: what a learner's outcomes add up to, in whatever order they came (L1).

    ``likes`` are by feature: (for, against).
    """

    cells: dict[Cell, int] = field(default_factory=dict)
    likes: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def outcomes(self) -> int:
        """How many outcomes were counted."""
        return sum(self.cells.values())


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted table: logits ``alpha + beta · (ability - difficulty)`` of each class of outcome.

    ``decay`` weighs a bucket of evidence by its age in months. ``trust`` weighs every outcome:
    those of one learner resemble each other more than the table knows, and intervals would be too
    narrow.
    The prior is a normal distribution.
    """

    version: str
    alpha: tuple[float, ...]
    beta: tuple[float, ...]
    prior_mean: float = 0.0
    prior_sd: float = 1.2
    decay: float = 0.7
    trust: float = 0.8
    like_rate: float = 0.35


@dataclass(frozen=True, slots=True)
class Level:
    """The ability of a learner as estimated; ``level``, ``sd`` and interval are from 0 to 1."""

    level: float
    sd: float
    low: float
    high: float
    outcomes: int
    model_version: str

    @property
    def is_enough(self) -> bool:
        """Whether there is evidence enough to show a level (L14)."""
        return self.outcomes >= LEAST_OUTCOMES


@dataclass(frozen=True, slots=True)
class Choice:
    """What comes next, and why. ``propensity``: how probable the choice was, in (0, 1] (L15)."""

    content_id: str
    propensity: float
    reasons: tuple[str, ...]
    policy: str
    candidates: tuple[str, ...]
