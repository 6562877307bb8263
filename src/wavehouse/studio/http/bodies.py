"""Request bodies and responses of ``/api/v1/studio``."""

from dataclasses import asdict
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from wavehouse.kernel import words
from wavehouse.kernel.fields import Exact, Line, Paragraphs
from wavehouse.studio.rules.slots import Slot
from wavehouse.studio.types.blocks import BlockType
from wavehouse.studio.types.documents import Document
from wavehouse.studio.types.highlights import Colour
from wavehouse.studio.types.memory import MemoryKind
from wavehouse.studio.types.notes import NoteKind
from wavehouse.studio.types.projects import MissedPolicy, ProjectStatus


def _cleaned(value: Any) -> Any:
    """A JSON value whose texts keep line breaks and lose other control characters."""
    if isinstance(value, str):
        return words.paragraphs(value)
    if isinstance(value, dict):
        return {words.line(str(key)): _cleaned(child) for key, child in value.items()}
    return [_cleaned(child) for child in value] if isinstance(value, list) else value


def _single_lines(value: Any) -> Any:
    """A JSON value whose texts are on one line."""
    if isinstance(value, str):
        return words.line(value)
    if isinstance(value, dict):
        return {words.line(str(key)): _single_lines(child) for key, child in value.items()}
    return [_single_lines(child) for child in value] if isinstance(value, list) else value


Data = Annotated[dict[str, Any], BeforeValidator(_cleaned)]
Settings = Annotated[dict[str, Any], BeforeValidator(_single_lines)]
Title = Annotated[Line, Field(min_length=1, max_length=500)]
Language = Annotated[Exact, Field(min_length=2, max_length=10)]
Brief = Annotated[Paragraphs, Field(max_length=20_000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProjectIn(_Body):
    """A project to create; ``cadence`` has days, times, tz, start."""

    title: Title
    language: Language
    brief: Brief = ""
    cadence: Settings = Field(default_factory=dict)
    missed_policy: MissedPolicy = MissedPolicy.RUN_LATEST
    missed_limit: int | None = None


class ProjectPatch(_Body):
    """The fields of a project to change."""

    title: Title | None = None
    language: Language | None = None
    brief: Brief | None = None
    missed_policy: MissedPolicy | None = None
    missed_limit: int | None = None
    status: ProjectStatus | None = None


class StudioEpisodeIn(_Body):
    """An episode to plan; it is scheduled when it has a time."""

    title: Title
    scheduled_for: datetime | None = None


class BlockIn(_Body):
    """A block of a script."""

    body: Annotated[Paragraphs, Field(min_length=1, max_length=200_000)]
    type: BlockType = BlockType.MARKDOWN


class ScriptIn(_Body):
    """A whole script."""

    blocks: list[BlockIn] = Field(max_length=500)


class NoteIn(_Body):
    """A note for the next episode."""

    body: Annotated[Paragraphs, Field(min_length=1, max_length=4_000)]
    kind: NoteKind = NoteKind.FEEDBACK
    episode_id: UUID | None = None


class MemoryIn(_Body):
    """A statement to remember."""

    content: Annotated[Paragraphs, Field(min_length=1, max_length=4_000)]
    kind: MemoryKind = MemoryKind.FACT
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    confidence: Annotated[Decimal, Field(ge=0, le=1)] = Decimal(1)


class CorrectionIn(_Body):
    """The corrected content, valid from ``valid_from``, or for the memory's whole validity."""

    content: Annotated[Paragraphs, Field(min_length=1, max_length=4_000)]
    valid_from: datetime | None = None


class DocumentIn(_Body):
    """A document: its text, or a public address of the text."""

    title: Annotated[Line, Field(max_length=500)] = ""
    text: Annotated[Paragraphs, Field(max_length=2_000_000)] | None = None
    url: Annotated[Exact, Field(max_length=2_000)] | None = None


class HighlightIn(_Body):
    """A passage of a block: positions count Unicode code points."""

    block_id: UUID
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]
    note: Annotated[Paragraphs, Field(max_length=2_000)] = ""
    colour: Colour = Colour.YELLOW


class UserEventIn(_Body):
    """An event; ``client_event_id`` is unique per organization and UTC day."""

    event_type: Annotated[Exact, Field(min_length=1, max_length=200)]
    client_event_id: Annotated[Exact, Field(min_length=1, max_length=255)]
    occurred_at: datetime
    event_data: Data = Field(default_factory=dict)


class UserEventsIn(_Body):
    """Events of the acting user."""

    events: list[UserEventIn] = Field(max_length=1_000)


class QuestionIn(_Body):
    """A question about an episode."""

    text: Annotated[Paragraphs, Field(min_length=1, max_length=4_000)]


class DocumentOut(BaseModel):
    """A source document; ``digest`` is the SHA-256 of its text in hexadecimal."""

    document_id: UUID
    project_id: UUID
    kind: str
    title: str
    address: str | None
    digest: str
    pages: int | None
    chunks: int
    created_at: datetime

    @classmethod
    def of(cls, document: Document) -> "DocumentOut":
        """The document as a response."""
        return cls(**asdict(document) | {"digest": document.digest.hex()})


class CadenceIn(_Body):
    """The publishing times of a project: weekdays, local times, time zone, dates to skip."""

    days: list[Annotated[Exact, Field(max_length=2)]] = Field(max_length=7)
    times: list[Annotated[Exact, Field(max_length=5)]] = Field(max_length=24)
    tz: Annotated[Exact, Field(max_length=100)]
    start: date | None = None
    until: date | None = None
    skip_dates: list[date] = Field(default_factory=list, max_length=1_000)

    def config(self) -> dict[str, Any]:
        """The cadence as it is stored; validated later."""
        return self.model_dump(mode="json", exclude_defaults=True)


class SkipIn(_Body):
    """A local date without an episode."""

    day: date


class PlannedSlotOut(BaseModel):
    """A slot of a cadence: local date and time, and the instant."""

    local_date: date
    local_time: time
    slot_at: datetime

    @classmethod
    def of(cls, slot: Slot) -> "PlannedSlotOut":
        """The slot as a response."""
        return cls(local_date=slot.local_date, local_time=slot.local_time, slot_at=slot.slot_at)


class CancelledOut(BaseModel):
    """``cancelled``, or ``requested`` when it is running and stops at its next step."""

    slot_id: UUID
    outcome: str


class StepOut(BaseModel):
    """A step of a generation; speech has one segment for each line that is spoken."""

    step: str
    segments: int
    completed: int
    status: str
    cost: Decimal
    error: str | None
