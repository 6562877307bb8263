"""Cloudflare: Logpush's ``http_requests`` as JSON lines."""

from __future__ import annotations

from wavehouse.measurement.formats._json import has_names, json_layout
from wavehouse.measurement.formats._shape import Format

_VALUES = {
    "time": ("$.EdgeStartTimestamp",),
    "address": ("$.ClientIP",),
    "verb": ("$.ClientRequestMethod",),
    "site_host": ("$.ClientRequestHost",),
    "path": ("$.ClientRequestPath",),
    "target": ("$.ClientRequestURI",),
    "code": ("$.EdgeResponseStatus",),
    "body": ("$.EdgeResponseBodyBytes",),
    "whole": ("$.EdgeResponseBytes",),
    "user_agent": ("$.ClientRequestUserAgent",),
    "referer": ("$.ClientRequestReferer",),
    "ray": ("$.RayID",),
    "asked": ("$.RequestHeaders.range",),
    "covered": ('$.ResponseHeaders."content-range"',),
    "subrequest": ("$.WorkerSubrequest",),
    "source": ("$.ClientRequestSource",),
    "parent": ("$.ParentRayID",),
}
_FIELDS = {
    "ip": "coalesce(plain(address), '')",
    "sent_at": "instant(time)",
    "method": "coalesce(plain(verb), '-')",
    "host": "coalesce(lower(plain(site_host)), '')",
    "uri": "coalesce(plain(coalesce(nullif(target, ''), path)), '')",
    "status": "try_cast(code AS SMALLINT)",
    "content_start": "content_first(covered)",
    "content_end": "content_last(covered)",
    "content_total": "content_whole(covered)",
    # EdgeResponseBytes includes the response header: at most the range's length is the body
    "bytes": "coalesce(positive(body), least(positive(whole), "
    "coalesce(content_end - content_start + 1, positive(whole))))",
    "agent": "coalesce(plain(given(user_agent)), '')",
    "range_header": "given(asked)",
    "native_id": "identifier(ray)",
    "site": "site_of(plain(referer))",
    # A Worker's own request to the origin; the visitor's request has a separate line.
    "is_internal": "coalesce(lower(subrequest) = 'true', false) "
    "OR coalesce(source NOT IN ('', 'eyeball', 'unknown'), false) "
    "OR coalesce(NOT regexp_full_match(parent, '0*'), false)",
}
_GUIDE = """
NDJSON as delivered. Required are `EdgeStartTimestamp` (rfc3339, unix or unixnano), `ClientIP`,
`EdgeResponseStatus` and `EdgeResponseBodyBytes`; without the last one `EdgeResponseBytes` is used,
which includes the header. Also read: `ClientRequestMethod`, `ClientRequestHost`,
`ClientRequestURI` or `ClientRequestPath`, `ClientRequestUserAgent`, `ClientRequestReferer`, and `RayID`,
which identifies a line that is delivered twice. Requests that a Worker made (`WorkerSubrequest`, `ClientRequestSource` other than `eyeball`,
`ParentRayID`) are `internal` and do not count; please log one of these fields if Workers run in the zone.
Please log two custom fields: the request header
`range` and the response header `content-range` (`RequestHeaders`, `ResponseHeaders`).
"""

FORMAT = Format(
    name="cloudflare",
    title="Cloudflare: Logpush `http_requests`",
    guide=_GUIDE,
    sample=(
        '{"ClientIP":"192.0.2.1","ClientRequestHost":"media.example","ClientRequestMethod":"GET",'
        '"ClientRequestPath":"/show/one.mp3","ClientRequestReferer":"",'
        '"ClientRequestURI":"/show/one.mp3","ClientRequestUserAgent":"AppleCoreMedia/1.0.0.22B91 '
        '(iPhone; U; CPU OS 18_1 like Mac OS X; en_us)","EdgeResponseBodyBytes":1000000,'
        '"EdgeResponseBytes":1000450,"EdgeResponseStatus":206,'
        '"EdgeStartTimestamp":"2026-11-18T10:00:00Z","RayID":"8f1c0de000000001",'
        '"RequestHeaders":{"range":"bytes=0-999999"},'
        '"ResponseHeaders":{"content-range":"bytes 0-999999/10000000"}}\n'
    ),
    detects=has_names("EdgeStartTimestamp", "ClientIP", "EdgeResponseStatus"),
    layout=json_layout("cloudflare", _VALUES, _FIELDS),
)
