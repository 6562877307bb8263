"""Traefik: the JSON access log. Its common log is ``combined_more``."""

from __future__ import annotations

from wavehouse.measurement.formats._json import has_names, json_layout
from wavehouse.measurement.formats._shape import Format

_VALUES = {
    "time": ("$.StartUTC", "$.StartLocal", "$.time"),
    "address": ("$.ClientHost", "$.ClientAddr"),
    "verb": ("$.RequestMethod",),
    "site_host": ("$.RequestHost", "$.RequestAddr"),
    "target": ("$.RequestPath",),
    "code": ("$.DownstreamStatus",),
    "sent": ("$.DownstreamContentSize",),
    "user_agent": ('$."request_User-Agent"',),
    "referer": ("$.request_Referer",),
    "asked": ("$.request_Range",),
    "covered": ('$."downstream_Content-Range"', '$."origin_Content-Range"'),
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
    name="traefik",
    title="Traefik: JSON access log",
    guide="""
`accesslog.format=json`. Traefik drops all headers unless it is configured to keep them: without
`accesslog.fields.headers.names.User-Agent=keep` every request is `empty_agent`. Please keep
`User-Agent`, `Referer`, `Range` and `Content-Range`. The common log (the default) is read as
`combined_more`, without ranges and host.
""",
    sample=(
        '{"ClientAddr":"192.0.2.1:41342","ClientHost":"192.0.2.1","ClientPort":"41342",'
        '"DownstreamContentSize":1000000,"DownstreamStatus":206,"RequestHost":"media.example",'
        '"RequestMethod":"GET","RequestPath":"/show/one.mp3","RequestProtocol":"HTTP/2.0",'
        '"StartUTC":"2026-11-18T10:00:00.000000000Z","downstream_Content-Range":'
        '"bytes 0-999999/10000000","level":"info","msg":"","request_Range":"bytes=0-999999",'
        '"request_User-Agent":"AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; '
        'en_us)","time":"2026-11-18T10:00:01Z"}\n'
    ),
    detects=has_names("DownstreamStatus", "RequestPath", ("ClientHost", "ClientAddr")),
    layout=json_layout("traefik", _VALUES, _FIELDS),
)
