"""Akamai: DataStream 2 as JSON lines."""

from __future__ import annotations

from wavehouse.measurement.formats._json import has_names, json_layout
from wavehouse.measurement.formats._shape import Format

_VALUES = {
    "time": ("$.reqTimeSec",),
    "address": ("$.cliIP",),
    "forwarded": ("$.xForwardedFor",),
    "verb": ("$.reqMethod",),
    "site_host": ("$.reqHost",),
    "target": ("$.reqPath",),
    "code": ("$.statusCode",),
    "sent": ("$.bytes",),
    "user_agent": ("$.UA",),
    "referer": ("$.referer",),
    "asked": ("$.range",),
    "request_id": ("$.reqId",),
}
_FIELDS = {
    "ip": "coalesce(plain(address), '')",
    "forwarded_for": "coalesce(plain(given(forwarded)), '')",
    "sent_at": "instant(time)",
    "method": "coalesce(plain(verb), '-')",
    "host": "coalesce(lower(plain(site_host)), '')",
    "uri": "CASE WHEN starts_with(target, '/') THEN plain(target) "
    "ELSE '/' || coalesce(plain(target), '') END",
    "status": "try_cast(code AS SMALLINT)",
    "bytes": "positive(sent)",
    "agent": "coalesce(plain(given(user_agent)), '')",
    # 37334-42356, without its unit
    "range_header": "CASE WHEN contains(asked, '=') THEN asked "
    "WHEN given(asked) IS NOT NULL THEN 'bytes=' || asked END",
    "native_id": "identifier(request_id)",
    "site": "site_of(url_decode(coalesce(plain(referer), '')))",
}

FORMAT = Format(
    name="akamai",
    title="Akamai: DataStream 2, JSON",
    guide="""
JSON lines of a DataStream 2 stream of delivery logs. Required are `reqTimeSec`, `cliIP`, `statusCode`, `bytes`,
`reqPath` and `UA`; also read are `reqHost`, `reqMethod`, `range`, `referer`, `reqId` and `xForwardedFor`. `bytes` are
the bytes of the body; with HTTP/2 they include the overhead. Values are percent-encoded, as Akamai
writes them. The status 000 is a 206 that ended early (R15).
""",
    sample=(
        '{"version":1,"cp":"123456","reqId":"1239f220","reqTimeSec":"1794996000.000",'
        '"bytes":"1000000","cliIP":"192.0.2.1","statusCode":"206","proto":"HTTPS",'
        '"reqHost":"media.example","reqMethod":"GET","reqPath":"/show/one.mp3","reqPort":"443",'
        '"UA":"AppleCoreMedia/1.0.0.22B91%20(iPhone;%20U;%20CPU%20OS%2018_1%20like%20Mac%20OS%20X;'
        '%20en_us)","range":"0-999999","referer":"-"}\n'
    ),
    detects=has_names("reqTimeSec", "cliIP", "statusCode"),
    layout=json_layout("akamai", _VALUES, _FIELDS, escaped_agents=True),
)
