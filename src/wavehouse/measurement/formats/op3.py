"""OP3: hits, tab-separated with a header line. One redirect per line, no bytes.

Every line is a prefix event: it shows a redirect to a file, not a delivery (R30). The address is
OP3's keyed hash, so a listener is that hash and the user agent; network and data centre (R17) are
unknown. The country is the one that OP3 looked up; it is stored in ``forwarded_for``, which is
otherwise unused here.
"""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.formats._shape import Format, Layout

_FIELDS = [
    "time",
    "uuid",
    "hashedIpAddress",
    "method",
    "url",
    "userAgent",
    "referer",
    "range",
    "xpsId",
    "ulid",
    "edgeColo",
    "continent",
    "country",
    "timezone",
    "regionCode",
    "region",
    "metroCode",
]
_NEEDED = ("time", "method", "url", "userAgent")
# ``hashedIpAddressForDownload``, if present, is the hash that OP3 itself counts by.
_HASHES = ("hashedIpAddressForDownload", "hashedIpAddress")
_OPTIONAL = ("uuid", "range", "country", "referer")

_EXPRESSIONS = {
    "ip": "'hash:' || coalesce(hash, '')",
    "forwarded_for": "coalesce(country, '')",
    "sent_at": "CASE WHEN whole THEN instant(time) END",
    "method": "coalesce(nullif(method, ''), '-')",
    "uri": "url",
    "status": "CASE WHEN regexp_matches(url, '^https?://') THEN 302::SMALLINT END",
    "bytes": "0::BIGINT",
    "agent": "useragent",
    "range_header": "given(range)",
    "native_id": "identifier(uuid)",
    "site": "site_of(referer)",
}


def is_header(line: str) -> bool:
    """True for the line with OP3's column names."""
    names = line.split("\t")
    return all(name in names for name in _NEEDED) and any(name in names for name in _HASHES)


def _layout(lines: Sequence[str], where: str) -> Layout:
    header = next((line for line in lines[:20] if is_header(line)), None)
    places = columns(header, where)
    width = len(header.split("\t")) if header else len(_FIELDS)
    used = ", ".join(f"p[{number}] AS {name}" for name, number in places.items())
    return Layout(
        "op3",
        f"SELECT n, len(p) = {width} AS whole, {used} "  # noqa: S608 - our own names and numbers
        "FROM (SELECT n, string_split(line, chr(9)) AS p FROM raw)",
        _EXPRESSIONS,
        prefix=True,
        skips=(header,) if header else (),
    )


def columns(header: str | None, where: str) -> dict[str, int]:
    """The positions of the columns, from 1. InvalidInput when a required one is missing."""
    names = header.split("\t") if header is not None else _FIELDS
    missing = [name for name in _NEEDED if name not in names]
    hashes = [name for name in _HASHES if name in names]
    if missing or not hashes:
        lacks = ", ".join([*missing, *([] if hashes else ["hashedIpAddress"])])
        raise InvalidInput(f"the header line lacks {lacks}", where=f"{where}:1")
    counts = {"hash": names.index(hashes[0]) + 1}
    for name in (*_NEEDED, *_OPTIONAL):
        # A list index beyond the end gives NULL: a missing column reads as NULL.
        counts[name.lower()] = names.index(name) + 1 if name in names else len(names) + 1
    return counts


_GUIDE = """
The tab-separated hits of OP3's API (`format=tsv`), with their header line; columns are found by name.
An OP3 hit is a redirect to the file. So every listener, episode and day in it is a `prefix_estimate`
(R30), shown separately and never added to downloads.

OP3 has a keyed hash instead of the address (`hashedIpAddress`, or, if present,
`hashedIpAddressForDownload`, by which OP3 counts). Wavehouse keys the listener by that hash and the user agent, hashed
once more under the month's secret. Consequences: data centres and VPNs (R17) are unknown, the network
is unknown, the country is the one that OP3 looked up; when OP3 changes its key, listeners
become new ones; and a listener in an OP3 log is never matched with a log that has addresses, so do not
add the two.
"""

FORMAT = Format(
    name="op3",
    title="OP3: hits",
    guide=_GUIDE,
    sample=(
        "\t".join(_FIELDS) + "\n"
        "2026-11-18T10:00:00.000Z\t0191d7c0de0000000000000000000001\t"
        "4f2b6c1d9a3e5f708192a3b4c5d6e7f801234567\tGET\thttps://op3.dev/e/media.example/show/one.mp3"
        "\tAppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)\t"
        "\tbytes=0-999999\t\t\tFRA\tEU\tIT\tEtc/UTC\t\t\t\n"
    ),
    detects=lambda lines: any(is_header(line) for line in lines[:20]),
    layout=_layout,
    rank=20,
    lacks=frozenset({"bytes", "address"}),
)
