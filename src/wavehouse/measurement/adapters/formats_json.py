"""The two JSON-lines formats as DuckDB SQL: Fastly's and Cloudflare's (Logpush ``http_requests``).

Same contract as ``formats``. A line that is no JSON object, or lacks a time, a status or the bytes,
has NULL there and goes to the quarantine. Values are cleaned of what separates values between SQL
and Python; JSON can escape anything into a string.
"""

from __future__ import annotations

import json

from wavehouse.measurement.types import LogFormat

FASTLY = """
CREATE OR REPLACE TEMP TABLE fields AS
WITH parts AS (
  SELECT n, CASE WHEN json_valid(line) THEN json_extract_string(line, [
    '$.timestamp', '$.time', '$.start_time',
    '$.client_ip', '$.ip', '$.x_forwarded_for',
    '$.request_method', '$.method', '$.host', '$.url', '$.request_uri',
    '$.response_status', '$.status',
    '$.response_body_size', '$.resp_body_bytes_written', '$.bytes',
    '$.request_user_agent', '$.user_agent', '$.request_referer', '$.referer',
    '$.request_range', '$.range', '$.response_content_range', '$.content_range',
    '$.request_id']) END AS p
  FROM raw
)
SELECT
  n,
  coalesce(plain(coalesce(p[4], p[5])), '') AS ip,
  coalesce(plain(told(p[6])), '') AS forwarded_for,
  instant(coalesce(p[1], p[2], p[3])) AS sent_at,
  coalesce(plain(coalesce(p[7], p[8])), '-') AS method,
  coalesce(lower(plain(told(p[9]))), '') AS host,
  coalesce(plain(split_part(coalesce(p[10], p[11]), '#', 1)), '') AS uri,
  try_cast(coalesce(p[12], p[13]) AS SMALLINT) AS status,
  positive(coalesce(p[14], p[15], p[16])) AS bytes,
  coalesce(plain(told(coalesce(p[17], p[18]))), '') AS agent,
  told(coalesce(p[21], p[22])) AS range_header,
  content_first(coalesce(p[23], p[24])) AS content_start,
  content_last(coalesce(p[23], p[24])) AS content_end,
  told(p[25]) AS native_id,
  site_of(plain(coalesce(p[19], p[20]))) AS site
FROM parts
"""

CLOUDFLARE = """
CREATE OR REPLACE TEMP TABLE fields AS
WITH parts AS (
  SELECT n, CASE WHEN json_valid(line) THEN json_extract_string(line, [
    '$.EdgeStartTimestamp', '$.ClientIP', '$.ClientRequestMethod', '$.ClientRequestHost',
    '$.ClientRequestPath', '$.ClientRequestURI', '$.EdgeResponseStatus',
    '$.EdgeResponseBodyBytes', '$.EdgeResponseBytes', '$.ClientRequestUserAgent',
    '$.ClientRequestReferer', '$.RayID', '$.RequestHeaders.range',
    '$.ResponseHeaders."content-range"']) END AS p
  FROM raw
),
named AS (
  SELECT n, p, positive(p[8]) AS body, positive(p[9]) AS whole,
    content_first(p[14]) AS content_start, content_last(p[14]) AS content_end
  FROM parts
)
SELECT
  n,
  coalesce(plain(p[2]), '') AS ip,
  '' AS forwarded_for,
  instant(p[1]) AS sent_at,
  coalesce(plain(p[3]), '-') AS method,
  coalesce(lower(plain(p[4])), '') AS host,
  coalesce(plain(split_part(coalesce(nullif(p[6], ''), p[5]), '#', 1)), '') AS uri,
  try_cast(p[7] AS SMALLINT) AS status,
  -- EdgeResponseBytes has the answer's header in it: at most the range's length is the body
  coalesce(body, least(whole, coalesce(content_end - content_start + 1, whole))) AS bytes,
  coalesce(plain(told(p[10])), '') AS agent,
  told(p[13]) AS range_header,
  content_start, content_end,
  told(p[12]) AS native_id,
  site_of(plain(p[11])) AS site
FROM named
"""

_CLOUDFLARE_NEEDS = ("EdgeStartTimestamp", "ClientIP", "EdgeResponseStatus")
_FASTLY_NEEDS = (
    ("timestamp", "time", "start_time"),
    ("client_ip", "ip"),
    ("response_status", "status"),
)


def json_format_of(line: str) -> LogFormat | None:
    """Which of the two formats a line is of, by the names in it; None when of neither."""
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if all(name in found for name in _CLOUDFLARE_NEEDS):
        return LogFormat.CLOUDFLARE
    if all(any(name in found for name in names) for names in _FASTLY_NEEDS):
        return LogFormat.FASTLY
    return None
