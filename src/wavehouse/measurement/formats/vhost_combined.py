"""Apache: vhost_combined, the combined format after the virtual host and its port."""

from __future__ import annotations

from wavehouse.measurement.formats._lines import COMBINED, MORE, group, matches, pattern_layout
from wavehouse.measurement.formats._shape import Format

_HOST = group("site_host", r'[^\s":,]+')  # with a comma it would be a list of addresses
# An address must follow the host: in the combined format the user may be two words.
_ADDRESS = group("address", r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]?")
_PATTERN = (
    rf"{_HOST}(?::{group('port')})? " + COMBINED.replace(group("address"), _ADDRESS) + f"{MORE}*"
)

FORMAT = Format(
    name="vhost_combined",
    title="Apache: vhost_combined",
    guide=r"""
Debian's `vhost_combined`: `%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"`. It has the host,
but not the range that was sent: a 206 is assumed to be at the start of the file, so it counts too little,
never too much. Please add `"%{Range}i" "%{Content-Range}o"` and use `--fields`, or the extended
combined format. `%O` includes the response header.
""",
    sample=(
        'media.example:443 192.0.2.1 - - [18/Nov/2026:10:00:00 +0000] "GET /show/one.mp3 HTTP/1.1" '
        '206 1000000 "-" "AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)"\n'
    ),
    detects=matches(_PATTERN),
    layout=lambda _lines, _where: pattern_layout("vhost_combined", _PATTERN),
    rank=38,
    lacks=frozenset({"ranges"}),
)
