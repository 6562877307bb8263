"""Content: add with estimated difficulty, list, derive figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.learning.queries import content as queries
from wavehouse.learning.rules import entries
from wavehouse.learning.rules.texts import spoken
from wavehouse.learning.types import Content, ContentInput, EntryResult, Stored
from wavehouse.store import Learning, Tx

MOST_CONTENT = 200
"""Pieces in one batch."""


def add_content(
    tx: Tx[Learning], *, identity: Identity, content: Sequence[ContentInput]
) -> list[EntryResult]:
    """Store or replace content; returns the results in input order.

    An invalid entry is refused with a reason and the others are stored. Difficulty is estimated
    from the text unless it is given.
    """
    if len(content) > MOST_CONTENT:
        raise InvalidInput(
            f"{len(content)} pieces of content in one batch", hint=f"Send at most {MOST_CONTENT}."
        )
    return [_added(tx, identity, n, each) for n, each in enumerate(content)]


def _added(tx: Tx[Learning], identity: Identity, index: int, content: ContentInput) -> EntryResult:
    fault = entries.fault_of_content(content)
    measured = fault or entries.measured(content)
    if isinstance(measured, str):
        return EntryResult(index, content.content_id[:255], Stored.REFUSED, measured)
    row = _row(content, measured)
    new = queries.insert_content(tx, organization_id=identity.organization_id, row=row)
    if not new and not queries.update_content(tx, row=row):
        return EntryResult(index, content.content_id, Stored.REFUSED, "the content id is in use")
    return EntryResult(index, content.content_id, Stored.STORED)


def _row(content: ContentInput, measured: entries.Measured) -> dict[str, Any]:
    figures = measured.figures
    lexical = None if figures is None else figures.lexical * 100
    discourse = None if figures is None else figures.discourse * 100
    metadata = {} if figures is None else {"ease": figures.ease, "words_a_minute": figures.rate}
    return {
        "content_id": content.content_id,
        "title": content.title,
        "text": content.text,
        "audio_url": content.audio_url,
        "format": content.format.value,
        "genre": content.genre or None,
        "topic": content.topic or None,
        "template_id": content.template_id,
        "difficulty_kind": "discourse-heavy"
        if (discourse or 0) > (lexical or 0)
        else "lexical-heavy",
        "score": round((measured.difficulty + 3) / 6, 2),
        "level": (figures and figures.level) or None,
        "duration": content.duration,
        "words": None if figures is None else figures.words,
        "model_parameters": dict(content.model_parameters),
        "at": clock.now(),
        "generated_by": content.generated_by or None,
        "session_id": content.session_id,
        "episode_number": content.episode_number,
        "series_id": content.series_id or None,
        "language": content.language,
        "lexical": None if lexical is None else round(lexical, 2),
        "discourse": None if discourse is None else round(discourse, 2),
        "method": measured.method,
        "metadata": metadata,
    }


def content(tx: Tx[Learning], *, identity: Identity, content_id: str) -> Content:
    """One piece of content. NotFound when the organization has none with this id."""
    row = queries.content(tx, content_id=content_id)
    if row is None:
        raise NotFound("no such content", where=content_id[:255])
    return row


def list_content(
    tx: Tx[Learning], *, identity: Identity, after: str = "", limit: int = 50
) -> list[Content]:
    """Content by id, without the texts."""
    return queries.contents(tx, after=after, limit=limit)


def derive_engagement(tx: Tx[Learning], *, identity: Identity, since: datetime) -> int:
    """Compute the figures of content heard since a given time; returns how many pieces."""
    return queries.derive_engagement(tx, since=since)


def transcript(piece: Content) -> list[tuple[float, float, str]]:
    """The sentences of a piece with their start and end, in seconds.

    An estimate: time is divided in proportion to sentence length.
    """
    sentences = spoken(piece.text)
    total = sum(len(sentence) for sentence in sentences) or 1
    timed, reached = [], 0
    for sentence in sentences:
        start = piece.duration * reached / total
        reached += len(sentence)
        timed.append((round(start, 2), round(piece.duration * reached / total, 2), sentence))
    return timed
