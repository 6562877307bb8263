"""The declaration of a writer, and functions shared by writers. They run for every line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from json import dumps
from typing import Protocol
from urllib.parse import quote

from wavehouse.simulation.types import Request

CLOCK = tuple(f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86_400))
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip


class Dice(Protocol):
    """The source of a line's random values."""

    def getrandbits(self, bits: int, /) -> int:
        """A number of that many random bits."""

    def randbytes(self, size: int) -> bytes:
        """That many random bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """How a server writes its log.

    ``file`` names a day's file, ``head`` are its first lines. ``line`` writes one request; the dice
    are the day's own. ``has_ids``: a line has an id that identifies a repetition. ``redirects``: a
    line shows a redirect to a file, not the delivery (R30). ``has_ranges``: a line shows which
    bytes were sent, so that every rule can be counted; ``has_multipart``: also for a response with
    several ranges.
    """

    file: Callable[[date], str]
    line: Callable[[date, Request, Dice], str]
    head: str = ""
    has_ids: bool = False
    redirects: bool = False
    has_ranges: bool = True
    has_multipart: bool = True


def target(request: Request) -> str:
    """Path and query."""
    return f"{request.path}?{request.query}" if request.query else request.path


def content_range(request: Request, none: str = "") -> str:
    """The Content-Range of a response."""
    r = request
    return f"bytes {r.first}-{r.last}/{r.size}" if r.first >= 0 else none


def unix(day: date, request: Request) -> int:
    """Seconds since 1970."""
    return (day.toordinal() - 719_163) * 86_400 + request.second


@lru_cache(maxsize=8)
def clf_date(day: date) -> str:
    """A day as nginx and Apache write it, whatever the machine's locale."""
    return f"{day.day:02}/{_MONTHS[day.month - 1]}/{day.year}"


@lru_cache(maxsize=65_536)
def json_text(text: str) -> str:
    """A text as JSON."""
    return dumps(text, ensure_ascii=False)


@lru_cache(maxsize=65_536)
def encoded(text: str) -> str:
    """A text as CloudFront writes it: percent-encoded, "-" when empty."""
    return quote(text, safe="/();:,.=+-_!*'@&?$~") if text else "-"


@lru_cache(maxsize=65_536)
def escaped(text: str) -> str:
    """A text as nginx writes it: control, quote and non-ASCII bytes as backslash x."""
    if not text:
        return "-"
    return "".join(
        f"\\x{byte:02X}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte)
        for byte in text.encode()
    )
