"""CloudFront: standard logs of version 2, as JSON lines or Parquet.

A Parquet file is read as JSON lines, one per row, with underscores in the names.
"""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.measurement.formats._json import json_layout, objects
from wavehouse.measurement.formats._shape import Format
from wavehouse.measurement.formats.cloudfront import USED, VALUES, column

_NEEDED = ("c-ip", "cs-method", "cs-uri-stem", "sc-status")


def _paths(name: str) -> tuple[str, ...]:
    underscored = name.replace("-", "_").replace("(", "_").replace(")", "_")
    spelled = (name, name.lower(), column(name), underscored.rstrip("_"), underscored)
    return tuple(f'$."{each}"' for each in dict.fromkeys(spelled))


_PARTS = {column(name): _paths(name) for name in USED} | {
    "milliseconds": ('$."timestamp(ms)"', '$."timestamp_ms"', '$."timestamp"'),
}
_FIELDS = VALUES | {
    # Parquet may use its own date type
    "sent_at": "coalesce(try_strptime(left(date, 10) || ' ' || left(time, 8), '%Y-%m-%d %H:%M:%S'), "
    "instant(milliseconds))",
}


def _detects(lines: Sequence[str]) -> bool:
    first = next(iter(objects(lines)), None)
    if first is None:
        return False
    names = {column(name) for name in first}
    return all(column(name) in names for name in _NEEDED)


FORMAT = Format(
    name="cloudfront_json",
    title="CloudFront: standard logs version 2, JSON or Parquet",
    guide="""
The files of standard logging version 2 with the output format JSON, or Parquet; W3C and plain are
`cloudfront`. Fields are found by name, with hyphens or with underscores. Required are `c-ip`, `cs-method`,
`cs-uri-stem`, `sc-status`, and `date` with `time` or `timestamp(ms)`; please also select `cs(User-Agent)`,
`x-host-header`, `sc-bytes`, `sc-content-len`, `sc-range-start`, `sc-range-end` and `x-edge-request-id`.
""",
    sample=(
        '{"date":"2026-11-18","time":"10:00:00","x-edge-location":"MXP64-P2","sc-bytes":"1000450",'
        '"c-ip":"192.0.2.1","cs-method":"GET","cs(Host)":"d1.cloudfront.net","cs-uri-stem":'
        '"/show/one.mp3","sc-status":"206","cs(Referer)":"-","cs(User-Agent)":"AppleCoreMedia/1.0.0.'
        '22B91%20(iPhone;%20U;%20CPU%20OS%2018_1%20like%20Mac%20OS%20X;%20en_us)","x-edge-request-id"'
        ':"q1wLk2","x-host-header":"media.example","sc-content-len":"1000000","sc-range-start":"0",'
        '"sc-range-end":"999999"}\n'
    ),
    detects=_detects,
    layout=json_layout("cloudfront_json", _PARTS, _FIELDS, escaped_agents=True),
)
