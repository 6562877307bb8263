"""Fastly: JSON lines, in the log format of the guide."""

from __future__ import annotations

from wavehouse.measurement.formats._json import has_names, json_layout
from wavehouse.measurement.formats._shape import Format

_VALUES = {
    "time": ("$.timestamp", "$.time", "$.start_time"),
    "address": ("$.client_ip", "$.ip"),
    "forwarded": ("$.x_forwarded_for",),
    "verb": ("$.request_method", "$.method"),
    "site_host": ("$.host",),
    "target": ("$.url", "$.request_uri"),
    "code": ("$.response_status", "$.status"),
    "sent": ("$.response_body_size", "$.resp_body_bytes_written", "$.bytes"),
    "user_agent": ("$.request_user_agent", "$.user_agent"),
    "referer": ("$.request_referer", "$.referer"),
    "asked": ("$.request_range", "$.range"),
    "covered": ("$.response_content_range", "$.content_range"),
    "request_id": ("$.request_id",),
}
_FIELDS = {
    "ip": "coalesce(plain(address), '')",
    "forwarded_for": "coalesce(plain(given(forwarded)), '')",
    "sent_at": "instant(time)",
    "method": "coalesce(plain(verb), '-')",
    "host": "coalesce(lower(plain(given(site_host))), '')",
    "uri": "coalesce(plain(target), '')",
    "status": "try_cast(code AS SMALLINT)",
    "content_start": "content_first(covered)",
    "content_end": "content_last(covered)",
    "content_total": "content_whole(covered)",
    "bytes": "positive(sent)",
    "agent": "coalesce(plain(given(user_agent)), '')",
    "range_header": "given(asked)",
    "native_id": "identifier(request_id)",
    "site": "site_of(plain(referer))",
}
_GUIDE = """
One JSON object per line. This log format (placement in `vcl_log`, version 2) has every value that
counting needs:

```vcl
{"timestamp":"%{strftime({"%Y-%m-%dT%H:%M:%S%z"}, time.start)}V",
 "client_ip":"%{req.http.Fastly-Client-IP}V",
 "host":"%{json.escape(if(req.http.Fastly-Orig-Host, req.http.Fastly-Orig-Host, req.http.Host))}V",
 "url":"%{json.escape(req.url)}V",
 "request_method":"%{json.escape(req.method)}V",
 "request_referer":"%{json.escape(req.http.referer)}V",
 "request_user_agent":"%{json.escape(req.http.User-Agent)}V",
 "request_range":"%{json.escape(req.http.Range)}V",
 "response_status":%{resp.status}V,
 "response_body_size":%{resp.body_bytes_written}V,
 "response_content_range":"%{json.escape(resp.http.Content-Range)}V",
 "request_id":"%{req.xid}V"}
```

(On one line in Fastly's form.) Required are a time (`timestamp`, `time` or `start_time`: RFC 3339
or Unix), an address (`client_ip` or `ip`), a status (`response_status` or `status`) and the bytes of
the body (`response_body_size`, `resp_body_bytes_written` or `bytes`). `method`, `request_uri`,
`user_agent`, `referer`, `range`, `content_range` and `x_forwarded_for` are also read. Fastly's
default JSON format lacks the two ranges: it is read like plain combined. Log at the edge only
(`fastly_info.is_cluster_edge`), or shielded requests are counted at both.
"""

FORMAT = Format(
    name="fastly",
    title="Fastly: JSON lines",
    guide=_GUIDE,
    sample=(
        '{"timestamp":"2026-11-18T10:00:00+0000","client_ip":"192.0.2.1","host":"media.example",'
        '"url":"/show/one.mp3","request_method":"GET","request_referer":"",'
        '"request_user_agent":"AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; '
        'en_us)","request_range":"bytes=0-999999","response_status":206,'
        '"response_body_size":1000000,"response_content_range":"bytes 0-999999/10000000"}\n'
    ),
    detects=has_names(
        ("timestamp", "time", "start_time"), ("client_ip", "ip"), ("response_status", "status")
    ),
    layout=json_layout("fastly", _VALUES, _FIELDS),
    rank=60,
)
