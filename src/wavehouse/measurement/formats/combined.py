"""nginx and Apache: the combined format, plain or with range, content range and host."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wavehouse.measurement.formats._lines import CLF_TIME, COMBINED, MORE, QUOTED, fields_of
from wavehouse.measurement.formats._shape import Format, Layout, Split

_LINE = re.compile(rf"({COMBINED})(?: (.*))?", re.ASCII)
_TAIL = re.compile(
    rf'(?:"({QUOTED})"|(-|bytes=\S+)) (?:"({QUOTED})"|(-|bytes \S+)) (?:"({QUOTED})"|([^\s"]+))'
)
_MORE = re.compile(rf"{COMBINED}{MORE}*", re.ASCII)
_PLAIN, _EXTENDED = 7, 13
# Most servers write UTC and no user: such a line needs no pattern, which costs more than all else of
# its time. strptime() passes over white space and reads months in any case, so both are excluded.
_AT = (
    "CASE WHEN is_plain AND length(clock) = 28 AND instr(clock, ' ') = 21 "
    "AND suffix(clock, '+0000] ') "
    "AND contains('JanFebMarAprMayJunJulAugSepOctNovDec', substring(clock, 4, 3)) "
    "AND NOT (contains(who, chr(9)) OR contains(who, chr(11)) OR contains(who, chr(12))) "
    "THEN try_strptime(clock, '%d/%b/%Y:%H:%M:%S +0000] ') "
    rf"WHEN regexp_full_match(who, '[^\s]+ [^\s]+ .* \[{CLF_TIME}\] ') "
    "THEN try_strptime(left(right(who, 28), 26), '%d/%b/%Y:%H:%M:%S %z')::TIMESTAMP END"
)
_SPLIT = Split(
    '"',
    (_PLAIN, _EXTENDED),
    {
        "who": 1,
        "request": 2,
        "answer": 3,
        "referer": 4,
        "gap": 5,
        "user_agent": 6,
        "rest": 7,
        "asked": 8,
        "gap_2": 9,
        "covered": 10,
        "gap_3": 11,
        "site_host": 12,
        "last": 13,
    },
    dated="instant",
    closed=True,
    steps=(
        {
            "words": "string_split(request, ' ')",
            "gap_at": "instr(who, ' ')",
            "is_short": r"regexp_full_match(answer, ' \d{3} \d{1,15} ')",
            "span": r"regexp_extract(covered, '^bytes (\d{1,15})-(\d{1,15})/(\d{1,15})$', "
            "['first', 'last', 'whole'])",
        },
        {
            "address": "substring(who, 1, gap_at - 1)",
            "clock": "substring(who, gap_at + 6)",
            "is_plain": "substring(who, gap_at, 6) = ' - - ['",
        },
        {"instant": _AT},
    ),
    # Check the text between the quotes exactly: a quote inside a value would shift the rest.
    whole=(
        r"CASE WHEN is_short THEN true ELSE regexp_full_match(answer, ' \d{1,3} (\d+|-) ') END "
        f"AND gap = ' ' AND CASE width WHEN {_PLAIN} THEN rest = '' "
        "ELSE rest = ' ' AND gap_2 = ' ' AND gap_3 = ' ' AND last = '' END"
    ),
)
_SPAN = {"content_start": "first", "content_end": "last", "content_total": "whole"}


def _layout(_lines: Sequence[str], _where: str) -> Layout:
    fields = fields_of(("request", "user_agent", "referer", "asked", "covered"))
    extended = f"CASE WHEN width = {_EXTENDED} THEN {{}} END"
    fields |= {
        "ip": "CASE WHEN is_plain THEN address ELSE split_part(who, ' ', 1) END",
        "sent_at": "instant",
        "method": "CASE WHEN request IN ('', '-') THEN '-' ELSE words[1] END",
        "uri": "coalesce(words[2], '')",
        "host": (
            f"CASE WHEN width = {_EXTENDED} AND site_host <> '-' THEN lower(site_host) ELSE '' END"
        ),
        "status": "CASE WHEN is_short THEN try_cast(substring(answer, 2, 3) AS SMALLINT) "
        "ELSE try_cast(split_part(answer, ' ', 2) AS SMALLINT) END",
        "bytes": "CASE WHEN is_short THEN try_cast(substring(answer, 6) AS BIGINT) "
        "WHEN split_part(answer, ' ', 3) = '-' THEN 0 "
        "ELSE positive(split_part(answer, ' ', 3)) END",
        "agent": "user_agent",
        "range_header": extended.format(fields["range_header"]),
    }
    fields |= {
        name: extended.format(
            f"CASE WHEN span.{part} <> '' THEN try_cast(span.{part} AS BIGINT) "
            f"WHEN covered <> '-' THEN {fields[name]} END"
        )
        for name, part in _SPAN.items()
    }
    return Layout("combined", _SPLIT, fields, repairs=canonical, pattern=rf"{COMBINED}(?: .*)?")


def canonical(line: str) -> str | None:
    r"""The line with its values quoted and inner quotes as ``\x22`` (nginx's way), or None.

    None means that it is not in the combined format: it goes to the quarantine.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    values = [match["request"], match["referer"], match["user_agent"]]
    tail = match[match.re.groups]
    if tail:
        tail_match = _TAIL.fullmatch(tail.strip())
        if tail_match is None:
            return None
        quoted_range, range_, quoted_content, content, quoted_host, host = tail_match.groups()
        values += [
            range_ if quoted_range is None else quoted_range,
            content if quoted_content is None else quoted_content,
            host if quoted_host is None else quoted_host,
        ]
    head = line[: match.start("request") - 1]
    answer = line[match.end("request") + 1 : match.start("referer") - 1]
    request, referer, agent, *rest = (value.replace('\\"', r"\x22") for value in values)
    start = f'{head}"{request}"{answer}"{referer}" "{agent}"'
    return " ".join([start, *(f'"{value}"' for value in rest)])


def _detects(lines: Sequence[str]) -> bool:
    """True when lines are combined, and most have no further values after the user agent."""
    first = lines[:200]
    fitting = sum(map(is_combined, first))
    return 0 < fitting >= sum(_MORE.fullmatch(line) is not None for line in first) - fitting


def is_combined(line: str) -> bool:
    """True for a line in the combined format, plain or extended."""
    return canonical(line) is not None


_GUIDE = r"""
The plain combined format has neither the range that was sent nor the host. Please add three
fields. nginx:

```nginx
log_format podcast '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                   '"$http_referer" "$http_user_agent" "$http_range" "$sent_http_content_range" "$host"';
access_log /var/log/nginx/podcast.log podcast;
```

Apache:

```apache
LogFormat "%h %l %u %t \"%r\" %>s %B \"%{Referer}i\" \"%{User-Agent}i\" \"%{Range}i\" \"%{Content-Range}o\" \"%{Host}i\"" podcast
CustomLog logs/podcast.log podcast
```

`$body_bytes_sent` and `%B` are the bytes of the body without headers, which the rules require (R28).
`%O` and `$bytes_sent` include the headers. `HostnameLookups` must be off, or `%h` is a name and every
line is `bad_ip`. The three extra fields may be quoted, unquoted or missing. Quotes inside a user agent
are read as either server writes them (`\x22`, `\"`); a line with a quote that is not escaped goes to
the quarantine. Times may have any offset; days are UTC.
"""

FORMAT = Format(
    name="combined",
    title="nginx and Apache: combined, plain or extended",
    guide=_GUIDE,
    sample=(
        '192.0.2.1 - - [18/Nov/2026:10:00:00 +0000] "GET /show/one.mp3 HTTP/1.1" 206 1000000 "-" '
        '"AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)" '
        '"bytes=0-999999" "bytes 0-999999/10000000" "media.example"\n'
    ),
    detects=_detects,
    layout=_layout,
    rank=40,
)
