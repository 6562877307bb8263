"""Data types of learners, content and outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

BINS = 12
"""Difficulty from -3 to 3 in bins of half a point."""
LEAST_OUTCOMES = 5
"""Below this many outcomes no level is shown (L14)."""


class EventType(StrEnum):
    """The event types of a player."""

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
    """The class of an outcome: how listening to one item went."""

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
    was, for a jump that has it. ``by_timer``: a sleep timer moved the player, not the learner.
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
    """An item: length in seconds, difficulty from -3 to 3, features."""

    content_id: str
    duration: float
    difficulty: float
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one item in one session, at its last event; ``heard`` is from 0 to 1."""

    content_id: str
    at: datetime
    difficulty: float
    kind: OutcomeClass
    heard: float
    replays: int
    liked: bool = False
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listening:
    """The state of one item in one session, open or closed.

    ``seconds`` counts repeated audio, ``heard`` (from 0 to 1) does not. ``kind`` is None when
    nothing was heard and nothing skipped. ``ended``: complete or skip.
    """

    first_at: datetime
    last_at: datetime
    seconds: float
    heard: float
    replays: int
    liked: bool
    ended: bool
    kind: OutcomeClass | None


Cell = tuple[str, int, int]
"""Bucket (a calendar month), difficulty bin, class of outcome."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Counts of a learner's outcomes, independent of their order (L1).

    ``likes`` are by feature: (for, against).
    """

    cells: dict[Cell, int] = field(default_factory=dict)
    likes: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def outcomes(self) -> int:
        """The number of counted outcomes."""
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
    """A learner's estimated ability; ``level``, ``sd`` and interval are from 0 to 1."""

    level: float
    sd: float
    low: float
    high: float
    outcomes: int
    model_version: str

    @property
    def is_enough(self) -> bool:
        """Whether there is enough evidence to show a level (L14)."""
        return self.outcomes >= LEAST_OUTCOMES


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen item and the reasons. ``propensity``: the probability of the choice (L15)."""

    content_id: str
    propensity: float
    reasons: tuple[str, ...]
    policy: str
    candidates: tuple[str, ...]


class Stated(StrEnum):
    """The difficulty that a learner asks for."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class ContentFormat(StrEnum):
    """Kinds of content."""

    NARRATIVE = "narrative"
    PODCAST = "podcast"
    EDUCATIONAL = "educational"


@dataclass(frozen=True, slots=True)
class ContentInput:
    """Content to add or replace. ``duration`` is in seconds.

    ``difficulty`` is from -3 to 3; None: it is estimated from the text.
    """

    content_id: str
    title: str
    text: str
    audio_url: str
    duration: int
    format: ContentFormat = ContentFormat.NARRATIVE
    language: str = "it"
    genre: str = ""
    topic: str = ""
    series_id: str = ""
    episode_number: int | None = None
    difficulty: float | None = None
    template_id: str = "import"
    session_id: str = ""
    generated_by: str = ""
    model_parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """Content as it is stored; ``difficulty`` from -3 to 3."""

    content_id: str
    title: str
    text: str
    audio_url: str
    duration: int
    format: str
    language: str
    genre: str
    topic: str
    series_id: str
    episode_number: int | None
    difficulty: float
    difficulty_method: str
    level: str
    word_count: int
    engagement: Mapping[str, Any]
    quality_score: float | None

    @property
    def features(self) -> tuple[str, ...]:
        """The features of the content, as ``name:value``; preferences are learned for these."""
        named = (("format", self.format), ("genre", self.genre), ("topic", self.topic))
        return tuple(f"{name}:{value}" for name, value in named if value)


@dataclass(frozen=True, slots=True)
class EventInput:
    """An event as a player sends it; positions in seconds of the content.

    ``before`` is where a jump started; ``speed`` the new speed of a ``speed_change``.
    """

    event_id: str
    content_id: str
    type: str
    at: datetime
    position: float
    before: float | None = None
    speed: float | None = None
    by_timer: bool = False
    device: Mapping[str, Any] = field(default_factory=dict)


class Stored(StrEnum):
    """The result of one entry of a batch."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class EntryResult:
    """The result of the entry at ``index``; ``reason`` is set when it was refused."""

    index: int
    id: str
    outcome: Stored
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a learner. ``listening_seconds`` and ``content_ids`` are derived from events."""

    session_id: str
    learner_id: UUID
    account_id: str | None
    started_at: datetime
    last_activity_at: datetime
    content_ids: list[str]
    current_content_id: str | None
    listening_seconds: int
    ended_at: datetime | None
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionItem:
    """The state of one piece in one session; ``outcome`` is None while it is open."""

    session_id: str
    content_id: str
    first_at: datetime
    last_at: datetime
    seconds: float
    heard: float
    replays: int
    liked: bool
    closed: bool
    kind: int | None
    difficulty: float
    features: tuple[str, ...]

    @property
    def outcome(self) -> Outcome | None:
        """The counted outcome: None while the item is open or when nothing was heard."""
        if not self.closed or self.kind is None:
            return None
        return Outcome(
            self.content_id,
            self.last_at,
            self.difficulty,
            OutcomeClass(self.kind),
            self.heard,
            self.replays,
            self.liked,
            tuple(self.features),
        )


@dataclass(frozen=True, slots=True)
class Preferences:
    """A learner's preferences: difficulty, formats and genres, speed, and desired understanding."""

    difficulty: Stated = Stated.INTERMEDIATE
    formats: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    speed: float = 1.0
    auto_play: bool = True
    understanding: float = 0.85


@dataclass(frozen=True, slots=True)
class LevelReport:
    """A learner's level and the reasons; ``level`` is None below five outcomes (L14).

    ``best_difficulty`` (-3 to 3) is understood with the probability that the learner wants.
    """

    outcomes: int
    model_version: str
    level: Level | None
    best_difficulty: float
    understanding: float
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevelPoint:
    """The level after an outcome."""

    at: datetime
    content_id: str
    outcomes: int
    level: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A recommended piece, as chosen and logged."""

    slot: int
    content_id: str
    title: str
    audio_url: str
    propensity: float
    reasons: tuple[str, ...]
    policy: str
    model_version: str
    decided_at: datetime


class GenerationStatus(StrEnum):
    """The states of a generation; it only moves forward (L16)."""

    GENERATING = "generating"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LiveGeneration:
    """A learner's latest generation; ``heard`` is the share of its piece, from 0 to 1."""

    generation_id: str
    status: str
    heard: float


@dataclass(frozen=True, slots=True)
class Generation:
    """A piece requested from the studio.

    ``reason`` is why it waits or how the piece differs from the request, ``error`` why it failed.
    Estimates are in seconds from ``started_at``; None without enough past runs. Difficulties are
    from -3 to 3.
    """

    generation_id: str
    session_id: str
    status: str
    content_id: str | None
    project_id: UUID | None
    slot_id: UUID | None
    language: str
    asked_difficulty: float | None
    made_difficulty: float | None
    reason: str
    error: str
    estimate_seconds: int | None
    estimate_low: int | None
    estimate_high: int | None
    estimate_runs: int | None
    webhook_sent: bool
    started_at: datetime
    completed_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether it is completed or failed."""
        return self.status in (GenerationStatus.COMPLETED, GenerationStatus.FAILED)
