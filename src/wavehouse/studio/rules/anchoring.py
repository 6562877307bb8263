"""Finding a quote again in a text that has changed (W3C TextQuote and TextPosition, CRE-9).

Texts are compared after normalization: NFC, and every run of white space is one space. A different
line break or accent encoding therefore changes nothing. Positions are code points of the original
text.

1. Of all places with the exact words, the one whose surroundings agree best with the prefix and
   the suffix wins; among equals the nearest to the old position, then the first. It is accepted
   when half of the recorded surroundings agree, when one side of at least 8 characters agrees as a
   whole, or when the quote has 20 characters and is practically unique.
2. Without the exact words, a passage between the whole prefix and the whole suffix is accepted
   when it is still similar to the quote: the words themselves were edited.
3. Otherwise the quote is not in the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher

from wavehouse.studio.types.highlights import Quote

CONTEXT = 32
DISTINCTIVE = 20
SIMILAR = 0.6
_LEAST_CONTEXT = 8
_MOST_GROWTH = 2


def quote_of(text: str, start: int, end: int) -> Quote:
    """The quote of a passage with 32 characters before and after it.

    Raises ValueError when the positions are not within the text.
    """
    if not 0 <= start < end <= len(text):
        raise ValueError("the positions are not within the text")
    while start > 0 and unicodedata.combining(text[start]):
        start -= 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    prefix, suffix = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    return Quote(text[start:end], prefix, suffix, start, end)


def anchor(text: str, quote: Quote) -> tuple[int, int] | None:
    """The positions of the quote in the text, or None."""
    folded, places = fold(text)
    exact, _ = fold(quote.exact)
    prefix, suffix = fold(quote.prefix)[0], fold(quote.suffix)[0]
    old = sum(1 for position in places[:-1] if position < quote.start)
    span = _by_words(folded, exact, prefix, suffix, old)
    span = span or _by_surroundings(folded, exact, prefix, suffix)
    return None if span is None else (places[span[0]], places[span[1]])


def fold(text: str) -> tuple[str, list[int]]:
    """The normalized text, and for each of its characters the position in the text.

    One more position than characters: the end.
    """
    characters: list[str] = []
    places: list[int] = []
    for start, cluster in _clusters(text):
        if cluster.isspace():
            if characters and characters[-1] == " ":
                continue
            cluster = " "
        for character in unicodedata.normalize("NFC", cluster):
            characters.append(character)
            places.append(start)
    places.append(len(text))
    return "".join(characters), places


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Each base character with its combining marks."""
    start = 0
    for position in range(1, len(text) + 1):
        if position == len(text) or not unicodedata.combining(text[position]):
            yield start, text[start:position]
            start = position


def _by_words(text: str, exact: str, prefix: str, suffix: str, old: int) -> tuple[int, int] | None:
    best: tuple[int, int, int, bool] | None = None
    position = text.find(exact) if exact else -1
    while position >= 0:
        end = position + len(exact)
        left = _agreeing(text[max(0, position - len(prefix)) : position], prefix, end=True)
        right = _agreeing(text[end : end + len(suffix)], suffix, end=False)
        whole = _is_whole(left, prefix) or _is_whole(right, suffix)
        candidate = (left + right, -abs(position - old), -position, whole)
        best = candidate if best is None else max(best, candidate)
        position = text.find(exact, position + 1)
    if best is None:
        return None
    half = 2 * best[0] >= len(prefix) + len(suffix)
    if half or best[3] or len(exact) >= DISTINCTIVE:
        return -best[2], -best[2] + len(exact)
    return None


def _is_whole(agreeing: int, context: str) -> bool:
    return agreeing == len(context) >= _LEAST_CONTEXT


def _agreeing(text: str, context: str, *, end: bool) -> int:
    """The number of characters of the context that agree next to the passage."""
    number = 0
    pairs = (
        zip(reversed(text), reversed(context), strict=False)
        if end
        else zip(text, context, strict=False)
    )
    for left, right in pairs:
        if left != right:
            break
        number += 1
    return number


def _by_surroundings(text: str, exact: str, prefix: str, suffix: str) -> tuple[int, int] | None:
    """The passage between the whole prefix and the whole suffix that is most like the quote."""
    if len(prefix) < _LEAST_CONTEXT or len(suffix) < _LEAST_CONTEXT:
        return None
    best: tuple[float, int, int] | None = None
    at = text.find(prefix)
    while at >= 0:
        start = at + len(prefix)
        longest = start + _MOST_GROWTH * len(exact) + len(suffix)
        end = text.find(suffix, start + 1, longest)
        if end > start:
            ratio = SequenceMatcher(None, exact, text[start:end], autojunk=False).ratio()
            if ratio >= SIMILAR and (best is None or ratio > best[0]):
                best = (ratio, start, end)
        at = text.find(prefix, at + 1)
    return None if best is None else (best[1], best[2])
