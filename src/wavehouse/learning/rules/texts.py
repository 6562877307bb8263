"""Estimates how difficult a text is to understand by ear: sentence length, word length, rate.

Every figure is an estimate of the text, not a measurement of a listener; levels are recalibrated
from outcomes once 30 listeners have heard an item.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Protocol

METHOD = "text-1"
LEAST_WORDS = 80
"""Texts below this many words get no level: one greeting is not C2."""
_SENTENCE = re.compile(r"[.!?…]+(?:[\"'»”’)\]]*)(?=\s|$)|\n{2,}")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LEVELS = ((80.0, "A1"), (70.0, "A2"), (60.0, "B1"), (50.0, "B2"), (40.0, "C1"))


@dataclass(frozen=True, slots=True)
class Readability:
    """``ease`` is from 0 (hard) to 100 (easy); ``lexical`` and ``discourse`` from 0 to 1 (hard).

    ``level`` is an estimate, empty if the text is too short; ``rate`` is in words per minute.
    """

    words: int
    sentences: int
    letters: int
    ease: float
    lexical: float
    discourse: float
    level: str
    rate: float | None
    method: str = METHOD


class Language(Protocol):
    """The rules of a language: readability index, and typical lengths of words and sentences."""

    @property
    def usual_letters(self) -> float:
        """Typical letters per word."""

    @property
    def usual_words(self) -> float:
        """Typical words per sentence."""

    def ease(self, letters: int, words: int, sentences: int) -> float:
        """The language's readability index, unclipped."""


@dataclass(frozen=True, slots=True)
class Italian:
    """Gulpease (GULP, Rome 1988): letters and sentences per hundred words."""

    usual_letters: float = 4.8
    usual_words: float = 18.0

    def ease(self, letters: int, words: int, sentences: int) -> float:
        """89 + (300 · sentences - 10 · letters) / words."""
        return 89 + (300 * sentences - 10 * letters) / words


@dataclass(frozen=True, slots=True)
class English:
    """Coleman and Liau (1975), inverted and scaled to 0 to 100."""

    usual_letters: float = 4.4
    usual_words: float = 17.0

    def ease(self, letters: int, words: int, sentences: int) -> float:
        """Grade 0 becomes 100, grade 20 becomes 0."""
        grade = 0.0588 * letters * 100 / words - 0.296 * sentences * 100 / words - 15.8
        return 100 - 5 * grade


LANGUAGES: dict[str, Language] = {"it": Italian(), "en": English()}


def readability(text: str, language: str, *, seconds: float | None = None) -> Readability | None:
    """The figures of a text; None for a language without rules, or a text without words."""
    rules = LANGUAGES.get(language.partition("-")[0].lower())
    words = words_of(text)
    if rules is None or not words:
        return None
    sentences = max(len(sentences_of(text)), 1)
    letters = sum(sum(c.isalpha() for c in word) for word in words)
    ease = min(max(rules.ease(letters, len(words), sentences), 0.0), 100.0)
    # Words twice as long as usual are as hard as it gets; so are sentences three times as long.
    lexical = _share(letters / len(words), rules.usual_letters * 0.7, rules.usual_letters * 1.6)
    discourse = _share(len(words) / sentences, 5.0, rules.usual_words * 2.2)
    level = next((name for least, name in _LEVELS if ease >= least), "C2")
    return Readability(
        len(words),
        sentences,
        letters,
        round(ease, 1),
        lexical,
        discourse,
        level if len(words) >= LEAST_WORDS else "",
        round(len(words) / seconds * 60, 1) if seconds else None,
    )


def words_of(text: str) -> list[str]:
    """The words of a text, without numbers and punctuation. Elisions count as one: ``l'acqua``."""
    return _WORD.findall(unicodedata.normalize("NFC", text))


def sentences_of(text: str) -> list[str]:
    """The sentences of a text that contain a word."""
    return [part.strip() for part in _SENTENCE.split(text) if part and _WORD.search(part)]


def spoken(text: str) -> list[str]:
    """The sentences of a text as written, with punctuation."""
    sentences, start = [], 0
    for end in (*(match.end() for match in _SENTENCE.finditer(text)), len(text)):
        sentence = text[start:end].strip()
        if _WORD.search(sentence):
            sentences.append(sentence)
        start = end
    return sentences


def coverage(text: str, known: set[str]) -> float:
    """The share of a text's words that are known (lower case); 1 for a text without words."""
    words = [word.lower() for word in words_of(text)]
    return sum(word in known for word in words) / len(words) if words else 1.0


def difficulty_of(readability: Readability) -> float:
    """Convert ease to difficulty, -3 to 3: 90 is -3, 30 is 3."""
    return round(min(max((60 - readability.ease) / 10, -3.0), 3.0), 2)


def _share(value: float, low: float, high: float) -> float:
    return round(min(max((value - low) / (high - low), 0.0), 1.0), 3)
