"""Splitting a document into parts that a script can cite."""

from __future__ import annotations

LONGEST_CHUNK = 1_200
_ENDS = (". ", "! ", "? ", "; ", ", ", " ")


def chunks_of(text: str) -> list[tuple[int, str]]:
    """Parts of at most 1,200 characters with their positions, split at paragraphs and sentences.

    Only white space between the parts is left out.
    """
    parts: list[tuple[int, str]] = []
    start = 0
    while start < len(text):
        end = _end(text, start)
        body = text[start:end]
        clean = body.strip()
        if clean:
            parts.append((start + body.index(clean[0]), clean))
        start = end
    return parts


def _end(text: str, start: int) -> int:
    """The end of the part that begins at ``start``."""
    if len(text) - start <= LONGEST_CHUNK:
        return len(text)
    window = text[start : start + LONGEST_CHUNK]
    for mark in ("\n\n", "\n", *_ENDS):
        cut = window.rfind(mark, LONGEST_CHUNK // 3)
        if cut >= 0:
            return start + cut + len(mark)
    return start + LONGEST_CHUNK
