"""Range headers: the requested range, and the part that was sent (R14, R27, R28)."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"bytes=\s*(\S.*)", re.IGNORECASE)
# No file has a petabyte: longer numbers are as invalid as letters.
_SPEC = re.compile(r"([0-9]{1,15})-([0-9]{0,15})")
_MOST_RANGES = 1000

Span = tuple[int, int]
"""Half-open byte positions: the first, and the first after."""


def requested(header: str | None) -> list[tuple[int, int | None]] | None:
    """The (first, last) pairs of a Range header; None when absent or malformed (RFC 9110, 14.2).

    A header that cannot be parsed, or a suffix range, whose position depends on the file's length,
    is ignored, never treated as "the whole file".
    """
    match = _HEADER.fullmatch((header or "").strip())
    if match is None:
        return None
    pairs: list[tuple[int, int | None]] = []
    parts = match.group(1).split(",")
    if len(parts) > _MOST_RANGES:
        return None
    for part in parts:
        if not part.strip():  # empty elements of a list are ignored (RFC 9110, 5.6.1)
            continue
        spec = _SPEC.fullmatch(part.strip())
        if spec is None:
            return None
        first, last = int(spec.group(1)), int(spec.group(2)) if spec.group(2) else None
        if last is not None and last < first:
            return None
        pairs.append((first, last))
    return pairs or None


def sent(header: str | None, body_bytes: int) -> list[Span]:
    """The byte positions that a 206 without a Content-Range delivered (R28).

    Several ranges are filled in the requested order, as far as the sent bytes reach.
    Without a usable header the bytes are taken from the start of the file.
    """
    spans: list[Span] = []
    left = body_bytes
    for first, last in requested(header) or [(0, None)]:
        take = left if last is None else min(left, last - first + 1)
        if take > 0:
            spans.append((first, first + take))
        left -= take
    return spans


def multirange(spans: Sequence[Span]) -> str | None:
    """PostgreSQL's ``int8multirange`` text of spans; None when there are none."""
    return "{" + ",".join(f"[{first},{after})" for first, after in spans) + "}" if spans else None
