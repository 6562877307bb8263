"""Caddy: the JSON access log."""

from __future__ import annotations

from wavehouse.measurement.formats._json import has_names, json_layout
from wavehouse.measurement.formats._shape import Format

_VALUES = {
    "time": ("$.ts",),
    "address": ("$.request.client_ip", "$.request.remote_ip", "$.request.remote_addr"),
    "verb": ("$.request.method",),
    "site_host": ("$.request.host",),
    "target": ("$.request.uri",),
    "code": ("$.status",),
    "sent": ("$.size",),
    "user_agent": ('$.request.headers."User-Agent"[0]',),
    "referer": ("$.request.headers.Referer[0]",),
    "asked": ("$.request.headers.Range[0]",),
    "covered": ('$.resp_headers."Content-Range"[0]',),
}
_FIELDS = {
    "ip": "coalesce(plain(address), '')",
    "sent_at": "instant(time)",
    "method": "coalesce(plain(verb), '-')",
    "host": "coalesce(lower(plain(site_host)), '')",
    "uri": "coalesce(plain(target), '')",
    "status": "try_cast(code AS SMALLINT)",
    "content_start": "content_first(covered)",
    "content_end": "content_last(covered)",
    "content_total": "content_whole(covered)",
    "bytes": "positive(sent)",
    "agent": "coalesce(plain(given(user_agent)), '')",
    "range_header": "given(asked)",
    "site": "site_of(plain(referer))",
}

FORMAT = Format(
    name="caddy",
    title="Caddy: JSON access log",
    guide="""
`log { format json }` without changes: it has the requested and the sent range. The
address is `client_ip`, which Caddy takes from `trusted_proxies`, else `remote_ip`. The time `ts` may be Unix
seconds (the default), milli- or nanoseconds, or ISO 8601.
""",
    sample=(
        '{"level":"info","ts":1794996000.0000000,"logger":"http.log.access","msg":"handled request",'
        '"request":{"remote_ip":"192.0.2.1","remote_port":"41342","client_ip":"192.0.2.1","proto":'
        '"HTTP/2.0","method":"GET","host":"media.example","uri":"/show/one.mp3","headers":'
        '{"User-Agent":["AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)"],'
        '"Range":["bytes=0-999999"]}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":'
        '1000000,"status":206,"resp_headers":{"Content-Range":["bytes 0-999999/10000000"]}}\n'
    ),
    detects=has_names(
        "ts",
        "status",
        "request/uri",
        ("request/client_ip", "request/remote_ip", "request/remote_addr"),
    ),
    layout=json_layout("caddy", _VALUES, _FIELDS),
)
