"""Bunny: the CDN's raw log, with twelve values separated by pipes."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.measurement.formats._shape import Format, Layout, Split

_CACHE = ("HIT", "MISS", "BYPASS", "REVALIDATED", "STALE", "UPDATING", "EXPIRED", "-")
_VALUES = [
    "cache",
    "status",
    "time",
    "sent",
    "zone",
    "address",
    "referer",
    "url",
    "edge",
    "user_agent",
    "request_id",
    "country",
]
_WIDTH = len(_VALUES)
_SPLIT = Split(
    "|",
    (_WIDTH,),
    {name: index for index, name in enumerate(_VALUES, 1) if name not in ("zone", "edge")},
    dated="time",
    # A pipe inside a value would shift the others.
    whole="regexp_full_match(country, '[A-Z]{2}|[A-Z]1|-?') AND regexp_matches(url, '^https?://')",
)
_FIELDS = {
    "ip": "plain(address)",
    "sent_at": "instant(time)",
    "method": "'GET'",
    "uri": "url",
    "status": "try_cast(status AS SMALLINT)",
    "bytes": "positive(sent)",
    "agent": "coalesce(given(user_agent), '')",
    "native_id": "identifier(request_id)",
    "site": "site_of(referer)",
}


def _detects(lines: Sequence[str]) -> bool:
    cells = [line.split("|") for line in lines[:200]]
    return any(
        len(each) == _WIDTH and each[0] in _CACHE and each[7].startswith("http") for each in cells
    )


FORMAT = Format(
    name="bunny",
    title="Bunny: raw logs of a pull zone",
    guide="""
The pipe-separated files of the logging API (version 1) or of Permanent Log Storage, plain or gzip. Turn
off *IP anonymization* in the pull zone's logging settings: with it, all listeners of a
network look the same.

The log has neither the method nor the range that was sent: every line is read as a GET, and the bytes of
a 206 are assumed to be at the start of the file. So it counts too little, never too much: for an episode
streamed in pieces, only the largest piece can be proved. Bytes include the response header.
""",
    sample=(
        "HIT|206|1794996000000|1000000|390|192.0.2.1|-|https://media.example/show/one.mp3|WA|"
        "AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)|"
        "322b688bd63fb63f2babe9de30a5d262|IT\n"
    ),
    detects=_detects,
    layout=lambda _lines, _where: Layout("bunny", _SPLIT, _FIELDS),
    lacks=frozenset({"ranges"}),
)
