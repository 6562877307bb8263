"""Answers from an episode's own transcript, without a model: deterministic retrieval by words.

Each passage is scored by the question's words that it contains; rare words count more. The best
three are quoted in the order of the episode, each with its time. Transcripts are only quoted, never
followed as instructions.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from wavehouse.studio.types.chat import Passage, Piece

MOST_QUOTES = 3
LONGEST_QUOTE = 400
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_STEM = 5
_COMMON = frozenset(
    [
        "the",
        "and",
        "that",
        "this",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "why",
        "how",
        "are",
        "was",
        "were",
        "does",
        "did",
        "has",
        "have",
        "had",
        "about",
        "with",
        "from",
        "for",
        "you",
        "your",
        "they",
        "them",
        "their",
        "there",
        "here",
        "its",
        "not",
        "but",
        "can",
        "could",
        "would",
        "should",
        "che",
        "chi",
        "cosa",
        "come",
        "dove",
        "quando",
        "quale",
        "quali",
        "perche",
        "per",
        "con",
        "del",
        "della",
        "dei",
        "delle",
        "degli",
        "dal",
        "dalla",
        "nel",
        "nella",
        "sul",
        "sulla",
        "una",
        "uno",
        "gli",
        "alla",
        "alle",
        "sono",
        "era",
        "erano",
        "stato",
        "stata",
        "hai",
        "abbiamo",
        "hanno",
        "der",
        "die",
        "das",
        "und",
        "ist",
        "sind",
        "war",
        "wer",
        "wie",
        "was",
        "wann",
        "warum",
        "ein",
        "eine",
        "den",
        "dem",
        "les",
        "des",
        "une",
        "est",
        "sont",
        "qui",
        "que",
        "quoi",
        "quand",
        "pour",
        "dans",
        "avec",
        "sur",
        "los",
        "las",
        "una",
        "con",
        "por",
        "para",
        "que",
        "quien",
        "cuando",
        "donde",
        "como",
    ]
)
_NOTHING = {
    "it": "L'episodio non ne parla.",
    "de": "Die Folge sagt dazu nichts.",
    "fr": "L'épisode n'en parle pas.",
    "es": "El episodio no habla de eso.",
}
_BEGINNING = {
    "it": "L'episodio dice: ",
    "de": "Die Folge sagt: ",
    "fr": "L'épisode dit : ",
    "es": "El episodio dice: ",
}


def answer(question: str, passages: Sequence[Passage], language: str) -> Iterator[Piece]:
    """The pieces of an answer in the episode's language, or a sentence if there is none."""
    name = language.partition("-")[0]
    best = retrieved(question, passages)
    if not best:
        yield Piece(_NOTHING.get(name, "The episode says nothing about that."))
        return
    yield Piece(_BEGINNING.get(name, "The episode says: "))
    for number, passage in enumerate(best):
        quote = passage.text[:LONGEST_QUOTE]
        yield Piece(f"{' ' if number else ''}“{quote}”", passage)
        if passage.start is not None:
            yield Piece(f" [{clock_of(passage.start)}]")


def retrieved(question: str, passages: Sequence[Passage]) -> list[Passage]:
    """At most three passages that contain words of the question, in the order of the episode."""
    wanted = set(_words(question))
    bags = [set(_words(passage.text)) for passage in passages]
    seen = Counter(word for bag in bags for word in bag)
    scored = [
        (sum(math.log1p(len(bags) / seen[word]) for word in sorted(wanted & bag)), -number)
        for number, bag in enumerate(bags)
    ]
    best = sorted((each for each in scored if each[0] > 0), reverse=True)[:MOST_QUOTES]
    return [passages[-number] for _, number in sorted(best, key=lambda each: -each[1])]


def sentences_of(text: str) -> list[str]:
    """The sentences of a script, without its markup."""
    lines = (line.strip() for line in text.splitlines())
    plain = "\n".join(re.sub(r"^[#>*-]+\s*", "", line) for line in lines)
    return [match.strip() for match in _SENTENCE.findall(plain) if _WORD.search(match)]


def clock_of(milliseconds: int) -> str:
    """A time as a player shows it: ``1:05`` or ``1:02:03``."""
    seconds = milliseconds // 1000
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds % 60:02}"
    return f"{minutes}:{seconds % 60:02}"


def _words(text: str) -> list[str]:
    """The beginnings of the significant words, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return [word[:_STEM] for word in _WORD.findall(plain) if len(word) > 2 and word not in _COMMON]
