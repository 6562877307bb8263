"""Search a text for thousands of spellings at once: pieces of them, looked up at fixed distances.

A text is cut at every ``step`` bytes, and the six bytes there are looked up among those of the
spellings. Every spelling has six bytes at ``step`` consecutive places, one of which is met by
any occurrence, so none is missed. What is met is then compared in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_PIECE = 6
_LONG = 16
"""Spellings from this length on are searched with larger steps than the short ones."""
_LONGEST_STEP = 32


class Matcher:
    """Finds the occurrences of many spellings, each with a pattern that must also match there.

    ``needles`` are in lower case (UTF-8) with a regular expression, or an empty one: then anything
    may surround the spelling. ValueError for a spelling of fewer than six bytes.
    """

    def __init__(self, needles: Mapping[bytes, bytes]) -> None:
        if any(len(each) < _PIECE for each in needles):
            raise ValueError(f"a spelling is shorter than {_PIECE} bytes")
        self.longest = max(map(len, needles), default=0)
        self._needles = needles
        self._compiled: dict[bytes, re.Pattern[bytes]] = {}
        short = [each for each in needles if len(each) < _LONG]
        long = [each for each in needles if len(each) >= _LONG]
        self._parts = [_Pieces(part) for part in (short, long) if part]

    def matches(self, text: bytes) -> Iterator[tuple[int, bytes]]:
        """Every occurrence in a text: its place, and the spelling."""
        for part in self._parts:
            for start, needle in part.candidates(text):
                if needle in self._needles and self._fits(needle, text, start):
                    yield start, needle

    def _fits(self, needle: bytes, text: bytes, start: int) -> bool:
        source = self._needles[needle]
        if not source:
            return True
        if needle not in self._compiled:
            self._compiled[needle] = re.compile(source)
        return self._compiled[needle].match(text, start) is not None


class _Pieces:
    """The pieces of some spellings, with the places and lengths of the spellings around them."""

    def __init__(self, needles: list[bytes]) -> None:
        self.step = min(_LONGEST_STEP, min(map(len, needles)) - _PIECE + 1)
        around: dict[bytes, set[tuple[int, int]]] = {}
        for needle in needles:
            for offset in range(self.step):
                piece = needle[offset : offset + _PIECE]
                around.setdefault(piece, set()).add((offset, len(needle)))
        self._around = {piece: tuple(sorted(each)) for piece, each in around.items()}

    def candidates(self, text: bytes) -> Iterator[tuple[int, bytes]]:
        """The texts around pieces that are met, with their places."""
        around = self._around
        for at in range(0, len(text) - _PIECE + 1, self.step):
            if (piece := text[at : at + _PIECE]) in around:
                for offset, length in around[piece]:
                    if at >= offset:
                        yield at - offset, text[at - offset : at - offset + length]
