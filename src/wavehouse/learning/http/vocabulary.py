"""Responses about the words that a learner probably knows."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from wavehouse.learning.rules.vocabulary import METHOD, KnownWord
from wavehouse.learning.service.vocabulary import Unheard


class WordOut(BaseModel):
    """A word, the chance from 0 to 1 that it is known, and the number of pieces with it."""

    word: str
    chance: float
    pieces: int


class WordsOut(BaseModel):
    """Words that were heard; an estimate by ``method``."""

    method: str
    words: list[WordOut]

    @classmethod
    def of(cls, words: Sequence[KnownWord]) -> WordsOut:
        """The words as a response."""
        return cls(
            method=METHOD,
            words=[WordOut(word=w.word, chance=w.chance, pieces=w.pieces) for w in words],
        )


class UnheardOut(BaseModel):
    """Content, the expected share of its words that the learner knows, and its unknown words."""

    content_id: str
    title: str
    difficulty: float
    coverage: float
    unknown_words: list[str]
    method: str

    @classmethod
    def of(cls, piece: Unheard) -> UnheardOut:
        """The piece as a response."""
        return cls(
            content_id=piece.content_id,
            title=piece.title,
            difficulty=round(piece.difficulty, 2),
            coverage=piece.unknown.coverage,
            unknown_words=list(piece.unknown.words),
            method=METHOD,
        )
