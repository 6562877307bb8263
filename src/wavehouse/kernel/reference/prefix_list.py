"""The address behind the measuring prefixes, and the one key of a media file (R03).

Prefixes nest: ``https://op3.dev/e/https://pdst.fm/e/media.example/a.mp3`` is taken apart from
the left, one known prefix at a time, as long as what follows is an address again.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference.files import path_of
from wavehouse.kernel.reference.own_lists import OwnFile, own_files
from wavehouse.kernel.reference.parameter_list import naming_parameters

# More are not seen in the wild; the limit keeps a hostile address from costing time.
_DEEPEST = 20

# What may follow a prefix: a scheme or none (with one slash less, or encoded once or twice, as
# some send it), a host with a dot in it, and a path.
_COLON, _SLASH = "(?::|%3a|%253a)", "(?:/|%2f|%252f)"
_A_FILE = r"[^/%]*\.(?:mp3|m4a|m4b|mp4|m4v|aac|ogg|opus|wav|flac)(?:/|%2f|$)"
_MEASURED = (
    rf"(?:{_SLASH}){{0,2}}(?P<scheme>https?(?:{_COLON}{_SLASH}{{1,3}}|/))?"
    rf"(?P<rest>(?!{_A_FILE})(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z0-9-]*[a-z0-9]|localhost)"
    rf"(?:{_COLON}\d+)?{_SLASH}.+)"
)
_ENCODED_QUERY = re.compile(r"%3F(?=_from=)", re.IGNORECASE)
_ENCODED = re.compile(r"%(?:25)?(?:2f|3a)", re.IGNORECASE)
_URL = re.compile(r"(?:(https?):)?//(?:[^/?#@]*@)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_PATH_SAFE = "!$&'()*+,;=:@~"


class MediaKey(NamedTuple):
    """The host and path of a media file, whatever was put before or behind its address.

    Of a query, ``path`` keeps the parameters that can name a file.
    """

    host: str
    path: str

    @property
    def bare(self) -> MediaKey:
        """The key without its query."""
        return MediaKey(self.host, self.path.partition("?")[0])


class TrackingPrefixes:
    """Known prefixes, as one expression."""

    def __init__(self, patterns: list[str]) -> None:
        longest_first = sorted(patterns, key=lambda p: ("**" in p, -p.count("/"), p))
        heads = map(_expression_of, longest_first)
        self._expression = re.compile(rf"(?:{'|'.join(heads)})/{_MEASURED}", re.I | re.DOTALL)

    def strip(self, url: str) -> str:
        """The measured address itself, its query untouched; the same text without a prefix."""
        for _ in range(_DEEPEST):
            inner = self._once(url)
            if inner is None:
                break
            url = inner
        return url

    def _once(self, url: str) -> str | None:
        """The address without its outermost prefix; None when it has none."""
        outer, host, tail = _parts(url)
        match = self._expression.fullmatch(host + tail)
        if match is None:
            return None
        scheme, rest = match["scheme"], match["rest"]
        for _ in range(2):  # encoded as a whole, once or twice
            if not _ENCODED.search(rest.partition("/")[0].partition("?")[0]):
                break
            rest = unquote(rest)
        return f"{_scheme_in(scheme) if scheme else outer}://{rest}"


def _expression_of(pattern: str) -> str:
    """A line of the list as an expression."""
    text = re.escape(pattern).replace(r"/\*\*", r"(?:/[^/?#]*)*?").replace(r"\*", "[^/]*")
    return f"(?:{text})"


def _scheme_in(text: str) -> str:
    return "https" if text.lower().startswith("https") else "http"


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host without its default port, and all the rest. A scheme may be missing."""
    match = _URL.fullmatch(url.strip())
    if match is None:
        return "https", "", url.strip()
    scheme = (match[1] or "https").lower()
    host = match[2].lower().removesuffix(_DEFAULT_PORTS[scheme]).rstrip(".")
    return scheme, host, match[3]


_LINE = re.compile(r"[a-z0-9*_.-]+(?::\d+)?(?:/[^\s/?#]+)*", re.IGNORECASE)


def read_prefixes(path: Path) -> list[str]:
    """The patterns of a list: lines of our grammar, or the JSON of opawg/podcast-prefixes.

    Raises InvalidInput with the line for a pattern that is not one, or that would fit any address.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as broken:
        raise InvalidInput("the list of prefixes cannot be read", where=str(path)) from broken
    if text.lstrip().startswith(("[", "{")):
        return _read_opawg(text, path)
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if pattern := line.partition("#")[0].strip().rstrip("/").lower():
            rows.append(checked_prefix(pattern, f"{path}:{number}"))
    return rows


def checked_prefix(text: str, where: str | None = None) -> str:
    """A pattern of a prefix, normalised; InvalidInput for one that cannot be used."""
    pattern = re.sub(r"^(?:https?:)?//", "", text.strip()).rstrip("/").lower()
    host, _, rest = pattern.partition("/")
    names_a_host = re.search(r"[a-z0-9-]+\.(?:[a-z0-9-]+)$", host) is not None
    names_a_path = any("*" not in part for part in rest.split("/") if part)
    if not _LINE.fullmatch(pattern) or not (names_a_host or names_a_path):
        raise InvalidInput(
            f"{text!r} is not a prefix",
            where=where,
            hint="Write the host and the path before the media address, * for what varies: "
            "track.example/p/*.",
        )
    return pattern


def _read_opawg(text: str, path: Path) -> list[str]:
    """``opawg/podcast-prefixes``: what follows its patterns is left open there."""
    try:
        entries = json.loads(text)
        texts = [str(entry["prefixpattern"]) for entry in entries]
    except (ValueError, TypeError, KeyError) as broken:
        raise InvalidInput(
            "the list is not a JSON array of objects with prefixpattern", where=str(path)
        ) from broken
    hosts = ((f"*{text}" if text.startswith(".") else text) for text in texts)
    return [checked_prefix(f"{host.rstrip('/')}/**", str(path)) for host in hosts]


@cache
def _compiled(files: tuple[OwnFile, ...], extra: tuple[Path, ...]) -> TrackingPrefixes:
    paths = (path_of("tracking-prefixes.txt"), *(file.path for file in files), *extra)
    return TrackingPrefixes([line for path in paths for line in read_prefixes(path)])


def tracking_prefixes(*extra: Path) -> TrackingPrefixes:
    """The known prefixes, with those of the operator's own lists."""
    return _compiled(own_files("prefixes"), extra)


def normal_path(path: str) -> str:
    """A path with one spelling: encoded where it must be, upper-case digits, nowhere else.

    ``%7E`` and ``~`` are one character; ``%2F`` is not a slash and stays.
    """
    segments = path.encode("utf-8", "surrogatepass").split(b"/")
    return (
        "/".join(quote(unquote_to_bytes(segment), safe=_PATH_SAFE) for segment in segments) or "/"
    )


_MEDIA_ENDINGS = (
    ".mp3", ".m4a", ".m4b", ".mp4", ".m4v", ".aac", ".ogg", ".oga", ".opus", ".wav", ".flac",
    ".webm", ".mov", ".ts", ".m4s", ".m3u8", ".m3u",
)  # fmt: skip


def has_media_ending(path: str) -> bool:
    """True for a path that ends as media files do: its query seldom says which file is meant."""
    return path.lower().endswith(_MEDIA_ENDINGS)


def split_address(url: str) -> tuple[str, str, str]:
    """Host, path in its one spelling, and query of a media address, prefixes stripped.

    A query whose mark was encoded (``%3F_from=…``) is one, and TuneIn's ``/;`` is no path.
    """
    _, host, tail = _parts(tracking_prefixes().strip(url))
    path, _, query = tail.partition("#")[0].partition("?")
    if not query and (match := _ENCODED_QUERY.search(path)):
        path, query = path[: match.start()], unquote(path[match.end() :])
    return host, normal_path(path.removesuffix("/;")), query


def media_key(url: str, *, whole_query: bool = False) -> MediaKey:
    """Host and path of a media address: no prefix, scheme, default port or fragment.

    What of the query may name a file stays at the path's end; what clients add does not, unless
    the whole query is asked for (R03).
    """
    host, path, query = split_address(url)
    named = naming_parameters(query, all_of_them=whole_query)
    return MediaKey(host, f"{path}?{named}" if named else path)
