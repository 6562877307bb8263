"""``/api/v1/learning/content``: the content that learners can listen to.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close over
the database.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.fields import Exact
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE, Page, cut, decoded
from wavehouse.learning.http.common import BatchOut, ContentBatch, ContentIn, judged
from wavehouse.learning.service import library
from wavehouse.learning.types import Content
from wavehouse.store import Database, Learning
from wavehouse.workspace import Gate


class ContentOut(BaseModel):
    """Content with its estimated difficulty (-3 to 3) and its engagement figures."""

    content_id: str
    title: str
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
    level_estimate: str
    word_count: int
    engagement: dict[str, Any]
    quality_score: float | None

    @classmethod
    def of(cls, piece: Content) -> "ContentOut":
        """The content as a response."""
        return cls(
            content_id=piece.content_id,
            title=piece.title,
            audio_url=piece.audio_url,
            duration=piece.duration,
            format=piece.format,
            language=piece.language,
            genre=piece.genre,
            topic=piece.topic,
            series_id=piece.series_id,
            episode_number=piece.episode_number,
            difficulty=round(piece.difficulty, 2),
            difficulty_method=piece.difficulty_method,
            level_estimate=piece.level,
            word_count=piece.word_count,
            engagement=dict(piece.engagement),
            quality_score=piece.quality_score,
        )


class Sentence(BaseModel):
    """A sentence and its position in seconds, estimated from sentence lengths."""

    start: float
    end: float
    text: str


class Transcript(BaseModel):
    """The sentences of a piece."""

    content_id: str
    estimated: bool
    sentences: list[Sentence]


def router(database: Database[Learning], gate: Gate) -> APIRouter:
    """Content: add, list, get one, get its transcript."""
    api = APIRouter(prefix="/api/v1/learning", tags=["learning"])
    reads, writes = Scope.LEARNING_READ, Scope.LEARNING_WRITE
    Reader = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type
    ContentId = Annotated[Exact, Path(min_length=1, max_length=255)]  # noqa: N806

    @api.post("/content", responses=gate.answers(writes, 413, 422))
    def add_content(body: ContentBatch, identity: Writer) -> BatchOut:
        """Add or replace content, at most 200 pieces; invalid ones are refused, the rest stored."""
        entries = judged(ContentIn, body.content, "content_id")
        with database.app(identity.organization_id) as tx:
            results = library.add_content(
                tx, identity=identity, content=[each.to_content() for each in entries.good]
            )
        return entries.joined(results)

    @api.get("/content", responses=gate.answers(reads, 422))
    def list_content(
        identity: Reader,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE,
        cursor: Annotated[str | None, Query(max_length=2000)] = None,
    ) -> Page[ContentOut]:
        """Content by id."""
        after = "" if cursor is None else decoded(cursor, 1)[0]
        with database.app(identity.organization_id) as tx:
            rows = library.list_content(tx, identity=identity, after=after, limit=limit + 1)
        return cut(
            [ContentOut.of(row) for row in rows], key=lambda row: (row.content_id,), limit=limit
        )

    @api.get("/content/{content_id}", responses=gate.answers(reads, 404, 422))
    def content(content_id: ContentId, identity: Reader) -> ContentOut:
        """One piece of content."""
        with database.app(identity.organization_id) as tx:
            return ContentOut.of(library.content(tx, identity=identity, content_id=content_id))

    @api.get("/content/{content_id}/transcript", responses=gate.answers(reads, 404, 422))
    def transcript(content_id: ContentId, identity: Reader) -> Transcript:
        """The sentences of a piece with estimated times."""
        with database.app(identity.organization_id) as tx:
            piece = library.content(tx, identity=identity, content_id=content_id)
        return transcript_of(piece)

    return api


def transcript_of(piece: Content) -> Transcript:
    """The transcript as a response."""
    return Transcript(
        content_id=piece.content_id,
        estimated=True,
        sentences=[
            Sentence(start=start, end=end, text=text)
            for start, end, text in library.transcript(piece)
        ],
    )
