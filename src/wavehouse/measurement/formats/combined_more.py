"""The combined format with further values: nginx's "main", times, Traefik's common log."""

from __future__ import annotations

from wavehouse.measurement.formats._lines import COMBINED, MORE, matches, pattern_layout
from wavehouse.measurement.formats._shape import Format

_PATTERN = rf"{COMBINED}{MORE}*"

FORMAT = Format(
    name="combined_more",
    title='nginx "main", Traefik and other combined logs with more values',
    guide=r"""
The combined format, with any values after the user agent: quoted, in brackets, or without a space.
Examples are nginx's stock `main` (`"$http_x_forwarded_for"`), a request time (`$request_time`, `%D`), and
Traefik's common log (`42 "web@docker" "http://10.0.0.2:80" 532ms`). These values are not used: if they contain a
range, a host or the listener's address behind a proxy, describe the line with `--fields`.
A 206 is assumed to be at the start of the file.
""",
    sample=(
        '192.0.2.1 - - [18/Nov/2026:10:00:00 +0000] "GET /show/one.mp3 HTTP/1.1" 206 1000000 "-" '
        '"AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)" "-"\n'
    ),
    detects=matches(_PATTERN),
    layout=lambda _lines, _where: pattern_layout("combined_more", _PATTERN),
    rank=45,
    lacks=frozenset({"ranges", "host"}),
)
