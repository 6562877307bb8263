"""The words that a learner probably knows, and unheard content with the fewest unknown words."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.accounts import Identity
from wavehouse.kernel.errors import NotFound
from wavehouse.learning.queries import content as content_queries
from wavehouse.learning.queries import events as event_queries
from wavehouse.learning.queries import sessions as session_queries
from wavehouse.learning.rules import vocabulary as rules
from wavehouse.learning.rules.vocabulary import KnownWord, Unknown
from wavehouse.learning.service.levels import level_of
from wavehouse.learning.types import OutcomeClass, Session
from wavehouse.store import Learning, Tx

MOST_COMPARED = 200
"""Unheard pieces whose texts are read: those nearest to the learner's best difficulty."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """An unheard piece and its unknown words."""

    content_id: str
    title: str
    difficulty: float
    unknown: Unknown


def known_words(
    tx: Tx[Learning], *, identity: Identity, session_id: str, language: str, limit: int = 100
) -> list[KnownWord]:
    """The words heard by a session's learner, most probably known first. NotFound: no session."""
    known = _known(tx, _session(tx, session_id), language)
    return sorted(known.values(), key=lambda word: (-word.chance, word.word))[:limit]


def by_unknown_words(
    tx: Tx[Learning], *, identity: Identity, session_id: str, language: str, limit: int = 20
) -> list[Unheard]:
    """Unheard content, fewest unknown words first. NotFound: no session.

    Only the ``MOST_COMPARED`` pieces nearest to the learner's best difficulty are compared.
    """
    session = _session(tx, session_id)
    best = level_of(tx, identity=identity, session_id=session_id).best_difficulty
    pool = content_queries.candidates(
        tx, learner_id=session.learner_id, language=language, limit=1000
    )
    pool.sort(key=lambda piece: (abs(piece.difficulty - best), piece.content_id))
    near = {piece.content_id: piece for piece in pool[:MOST_COMPARED]}
    known = _known(tx, session, language)
    pieces = [
        Unheard(
            text.content_id,
            text.title,
            near[text.content_id].difficulty,
            rules.unknown(rules.words_in(text.text, language), known),
        )
        for text in content_queries.texts(tx, content_ids=list(near))
    ]
    pieces.sort(key=lambda piece: (-piece.unknown.coverage, piece.content_id))
    return pieces[:limit]


def _session(tx: Tx[Learning], session_id: str) -> Session:
    session = session_queries.session(tx, session_id=session_id)
    if session is None:
        raise NotFound("no such session", where=session_id[:255])
    return session


def _known(tx: Tx[Learning], session: Session, language: str) -> dict[str, KnownWord]:
    heard = event_queries.outcomes_of(tx, learner_id=session.learner_id)
    texts = {
        text.content_id: rules.words_in(text.text, language)
        for text in content_queries.texts(tx, content_ids=[item.content_id for item in heard])
        if text.language == language
    }
    return rules.chances(
        (OutcomeClass(item.kind), texts[item.content_id])
        for item in heard
        if item.kind is not None and item.content_id in texts
    )
