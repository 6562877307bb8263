"""The log formats as DuckDB SQL: from a table ``raw(n, line)`` to one table of the same shape.

Every statement makes ``fields``: n, ip, sent_at, method, host, uri (with its query), status, bytes,
agent, range_header, content_start, content_end, native_id, site (of the referrer). A line that is
not of the format has NULL in ``sent_at`` or ``status``. Nothing of a log is pasted into SQL. Where
lines fall into parts at a character, the statement has ``$parts``, so that the count-only path may
have them split in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.adapters.formats_json import CLOUDFLARE, FASTLY, json_format_of
from wavehouse.measurement.adapters.formats_op3 import OP3, is_op3_header, op3_parameters
from wavehouse.measurement.rules.combined import is_combined
from wavehouse.measurement.types import LogFormat

CLOUDFRONT_FIELDS = (
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
)
_NEEDED = ("date", "time", "c-ip", "cs-method", "cs-uri-stem", "sc-status", "cs(User-Agent)")
_USED = (
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

COMBINED = """
CREATE OR REPLACE TEMP TABLE fields AS
WITH parts AS ($parts)
SELECT
  n,
  split_part(who, ' ', 1) AS ip,
  '' AS forwarded_for,
  try_strptime(substr(who, strpos(who, '[') + 1, 26), '%d/%b/%Y:%H:%M:%S %z')::TIMESTAMP
    AS sent_at,
  CASE WHEN request IN ('', '-') THEN '-' ELSE split_part(request, ' ', 1) END AS method,
  CASE WHEN width = 13 AND host <> '-' THEN lower(host) ELSE '' END AS host,
  split_part(split_part(request, ' ', 2), '#', 1) AS uri,
  try_cast(split_part(answer, ' ', 2) AS SMALLINT) AS status,
  CASE split_part(answer, ' ', 3) WHEN '-' THEN 0
    ELSE positive(split_part(answer, ' ', 3)) END AS bytes,
  agent,
  site_of(referer) AS site,
  CASE WHEN width = 13 AND asked <> '-' THEN asked END AS range_header,
  CASE WHEN width = 13 AND covered[:6] = 'bytes '
    THEN positive(split_part(covered[7:], '-', 1)) END AS content_start,
  CASE WHEN width = 13 AND covered[:6] = 'bytes '
    THEN positive(split_part(split_part(covered, '-', 2), '/', 1)) END AS content_end,
  NULL::VARCHAR AS native_id
FROM parts
"""

CLOUDFRONT = """
CREATE OR REPLACE TEMP TABLE fields AS
WITH parts AS ($parts),
named AS (
  SELECT
    n, c_ip AS ip,
    CASE WHEN x_forwarded_for = '-' THEN '' ELSE coalesce(x_forwarded_for, '') END
      AS forwarded_for,
    CASE WHEN width = $width
      THEN try_strptime(date || ' ' || time, '%Y-%m-%d %H:%M:%S') END AS sent_at,
    cs_method AS method,
    lower(CASE WHEN coalesce(x_host_header, '-') <> '-' THEN x_host_header
      WHEN coalesce(cs_host, '-') <> '-' THEN cs_host ELSE '' END) AS host,
    cs_uri_stem || CASE WHEN coalesce(cs_uri_query, '-') IN ('-', '') THEN ''
      ELSE '?' || cs_uri_query END AS uri,
    try_cast(sc_status AS SMALLINT) AS status,
    positive(sc_bytes) AS sent,
    cs_user_agent AS agent,
    positive(sc_content_len) AS content_length,
    positive(sc_range_start) AS content_start,
    positive(sc_range_end) AS content_end,
    nullif(x_edge_request_id, '-') AS native_id, site_of(cs_referer) AS site
  FROM parts
)
SELECT
  n, ip, forwarded_for, sent_at, method, host, uri, status,
  -- sc-bytes counts headers too: the smaller of it and the range's length, or sc-content-len
  CASE
    WHEN content_start IS NOT NULL AND content_end IS NOT NULL
      THEN least(coalesce(sent, content_end - content_start + 1), content_end - content_start + 1)
    ELSE least(coalesce(sent, content_length), coalesce(content_length, sent))
  END AS bytes,
  CASE WHEN agent = '-' THEN '' ELSE agent END AS agent,
  CASE WHEN status = 206 AND content_start = 0 AND content_end IN (0, 1)
    THEN 'bytes=0-' || content_end END AS range_header,
  content_start, content_end, native_id, site
FROM named
"""


@dataclass(frozen=True, slots=True)
class Split:
    """How a line falls into parts at a character: how many there may be, and which are used.

    ``dated`` names the part that the time is read from. A ``closed`` line ends with the character.
    """

    at: str
    widths: tuple[int, ...]
    places: Mapping[str, int]
    dated: str
    closed: bool = False

    @property
    def of_lines(self) -> str:
        """The parts of the lines in ``raw``: n, width, and what is used by its name."""
        used = ", ".join(f"p[{place}] AS {name}" for name, place in self.places.items())
        return (
            f"SELECT n, len(p) AS width, {used} "  # noqa: S608 - our own names and numbers
            f"FROM (SELECT n, string_split(line, '{self.at}') AS p FROM raw)"
        )


_IN_QUOTES = Split(
    '"',
    (7, 13),
    {
        "who": 1,
        "request": 2,
        "answer": 3,
        "referer": 4,
        "agent": 6,
        "asked": 8,
        "covered": 10,
        "host": 12,
    },
    dated="who",
    closed=True,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file's lines are laid out."""

    format: LogFormat
    fields_from: str
    parameters: dict[str, Any]
    escaped_agents: bool
    fields: tuple[str, ...] = ()
    prefix: bool = False
    """Every line is a redirect of a prefix service, its address a hash (R30)."""
    split: Split | None = None

    @property
    def statement(self) -> str:
        """The statement that makes ``fields`` of the lines in ``raw``."""
        return self.statement_over(self.split.of_lines) if self.split else self.fields_from

    def statement_over(self, parts: str) -> str:
        """The statement that makes ``fields`` of parts that a SELECT gives."""
        return self.fields_from.replace("$parts", parts)


def refuse_other_fields(text: str, layout: Layout, where: str, first_line: int) -> None:
    """A second header may repeat the first; other fields would be taken for each other."""
    if "#" not in text:  # one character is found many times faster than eight
        return
    place = -1
    while (place := text.find("#Fields:", place + 1)) >= 0:
        line = text[place:].partition("\n")[0].rstrip("\r")
        starts = place == 0 or text[place - 1] == "\n"
        if starts and layout.fields and tuple(line[8:].split()) != layout.fields:
            raise InvalidInput(
                "the #Fields line changes in the middle of the file",
                where=f"{where}:{first_line + text.count(chr(10), 0, place)}",
                hint="Cut the file there into two; what stands before that piece was read.",
            )


def layout_of(head: str, chosen: str, where: str) -> Layout:
    """The layout that a file's head shows. InvalidInput when it is no log that we read."""
    lines = [line.rstrip("\r") for line in head.removeprefix("\ufeff").split("\n")]
    found = _told(lines) if chosen == "auto" else chosen
    if found == LogFormat.CLOUDFRONT:
        header = next((line for line in lines if line.startswith("#Fields:")), None)
        return _cloudfront(
            header.removeprefix("#Fields:").split() if header else [*CLOUDFRONT_FIELDS], where
        )
    if found == LogFormat.OP3:
        header = next((line for line in lines[:20] if is_op3_header(line)), None)
        parameters = op3_parameters(header, where)
        return Layout(LogFormat.OP3, OP3, parameters, escaped_agents=False, prefix=True)
    if found in _PLAIN:
        split = _IN_QUOTES if found == LogFormat.COMBINED else None
        return Layout(
            LogFormat(found), _PLAIN[LogFormat(found)], {}, escaped_agents=False, split=split
        )
    raise InvalidInput(
        "this is not a log that Wavehouse reads: neither CloudFront's standard format, nor nginx "
        "or Apache combined, nor JSON lines of Fastly or Cloudflare, nor OP3's hits",
        where=f"{where}:1",
        hint=f"Give --format {', '.join(LogFormat)} if you are sure; "
        "the formats are described in docs/guides/logs.md",
    )


_PLAIN = {
    LogFormat.COMBINED: COMBINED,
    LogFormat.FASTLY: FASTLY,
    LogFormat.CLOUDFLARE: CLOUDFLARE,
}


def _told(lines: list[str]) -> str:
    """The format that the first lines show; empty when they show none."""
    if any(line.startswith("#Fields:") for line in lines) or _tabbed(lines):
        return LogFormat.CLOUDFRONT
    if any(is_op3_header(line) for line in lines[:20]):
        return LogFormat.OP3
    for line in lines[:200]:
        if (found := json_format_of(line)) is not None:
            return found
        if is_combined(line):
            return LogFormat.COMBINED
    return ""


def _tabbed(lines: list[str]) -> bool:
    return any(len(line.split("\t")) == len(CLOUDFRONT_FIELDS) for line in lines[:20])


def _cloudfront(names: list[str], where: str) -> Layout:
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise InvalidInput(f"the #Fields line lacks {', '.join(missing)}", where=where)
    # A list has no element beyond its end: a field that is not logged reads as NULL.
    places = {
        _column(name): names.index(name) + 1 if name in names else len(names) + 1 for name in _USED
    }
    return Layout(
        LogFormat.CLOUDFRONT,
        CLOUDFRONT,
        {"width": len(names)},
        escaped_agents=True,
        fields=tuple(names),
        split=Split("\t", (len(names),), places, dated="date"),
    )


def _column(field: str) -> str:
    return field.replace("-", "_").replace("(", "_").replace(")", "").lower()
