"""CloudFront: standard logs, tab-separated, with a ``#Fields`` line."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.formats._shape import Format, Layout, Split

FIELDS = [
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "cs(Cookie)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
]
_NEEDED = ("date", "time", "c-ip", "cs-method", "cs-uri-stem", "sc-status", "cs(User-Agent)")
USED = (
    *_NEEDED,
    "sc-bytes",
    "cs(Host)",
    "cs(Referer)",
    "x-host-header",
    "x-edge-request-id",
    "x-forwarded-for",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
    "cs-uri-query",
)
VALUES = {
    "ip": "coalesce(plain(c_ip), '')",
    "forwarded_for": "CASE WHEN x_forwarded_for = '-' THEN '' "
    "ELSE coalesce(plain(x_forwarded_for), '') END",
    "sent_at": "try_strptime(date || ' ' || time, '%Y-%m-%d %H:%M:%S')",
    "method": "coalesce(plain(cs_method), '-')",
    "host": "lower(CASE WHEN coalesce(x_host_header, '-') <> '-' THEN plain(x_host_header) "
    "WHEN coalesce(cs_host, '-') <> '-' THEN plain(cs_host) ELSE '' END)",
    "uri": "coalesce(plain(cs_uri_stem), '') || "
    "CASE WHEN coalesce(cs_uri_query, '-') IN ('-', '') THEN '' ELSE '?' || plain(cs_uri_query) END",
    "status": "try_cast(sc_status AS SMALLINT)",
    "content_start": "positive(sc_range_start)",
    "content_end": "positive(sc_range_end)",
    "content_total": "CASE WHEN status = 200 THEN positive(sc_content_len) END",
    # sc-bytes includes headers: the smaller of it and the range's length, or sc-content-len
    "bytes": "CASE WHEN content_start IS NOT NULL AND content_end IS NOT NULL "
    "THEN least(coalesce(positive(sc_bytes), content_end - content_start + 1), "
    "content_end - content_start + 1) "
    "ELSE least(coalesce(positive(sc_bytes), positive(sc_content_len)), "
    "coalesce(positive(sc_content_len), positive(sc_bytes))) END",
    "agent": "CASE WHEN coalesce(cs_user_agent, '-') = '-' THEN '' ELSE plain(cs_user_agent) END",
    "range_header": "CASE WHEN status = 206 AND content_start = 0 AND content_end IN (0, 1) "
    "THEN 'bytes=0-' || content_end END",
    "native_id": "identifier(x_edge_request_id)",
    "site": "site_of(plain(cs_referer))",
}


def column(field: str) -> str:
    """A field name as an SQL column."""
    return field.replace("-", "_").replace("(", "_").replace(")", "").lower()


def _layout(lines: Sequence[str], where: str) -> Layout:
    header = next((line for line in lines if line.startswith("#Fields:")), None)
    names = header.removeprefix("#Fields:").split() if header else FIELDS
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise InvalidInput(f"the #Fields line lacks {', '.join(missing)}", where=where)
    # A list index beyond the end gives NULL: a field that is not logged reads as NULL.
    places = {
        column(name): names.index(name) + 1 if name in names else len(names) + 1 for name in USED
    }
    return Layout(
        "cloudfront",
        Split("\t", (len(names),), places, dated="date"),
        VALUES,
        escaped_agents=True,
        fields_line=tuple(names),
    )


def _detects(lines: Sequence[str]) -> bool:
    return any(line.startswith("#Fields:") for line in lines) or any(
        len(line.split("\t")) == len(FIELDS) for line in lines[:20]
    )


_GUIDE = """
The tab-separated files with `#Version: 1.0` and a `#Fields:` line, gzip as delivered. Fields are found
by name: they may be in any order, and fewer than the 33. Required are `date`, `time`, `c-ip`,
`cs-method`, `cs-uri-stem`, `sc-status`, `cs(User-Agent)`; also used are

- `sc-range-start`, `sc-range-end`, `sc-content-len` and `sc-bytes`: the bytes are the smaller of
  `sc-bytes` and the range's length, or `sc-content-len`. `sc-bytes` includes the response headers, some
  hundred bytes that cannot be separated.
- `x-host-header`, else `cs(Host)`, which is the distribution's own name;
- `x-edge-request-id`, which identifies a request that comes again in another file;
- `x-forwarded-for`, if the proxies are trusted.

Files that were joined may repeat the `#Fields:` line. Where it *changes* in the middle of a file,
reading stops and names the line.
"""

FORMAT = Format(
    name="cloudfront",
    title="CloudFront: standard logs",
    guide=_GUIDE,
    sample=(
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) "
        "cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query x-edge-request-id "
        "x-host-header sc-content-len sc-range-start sc-range-end\n"
        "2026-11-18\t10:00:00\tMXP64-P2\t1000450\t192.0.2.1\tGET\td1.cloudfront.net\t/show/one.mp3"
        "\t206\t-\tAppleCoreMedia/1.0.0.22B91%20(iPhone;%20U;%20CPU%20OS%2018_1%20like%20Mac%20OS"
        "%20X;%20en_us)\t-\tq1wLk2\tmedia.example\t1000000\t0\t999999\n"
    ),
    detects=_detects,
    layout=_layout,
    rank=10,
)
