"""S3: server access logs, and those of compatible storage."""

from __future__ import annotations

from wavehouse.measurement.formats._lines import (
    CLF_TIME,
    group,
    matches,
    pattern_layout,
    quoted,
)
from wavehouse.measurement.formats._shape import Format

_WORD = r'[^\s"]+'
_PATTERN = (
    rf"{_WORD} {_WORD} \[{group('clf_time', CLF_TIME)}\] {group('address')} {_WORD} "
    + group("request_id", _WORD)
    + rf" [A-Z0-9]+\.[A-Z_.]+ {_WORD} {quoted('request')} "
    + group("code", "[0-9]{1,3}|-")
    + rf" {_WORD} {group('sent')} {_WORD} {_WORD} {_WORD} {quoted('referer')} "
    + rf"{quoted('user_agent')} {_WORD}(?: {_WORD} {_WORD} {_WORD} {_WORD} "
    + group("site_host", _WORD)
    + rf"(?: {_WORD})*)?"
)

FORMAT = Format(
    name="s3",
    title="S3: server access logs",
    guide="""
The space-separated files that S3 and compatible storage deliver. The log does not have the range of a
206: its bytes are assumed to be at the start of the file, so it counts too little, never too much.
Delivery is best effort: AWS may leave requests out. A request of AWS itself has no address and is
`bad_ip`. If a CDN is in front, read the CDN's log instead.
""",
    sample=(
        "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be media "
        "[18/Nov/2026:10:00:00 +0000] 192.0.2.1 - 3E57427F3EXAMPLE REST.GET.OBJECT show/one.mp3 "
        '"GET /show/one.mp3 HTTP/1.1" 206 - 1000000 10000000 70 10 "-" '
        '"AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)" - '
        "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6Uk= - ECDHE-RSA-AES128-GCM-SHA256 - "
        "media.example TLSv1.2 - -\n"
    ),
    detects=matches(_PATTERN),
    layout=lambda _lines, _where: pattern_layout("s3", _PATTERN),
    rank=30,
    lacks=frozenset({"ranges"}),
)
