"""Parse small values in feeds: durations, numbers, booleans, addresses."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from html import unescape
from urllib.parse import urljoin

from wavehouse.kernel import words

_SPACES = re.compile(r"\s+")
_SEPARATORS = re.compile(r"[\s,.'\u00a0]")
_TAGS = re.compile(r"<[^>]*>")
_ISO_DURATION = re.compile(r"P?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?", re.IGNORECASE)
_LONGEST_SECONDS = 10 * 24 * 3600
_LONGEST_VALUE = 100
_LARGEST_BYTES = 2**63 - 1


def one_line(text: str | None) -> str | None:
    """Text with its white space collapsed and HTML's entities resolved, or None for nothing."""
    if text is None:
        return None
    if "&" in text:
        text = unescape(text)
    return words.line(text) or None


def plain_start(html: str | None, length: int) -> str | None:
    """The first words of a piece of HTML, without tags, to replace a missing title."""
    words = one_line(_TAGS.sub(" ", (html or "")[: 20 * length]))
    if words is None or len(words) <= length:
        return words
    return words[: length - 1].rsplit(" ", 1)[0] + "…"


def seconds(text: str | None) -> int | None:
    """A duration written as hh:mm:ss, mm:ss, seconds or ISO 8601; None for any other form."""
    text = (text or "").strip()
    if len(text) > _LONGEST_VALUE:
        return None
    iso = _ISO_DURATION.fullmatch(text)
    if iso and any(iso.groups()):
        parts = [int(part or 0) for part in iso.groups()]
    else:
        try:
            parts = [int(float(part or 0)) for part in text.split(":")] if text else []
        except (ValueError, OverflowError):
            return None
    if not 1 <= len(parts) <= 3 or min(parts) < 0:
        return None
    total = 0
    for part in parts:
        total = total * 60 + part
    return total if 0 < total <= _LONGEST_SECONDS else None


def positive_int(text: str | None) -> int | None:
    """A whole number above zero; feeds write 0 for "unknown", and thousands with separators."""
    if not text:
        return None
    digits = text if text.isdigit() else _SEPARATORS.sub("", text)
    if not digits.isascii() or not digits.isdigit() or len(digits) > 19:
        return None
    return int(digits) if 0 < int(digits) <= _LARGEST_BYTES else None


def number(text: str | None) -> Decimal | None:
    """A finite decimal number that is not negative, or None."""
    if not text:
        return None
    try:
        value = Decimal(text.strip()[:_LONGEST_VALUE])
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value < 10**12 else None


def yes(text: str | None) -> bool:
    """True for the affirmative values in feeds: yes, true, explicit, 1."""
    return (text or "").strip().lower() in {"yes", "true", "explicit", "1"}


def base_of(written: str | None, location: str | None) -> str | None:
    """The base for relative addresses: ``xml:base`` if valid, otherwise the document's."""
    try:
        return urljoin(location or "", written or "") or None
    except ValueError:
        return location
