"""OP3's hits log as DuckDB SQL: tab-separated, a header line, one redirect a line, no bytes.

Every line is an event of a prefix: it says who was sent on to a file, not what arrived (R30). The
address is OP3's own keyed hash, so the listener is known by that hash and the user agent; network
and data centre (R17) cannot be told. The country is the one that OP3 looked up: it travels where
other formats have ``X-Forwarded-For``, which nothing else could use here.
"""

from __future__ import annotations

from typing import Any

from wavehouse.kernel.errors import InvalidInput

OP3_FIELDS = (
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
)
_NEEDED = ("time", "method", "url", "userAgent")
# ``hashedIpAddressForDownload`` is the hash that OP3 itself counts by, where it is told.
_HASHES = ("hashedIpAddressForDownload", "hashedIpAddress")
_OPTIONAL = ("uuid", "range", "country", "referer")

OP3 = """
CREATE OR REPLACE TEMP TABLE fields AS
WITH parts AS (
  SELECT n, string_split(line, chr(9)) AS p FROM raw WHERE line <> $header
),
named AS (
  SELECT n, len(p) = $width AS whole, p[$time] AS time, p[$method] AS method, p[$url] AS url,
    p[$useragent] AS agent, p[$hash] AS hash, p[$uuid] AS uuid, p[$range] AS asked,
    p[$country] AS country, p[$referer] AS referer
  FROM parts
)
SELECT
  n,
  'hash:' || coalesce(hash, '') AS ip,
  coalesce(country, '') AS forwarded_for,
  CASE WHEN whole THEN instant(time) END AS sent_at,
  coalesce(nullif(method, ''), '-') AS method,
  lower(regexp_extract(url, '^https?://([^/?]*)', 1)) AS host,
  regexp_extract(url, '^https?://[^/?]*([^#]*)', 1) AS uri,
  CASE WHEN regexp_matches(url, '^https?://') THEN 302::SMALLINT END AS status,
  0::BIGINT AS bytes,
  agent,
  told(asked) AS range_header,
  NULL::BIGINT AS content_start, NULL::BIGINT AS content_end,
  told(uuid) AS native_id, site_of(referer) AS site
FROM named
"""


def is_op3_header(line: str) -> bool:
    """True for the line that names OP3's columns."""
    names = line.split("\t")
    return all(name in names for name in _NEEDED) and any(name in names for name in _HASHES)


def op3_parameters(header: str | None, where: str) -> dict[str, Any]:
    """Where the columns are. InvalidInput when a header lacks one that is needed."""
    names = header.split("\t") if header is not None else [*OP3_FIELDS]
    missing = [name for name in _NEEDED if name not in names]
    hashes = [name for name in _HASHES if name in names]
    if missing or not hashes:
        lacks = ", ".join([*missing, *([] if hashes else ["hashedIpAddress"])])
        raise InvalidInput(f"the header line lacks {lacks}", where=f"{where}:1")
    found: dict[str, Any] = {"header": header or "", "width": len(names)}
    found["hash"] = names.index(hashes[0]) + 1
    for name in (*_NEEDED, *_OPTIONAL):
        # A list has no element beyond its end: a column that is not there reads as NULL.
        found[name.lower()] = names.index(name) + 1 if name in names else len(names) + 1
    return found
