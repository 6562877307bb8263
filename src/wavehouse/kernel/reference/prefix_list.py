"""The address behind the measuring prefixes, and the one key of a media file (R03).

Prefixes nest: ``https://op3.dev/e/https://pdst.fm/e/media.example/a.mp3`` is taken apart from
the left, one known prefix at a time, as long as what follows is an address again.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference.files import path_of

# More are not seen in the wild; the limit keeps a hostile address from costing time.
_DEEPEST = 20

# What may follow a prefix: a scheme or none (one slash less, or encoded, as some send it), a
# host with a dot in it, and a path.
_MEASURED = (
    r"(?P<scheme>https?(?::/{1,2}|%3a%2f%2f|/))?"
    r"(?P<rest>(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)+|localhost)(?::\d+)?(?:/|%2f).+)"
)
_URL = re.compile(r"(?:(https?):)?//(?:[^/?#@]*@)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_PATH_SAFE = "!$&'()*+,;=:@~"


class MediaKey(NamedTuple):
    """The host and path of a media file, without prefixes and query."""

    host: str
    path: str


class TrackingPrefixes:
    """Known prefixes, as one expression."""

    def __init__(self, patterns: list[str]) -> None:
        longest_first = sorted(patterns, key=lambda p: (-p.count("/"), p))
        heads = (re.escape(pattern).replace(r"\*", "[^/]*") for pattern in longest_first)
        self._expression = re.compile(rf"(?:{'|'.join(heads)})/{_MEASURED}", re.I | re.DOTALL)

    def strip(self, url: str) -> str:
        """The measured address itself, its query untouched; the same text when there is none."""
        for _ in range(_DEEPEST):
            inner = self._once(url)
            if inner is None:
                break
            url = inner
        return url

    def _once(self, url: str) -> str | None:
        """The address without its outermost prefix; None when it has none."""
        outer, host, tail = _parts(url)
        found = self._expression.fullmatch(host + tail)
        if found is None:
            return None
        scheme = found["scheme"]
        rest = found["rest"]
        if "/" not in rest.partition("?")[0]:
            rest = unquote(rest)
        return f"{_scheme_in(scheme) if scheme else outer}://{rest}"


def _scheme_in(text: str) -> str:
    return "https" if text.lower().startswith("https") else "http"


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host without its default port, and all the rest. A scheme may be missing."""
    found = _URL.fullmatch(url.strip())
    if found is None:
        return "https", "", url.strip()
    scheme = (found[1] or "https").lower()
    host = found[2].lower().removesuffix(_DEFAULT_PORTS[scheme]).rstrip(".")
    return scheme, host, found[3]


def read_prefixes(path: Path) -> list[str]:
    """The patterns of a list file; ``#`` starts a comment."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise InvalidInput("The list of prefixes cannot be read.", where=str(path)) from broken
    lines = (line.partition("#")[0].strip().strip("/").lower() for line in text.splitlines())
    return [line for line in lines if line]


@cache
def tracking_prefixes(*extra: Path) -> TrackingPrefixes:
    """The known prefixes, with the lines of the operator's own files."""
    files = (path_of("tracking-prefixes.txt"), *extra)
    return TrackingPrefixes([line for path in files for line in read_prefixes(path)])


def normal_path(path: str) -> str:
    """A path with one spelling: encoded where it must be, upper-case digits, nowhere else.

    ``%7E`` and ``~`` are one character; ``%2F`` is not a slash and stays.
    """
    segments = path.encode("utf-8", "surrogatepass").split(b"/")
    return "/".join(quote(unquote_to_bytes(one), safe=_PATH_SAFE) for one in segments) or "/"


def media_key(url: str) -> MediaKey:
    """Host and path of a media address: no prefix, scheme, default port, query or fragment.

    Apps and prefixes add parameters of their own, so the query is no part of the identity.
    """
    _, host, tail = _parts(tracking_prefixes().strip(url))
    path = re.split(r"[?#]", tail, maxsplit=1)[0]
    return MediaKey(host, normal_path(path))
