"""R2: data access logs as JSON lines, from Workers Observability."""

from __future__ import annotations

from wavehouse.measurement.formats._json import has_names, json_layout
from wavehouse.measurement.formats._shape import Format

_VALUES = {
    "time": ('$."$metadata".timestamp', '$."$metadata.timestamp"'),
    "address": ("$.requestMetadata.ip", '$."requestMetadata.ip"'),
    "verb": ("$.request.method", '$."request.method"'),
    "target": ("$.request.uri", '$."request.uri"'),
    "code": ("$.response.status", '$."response.status"'),
    "promised": ("$.response.bytes", '$."response.bytes"'),
    "user_agent": ("$.requestMetadata.userAgent", '$."requestMetadata.userAgent"'),
    "interface": ("$.interface",),
    "request_id": ('$."$metadata".requestId', '$."$metadata".id'),
}
_FIELDS = {
    "ip": "coalesce(plain(address), CASE interface WHEN 'Workers' THEN '-' END, '')",
    "sent_at": "instant(time)",
    "method": "coalesce(plain(verb), '-')",
    "uri": "coalesce(plain(target), '')",
    "status": "coalesce(try_cast(code AS SMALLINT), "
    "CASE interface WHEN 'Workers' THEN 200::SMALLINT END)",
    "bytes": "0::BIGINT",
    "agent": "coalesce(plain(given(user_agent)), '')",
    "native_id": "identifier(request_id)",
    "is_internal": "coalesce(interface IN ('Workers', 'API'), false)",
    "is_promise": "coalesce(positive(promised) > 0, false)",
}

FORMAT = Format(
    name="r2",
    title="R2: data access logs",
    guide="""
JSON lines of the `r2` dataset of Workers Observability, flat or nested. `response.bytes` is the response's
`Content-Length`, which was announced and may not have been sent (R28), so every listener, episode and day
is an estimate (R30), shown separately and never added to downloads. Requests by a Worker or by the API are
`internal`. If the bucket has a custom domain, Logpush's `http_requests` has the bytes that were sent.
""",
    sample=(
        '{"$metadata":{"timestamp":1794996000000,"service":"media","namespace":"r2"},'
        '"action":"GetObject","actor":{"type":"service","id":"public"},"bucket":"media",'
        '"interface":"Public","request":{"method":"GET","uri":"/show/one.mp3","bytes":0},'
        '"response":{"status":206,"bytes":1000000,"errorCode":null},"requestMetadata":'
        '{"ip":"192.0.2.1","userAgent":"AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac '
        'OS X; en_us)","colo":"MXP"},"resource":{"key":"show/one.mp3","size":10000000}}\n'
    ),
    detects=lambda lines: has_names("action", "bucket", "interface")(lines),
    layout=json_layout("r2", _VALUES, _FIELDS),
    rank=50,
    lacks=frozenset({"ranges", "host", "bytes"}),
)
