"""Estimates which words a learner knows, from the texts of the pieces that were understood.

Nothing is stored: the estimate is derived from outcomes and texts, in any order, so it can be
replayed and forgotten with them. It says what a learner *probably* knows; nobody was asked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wavehouse.learning.rules.texts import words_of
from wavehouse.learning.types import OutcomeClass

METHOD = "heard-1"
_NEW = -1.4
"""Log-odds of knowing a word that has not been heard: 20 %."""
_MOST = 4.0
_WEIGHTS = {
    OutcomeClass.CLEAN: 1.0,
    OutcomeClass.SOME: 0.6,
    OutcomeClass.HEAVY: 0.1,
    OutcomeClass.LATE: 0.0,
    OutcomeClass.EARLY: -0.1,
}
"""What one piece with the word says. A piece that was left says little about any one word."""
_ELIDED = frozenset(
    ("l", "un", "gl", "c", "d", "m", "n", "s", "t", "v", "dell", "nell", "all", "dall", "sull")
) | {"quell", "quest", "anch", "bell", "mezz", "sant", "senz", "tutt"}
"""Italian words that lose their vowel before another: ``l'acqua`` is the word ``acqua``."""


@dataclass(frozen=True, slots=True)
class KnownWord:
    """A word that was heard: the chance that it is known, and in how many pieces it was."""

    word: str
    chance: float
    pieces: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """The unknown words of a text: expected share of its running words, and the likeliest ones.

    ``coverage`` is the expected share of running words that are known; listeners are at ease from
    0.95 on.
    """

    coverage: float
    words: tuple[str, ...]


def words_in(text: str, language: str) -> list[str]:
    """The running words of a text in lower case, Italian elisions cut off."""
    words = [word.lower().replace("’", "'") for word in words_of(text)]
    if language.partition("-")[0].lower() != "it":
        return words
    return [_without_elision(word) for word in words]


def _without_elision(word: str) -> str:
    before, mark, after = word.partition("'")
    return after if mark and after and before in _ELIDED else word


def chances(pieces: Iterable[tuple[OutcomeClass, Iterable[str]]]) -> dict[str, KnownWord]:
    """The words of the pieces that a learner heard, with the chance that each is known.

    A piece counts each of its words once, however often it is said.
    """
    sums: Counter[str] = Counter()
    heard: Counter[str] = Counter()
    for kind, words in pieces:
        weight = round(_WEIGHTS[kind] * 10)  # integers: the order of the pieces does not matter
        for word in set(words):
            sums[word] += weight
            heard[word] += 1
    return {word: KnownWord(word, _chance(sums[word] / 10), heard[word]) for word in heard}


def _chance(said: float) -> float:
    log_odds = min(max(_NEW + said, -_MOST), _MOST)
    return round(1 / (1 + math.exp(-log_odds)), 4)


def unknown(words: Sequence[str], known: Mapping[str, KnownWord], *, most: int = 10) -> Unknown:
    """The unknown words of a text's running words, least probably known and most said first."""
    never = _chance(0)
    counts = Counter(words)
    expected = {word: known[word].chance if word in known else never for word in counts}
    total = sum(counts.values())
    covered = sum(expected[word] * times for word, times in counts.items())
    doubtful = [word for word in counts if expected[word] < 0.5]
    doubtful.sort(key=lambda word: (expected[word], -counts[word], word))
    return Unknown(round(covered / total, 4) if total else 1.0, tuple(doubtful[:most]))
