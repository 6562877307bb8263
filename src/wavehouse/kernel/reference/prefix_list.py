"""Removes tracking prefixes from media addresses, and gives a media file one key (R03).

Prefixes nest: ``https://op3.dev/e/https://pdst.fm/e/media.example/a.mp3`` is parsed from the left,
one known prefix at a time, as long as an address follows.
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

# More do not occur in practice; the limit bounds the time for a hostile address.
_DEEPEST = 20

# After a prefix: an optional scheme (some send it with one slash less, or encoded once or twice), a
# host with a dot, and a path.
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
_QUERY_SAFE = "!$'()*,;:=@~/?"


class MediaKey(NamedTuple):
    """The host and path of a media file, without prefixes and additions.

    ``path`` includes the query parameters that can identify a file.
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
        """Remove tracking prefixes and keep the query; unchanged if there are none."""
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
    """The expression for a line of the list."""
    text = re.escape(pattern).replace(r"/\*\*", r"(?:/[^/?#]*)*?").replace(r"\*", "[^/]*")
    return f"(?:{text})"


def _scheme_in(text: str) -> str:
    return "https" if text.lower().startswith("https") else "http"


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host without its default port, and the rest. The scheme may be missing."""
    match = _URL.fullmatch(url.strip())
    if match is None:
        return "https", "", url.strip()
    scheme = (match[1] or "https").lower()
    host = match[2].lower().removesuffix(_DEFAULT_PORTS[scheme]).rstrip(".")
    return scheme, host, match[3]


_LINE = re.compile(r"[a-z0-9*_.-]+(?::\d+)?(?:/[^\s/?#]+)*", re.IGNORECASE)


def read_prefixes(path: Path) -> list[str]:
    """The patterns of a list: lines in our grammar, or the JSON of opawg/podcast-prefixes.

    Raises InvalidInput with the number of a line whose pattern is invalid or would match any
    address.
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
    """Normalise a pattern of a prefix; InvalidInput for an invalid one."""
    pattern = re.sub(r"^(?:https?:)?//", "", text.strip()).rstrip("/").lower()
    host, _, rest = pattern.partition("/")
    names_a_host = re.search(r"[a-z0-9-]+\.(?:[a-z0-9-]+)$", host) is not None
    names_a_path = any("*" not in part for part in rest.split("/") if part)
    if not _LINE.fullmatch(pattern) or not (names_a_host or names_a_path):
        raise InvalidInput(
            f"{text!r} is not a prefix",
            where=where,
            hint="Write the host and the path before the media address, with * for a "
            "variable part: track.example/p/*.",
        )
    return pattern


def _read_opawg(text: str, path: Path) -> list[str]:
    """``opawg/podcast-prefixes``, whose patterns may be followed by anything."""
    try:
        entries = json.loads(text)
        texts = [str(entry["prefixpattern"]) for entry in entries]
    except (ValueError, RecursionError, TypeError, KeyError) as broken:
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
    """The known prefixes, including the operator's custom lists."""
    return _compiled(own_files("prefixes"), extra)


def normal_path(path: str) -> str:
    """A path in one spelling: percent-encoded only where necessary, with upper-case digits.

    ``%7E`` and ``~`` are the same; ``%2F`` is not a slash and is kept. ``.`` and ``..`` are removed
    as clients do before they send a request (RFC 3986, 5.2.4).
    """
    segments = path.encode("utf-8", "surrogatepass").split(b"/")
    if b"." in segments or b".." in segments:
        segments = _without_dots(segments)
    return (
        "/".join(quote(unquote_to_bytes(segment), safe=_PATH_SAFE) for segment in segments) or "/"
    )


def _without_dots(segments: list[bytes]) -> list[bytes]:
    kept: list[bytes] = []
    for segment in segments:
        if segment == b"..":
            del kept[max(len(kept) - 1, 1) :]
        elif segment != b".":
            kept.append(segment)
    return [*kept, b""] if segments[-1] in (b".", b"..") else kept


def normal_query(query: str) -> str:
    """A query with each parameter in one spelling: ``%2F`` and ``/``, ``%20`` and ``+`` are equal.

    An encoded ``&`` or ``+`` stays encoded.
    """
    if "%" not in query and "+" not in query and query.isascii():
        return query
    parts = query.replace("+", "%20").split("&")
    return "&".join(quote(unquote_to_bytes(part), safe=_QUERY_SAFE) for part in parts)


_MEDIA_ENDINGS = (
    ".mp3", ".m4a", ".m4b", ".mp4", ".m4v", ".aac", ".ogg", ".oga", ".opus", ".wav", ".flac",
    ".webm", ".mov", ".ts", ".m4s", ".m3u8", ".m3u",
)  # fmt: skip


def has_media_ending(path: str) -> bool:
    """True for a path with a media file suffix, whose query rarely identifies the file."""
    return path.lower().endswith(_MEDIA_ENDINGS)


def split_address(url: str) -> tuple[str, str, str]:
    """Host, normalised path, and query of a media address, with prefixes removed.

    A query with an encoded question mark (``%3F_from=…``) counts as a query, and TuneIn's ``/;`` is
    not part of the path.
    """
    _, host, tail = _parts(tracking_prefixes().strip(url))
    path, _, query = tail.partition("#")[0].partition("?")
    if not query and (match := _ENCODED_QUERY.search(path)):
        path, query = path[: match.start()], unquote(path[match.end() :])
    return host, normal_path(path.removesuffix("/;")), normal_query(query)


def media_key(url: str, *, whole_query: bool = False) -> MediaKey:
    """Host and path of a media address, without prefix, scheme, default port or fragment.

    Query parameters that may identify a file stay at the end of the path; those added by clients
    are removed, unless the whole query is requested (R03).
    """
    host, path, query = split_address(url)
    named = naming_parameters(query, all_of_them=whole_query)
    return MediaKey(host, f"{path}?{named}" if named else path)
