"""Shared by the routes of ``learning``: batch entries and responses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SkipValidation,
    ValidationError,
)

from wavehouse.kernel import clock
from wavehouse.kernel.fields import Exact, Line, Paragraphs
from wavehouse.learning.rules.estimating import Estimate, sentence
from wavehouse.learning.service.generating import Next
from wavehouse.learning.types import (
    ContentFormat,
    ContentInput,
    EntryResult,
    EventInput,
    EventType,
    Generation,
    LevelReport,
    Preferences,
    Recommendation,
    Session,
    Stated,
    Stored,
)

Id = Annotated[Exact, Field(min_length=1, max_length=255)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class EventIn(BaseModel):
    """A player event. Positions are in seconds; ``before`` is where a jump started."""

    model_config = ConfigDict(extra="forbid")

    event_id: Id
    content_id: Id
    type: Annotated[Exact, Field(max_length=50, json_schema_extra={"enum": [*EventType]})]
    at: AwareDatetime
    position: Seconds
    before: Seconds | None = None
    speed: Seconds | None = None
    by_timer: bool = False
    device: dict[Line, Line] = Field(default_factory=dict, max_length=20)

    def to_event(self) -> EventInput:
        """Convert to an event; validated later."""
        return EventInput(**self.model_dump())


class EventsIn(BaseModel):
    """Events of one session; each is validated separately."""

    model_config = ConfigDict(extra="forbid")

    events: list[SkipValidation[EventIn]] = Field(min_length=1)


class ContentIn(BaseModel):
    """Content: text, audio, topics. Difficulty from -3 to 3."""

    model_config = ConfigDict(extra="forbid")

    content_id: Id
    title: Annotated[Line, Field(min_length=1, max_length=500)]
    text: Annotated[Paragraphs, Field(max_length=200_000)]
    audio_url: Annotated[Exact, Field(min_length=1, max_length=1000)]
    duration: Annotated[int, Field(gt=0, le=86_400 * 2)]
    format: ContentFormat = ContentFormat.NARRATIVE
    language: Annotated[Exact, Field(min_length=2, max_length=10)] = "it"
    genre: Annotated[Line, Field(max_length=100)] = ""
    topic: Annotated[Line, Field(max_length=200)] = ""
    series_id: Annotated[Exact, Field(max_length=255)] = ""
    episode_number: int | None = Field(default=None, ge=1, le=1_000_000)
    difficulty: Seconds | None = None

    def to_content(self) -> ContentInput:
        """Convert to content; validated later."""
        return ContentInput(**self.model_dump())


class ContentBatch(BaseModel):
    """A batch of content; each piece is validated separately."""

    model_config = ConfigDict(extra="forbid")

    content: list[SkipValidation[ContentIn]] = Field(min_length=1)


@dataclass(frozen=True)
class Judged(Generic[T]):
    """The valid entries of a batch, and the results of the others."""

    good: list[T]
    places: list[int]
    refused: list[EntryResult]

    def joined(self, results: Sequence[EntryResult]) -> BatchOut:
        """The results of the whole batch, in the order of its entries."""
        moved = [
            EntryResult(self.places[each.index], each.id, each.outcome, each.reason)
            for each in results
        ]
        return BatchOut.of(sorted((*self.refused, *moved), key=lambda each: each.index))


def judged(model: type[M], entries: Iterable[Any], key: str) -> Judged[M]:
    """Parse each entry; invalid ones are rejected with their index and the reason."""
    batch: Judged[M] = Judged([], [], [])
    for index, entry in enumerate(entries):
        try:
            batch.good.append(model.model_validate(entry))
            batch.places.append(index)
        except ValidationError as error:
            name = entry.get(key) if isinstance(entry, dict) else None
            batch.refused.append(
                EntryResult(
                    index,
                    name[:255] if isinstance(name, str) else "",
                    Stored.REFUSED,
                    _sentence(error),
                )
            )
    return batch


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


class EntryOut(BaseModel):
    """The result for the entry at ``index`` of the batch."""

    index: int
    id: str
    outcome: Stored
    reason: str


class BatchOut(BaseModel):
    """The numbers of stored, known and refused entries; refused ones with their reasons."""

    stored: int
    duplicates: int
    refused: int
    refusals: list[EntryOut]

    @classmethod
    def of(cls, results: Sequence[EntryResult]) -> BatchOut:
        """The response to a batch."""
        counted = [each.outcome for each in results]
        return cls(
            stored=counted.count(Stored.STORED),
            duplicates=counted.count(Stored.DUPLICATE),
            refused=counted.count(Stored.REFUSED),
            refusals=[
                EntryOut(index=e.index, id=e.id, outcome=e.outcome, reason=e.reason)
                for e in results
                if e.outcome is Stored.REFUSED
            ],
        )


class PreferencesIO(BaseModel):
    """A learner's preferences; ``understanding`` is the desired share of a piece to understand."""

    model_config = ConfigDict(extra="forbid")

    difficulty: Stated = Stated.INTERMEDIATE
    formats: list[ContentFormat] = Field(default_factory=list, max_length=3)
    genres: list[Annotated[Line, Field(max_length=100)]] = Field(
        default_factory=list, max_length=50
    )
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    auto_play: bool = True
    understanding: float = Field(default=0.85, ge=0.5, le=0.99)

    def to_preferences(self) -> Preferences:
        """Convert to preferences; validated later."""
        return Preferences(
            self.difficulty,
            tuple(each.value for each in self.formats),
            tuple(self.genres),
            self.speed,
            self.auto_play,
            self.understanding,
        )

    @classmethod
    def of(cls, said: Preferences) -> PreferencesIO:
        """The preferences as a response."""
        return cls(
            difficulty=said.difficulty,
            formats=[ContentFormat(each) for each in said.formats],
            genres=list(said.genres),
            speed=said.speed,
            auto_play=said.auto_play,
            understanding=said.understanding,
        )


class SessionOut(BaseModel):
    """A session; the learner's player sends this session's events with ``token``."""

    session_id: str
    account_id: str | None
    started_at: datetime
    last_activity_at: datetime
    content_ids: list[str]
    current_content_id: str | None
    listening_seconds: int
    ended_at: datetime | None
    archived_at: datetime | None
    token: str | None = None

    @classmethod
    def of(cls, session: Session, token: str | None = None) -> SessionOut:
        """The session as a response."""
        return cls(
            session_id=session.session_id,
            account_id=session.account_id,
            started_at=session.started_at,
            last_activity_at=session.last_activity_at,
            content_ids=session.content_ids,
            current_content_id=session.current_content_id,
            listening_seconds=session.listening_seconds,
            ended_at=session.ended_at,
            archived_at=session.archived_at,
            token=token,
        )


class LevelOut(BaseModel):
    """A learner's level from 0 to 1 with its 80 % interval; empty below five outcomes (L14)."""

    enough_data: bool
    outcomes: int
    level: float | None
    low: float | None
    high: float | None
    best_difficulty: float
    understanding: float
    model_version: str
    why: list[str]

    @classmethod
    def of(cls, report: LevelReport) -> LevelOut:
        """The level as a response."""
        level = report.level
        return cls(
            enough_data=level is not None,
            outcomes=report.outcomes,
            level=None if level is None else level.level,
            low=None if level is None else level.low,
            high=None if level is None else level.high,
            best_difficulty=report.best_difficulty,
            understanding=report.understanding,
            model_version=report.model_version,
            why=list(report.why),
        )


class RecommendationOut(BaseModel):
    """The recommended piece and the reasons. ``propensity``: the probability of this choice."""

    slot: int
    content_id: str
    title: str
    audio_url: str
    policy: str
    propensity: float
    reasons: list[str]
    model_version: str
    decided_at: datetime

    @classmethod
    def of(cls, choice: Recommendation) -> RecommendationOut:
        """The recommendation as a response."""
        return cls(
            slot=choice.slot,
            content_id=choice.content_id,
            title=choice.title,
            audio_url=choice.audio_url,
            policy=choice.policy,
            propensity=choice.propensity,
            reasons=list(choice.reasons),
            model_version=choice.model_version,
            decided_at=choice.decided_at,
        )


class GenerationOut(BaseModel):
    """A piece that the studio generates for a learner.

    ``reason`` is why it waits or how the piece differs from the request. Estimates are in seconds
    from ``started_at``: the median, the first and the last decile of ``estimate_runs`` past runs;
    empty below three.
    """

    generation_id: str
    status: str
    content_id: str | None
    language: str
    asked_difficulty: float | None
    made_difficulty: float | None
    reason: str
    error: str
    estimated_completion_time: int | None
    estimate_low: int | None
    estimate_high: int | None
    estimate_runs: int
    estimate: str
    webhook_sent: bool
    started_at: datetime
    completed_at: datetime | None

    @classmethod
    def of(cls, row: Generation) -> GenerationOut:
        """The generation as a response."""
        guess = None
        if row.estimate_seconds is not None:
            low, high = row.estimate_low or 0, row.estimate_high or row.estimate_seconds
            guess = Estimate(row.estimate_seconds, low, high, row.estimate_runs or 0)
        elapsed = (clock.now() - row.started_at).total_seconds()
        return cls(
            generation_id=row.generation_id,
            status=row.status,
            content_id=row.content_id,
            language=row.language,
            asked_difficulty=row.asked_difficulty,
            made_difficulty=row.made_difficulty,
            reason=row.reason,
            error=row.error,
            estimated_completion_time=row.estimate_seconds,
            estimate_low=row.estimate_low,
            estimate_high=row.estimate_high,
            estimate_runs=row.estimate_runs or 0,
            estimate="" if row.has_ended else sentence(guess, elapsed),
            webhook_sent=row.webhook_sent,
            started_at=row.started_at,
            completed_at=row.completed_at,
        )


class GenerationRequestOut(BaseModel):
    """The learner's generation, or the reason why none was started."""

    generation: GenerationOut | None
    reason: str


class Recommendations(BaseModel):
    """The recommended pieces, the policy's choice first.

    ``generation``: no unheard piece was suitable, so the studio was asked; ``reason``: why it was
    not.
    """

    recommendations: list[RecommendationOut] = Field(default_factory=list)
    generation: GenerationOut | None = None
    reason: str = ""

    @classmethod
    def of(cls, answer: Next) -> Recommendations:
        """The recommendations as a response."""
        return cls(
            recommendations=[RecommendationOut.of(each) for each in answer.recommendations],
            generation=None if answer.generation is None else GenerationOut.of(answer.generation),
            reason=answer.reason,
        )
