"""Time zones in dates: offsets, and zone names."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MINUTES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "zulu": 0,
    "bst": 60, "west": 60, "cet": 60, "met": 60, "mez": 60, "wat": 60,
    "cest": 120, "mest": 120, "mesz": 120, "eet": 120, "cat": 120, "sast": 120,
    "eest": 180, "msk": 180, "eat": 180, "trt": 180, "msd": 240, "gst": 240, "pkt": 300,
    "ict": 420, "wib": 420, "hkt": 480, "sgt": 480, "myt": 480, "pht": 480, "wita": 480,
    "awst": 480, "jst": 540, "kst": 540, "wit": 540, "acst": 570, "aest": 600, "acdt": 630,
    "aedt": 660, "nzst": 720, "nzdt": 780,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480,
    "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "ast": -240, "adt": -180, "nst": -210,
    "ndt": -150, "hne": -300, "hae": -240, "brt": -180, "brst": -120, "art": -180, "clt": -240,
    "clst": -180, "cot": -300, "pet": -300, "vet": -240,
}  # fmt: skip
_SHARED = {"ist": (330, "India's")}
"""Ambiguous names, with the zone assumed; CST, EST and BST are as RFC 822 and
Britain have them."""

_SUMMER = {
    "cest": "Europe/Berlin", "mesz": "Europe/Berlin", "mest": "Europe/Berlin",
    "eest": "Europe/Athens", "west": "Europe/Lisbon", "bst": "Europe/London",
    "edt": "America/New_York", "cdt": "America/Chicago", "mdt": "America/Denver",
    "pdt": "America/Los_Angeles", "akdt": "America/Anchorage", "hae": "America/Toronto",
}  # fmt: skip
_REGIONS = {
    "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}  # fmt: skip
# Long names, as Windows and JavaScript write them.
_LONG_REGIONS = {
    "eastern": "America/New_York", "central": "America/Chicago", "mountain": "America/Denver",
    "pacific": "America/Los_Angeles", "central european": "Europe/Berlin",
    "eastern european": "Europe/Athens", "western european": "Europe/Lisbon",
    "british": "Europe/London", "greenwich mean": "UTC", "coordinated universal": "UTC",
}  # fmt: skip
_OFFSET = r"[+-]\s?\d{1,2}(?::?\s?\d{2})?(?!\d)"
_NAMES = sorted({*_MINUTES, *_SHARED, *_REGIONS}, key=len, reverse=True)
ZONE = re.compile(
    rf"[\s,\[(]*(?:(?P<region>[A-Z][A-Za-z_]+/[A-Z][A-Za-z_/+-]+)"
    rf"|(?P<long>{'|'.join(sorted(_LONG_REGIONS, key=len, reverse=True))})"
    r"(?: (?:standard|daylight|summer))? time\b"
    rf"|(?:(?:gmt|utc|ut|z)?\s?(?P<offset>{_OFFSET}))"
    rf"|(?P<name>{'|'.join(_NAMES)})(?![^\W\d_])"
    rf"|(?P<military>[a-ik-y])(?!\w)"
    rf"|(?P<unknown>[A-Z]{{2,5}})(?![^\W\d_]))",
    re.IGNORECASE,
)
_PARTS = re.compile(r"([+-])\s?(\d{1,2}?)(?::?\s?(\d{2}))?$")
_COMMENT = re.compile(r"[\s,]*\((?P<name>[A-Za-z]{1,5})\)")
# A zone without its sign, as in an address whose plus became a space; a year may follow a time.
_UNREAD = re.compile(r"[\s,]*(\d\d:\d\d|0\d{3})(?!\d)")
_FURTHEST = timedelta(hours=15, minutes=59)
_IS_NOT_A_ZONE = {"am", "pm", "uhr", "hrs", "hs", "h"}


def offset_of(tail: str, local: datetime) -> tuple[timedelta, str | None]:
    """The UTC offset of a clock that shows ``local``, and the assumption made, if any.

    ``tail`` begins where the time ends. UTC when it has no readable zone.
    """
    match = ZONE.match(tail) or _COMMENT.match(tail)
    if match is None:
        unread = _UNREAD.match(tail)
        return timedelta(), unread and f"{unread[1]} after the time cannot be read, UTC is used"
    part = dict.fromkeys(("region", "long", "offset", "military", "unknown")) | match.groupdict()
    if part["offset"]:
        return _numbers(part["offset"])
    name = (part["name"] or "").lower()
    region = part["region"] or _LONG_REGIONS.get((part["long"] or "").lower()) or _REGIONS.get(name)
    if region:
        return _of_region(region, local)
    if name in _SHARED:
        minutes, whose = _SHARED[name]
        return timedelta(minutes=minutes), f"{name.upper()} is read as {whose}"
    if name in _MINUTES:
        return _named(name, local)
    unknown = part["unknown"] or name
    if part["military"] or unknown.lower() in _IS_NOT_A_ZONE:
        return timedelta(), None  # RFC 5322 (4.3): single letters were defined backwards
    return timedelta(), f"unknown time zone {unknown}, UTC is used"


def _numbers(text: str) -> tuple[timedelta, str | None]:
    match = _PARTS.fullmatch(text.strip())
    if match is None:
        return timedelta(), f"invalid offset {text}, UTC is used"
    sign, hours, minutes = match[1], int(match[2]), int(match[3] or 0)
    shift = timedelta(hours=hours, minutes=minutes)
    if shift > _FURTHEST or minutes > 59:
        return timedelta(), f"the offset {text} does not exist, UTC is used"
    return (-shift if sign == "-" else shift), None


def _named(name: str, local: datetime) -> tuple[timedelta, str | None]:
    """The offset of a zone name. Summer time names outside summer mean local time (as in OP3)."""
    listed = timedelta(minutes=_MINUTES[name])
    region = _SUMMER.get(name)
    if region is None:
        return listed, None
    there, wrong = _of_region(region, local)
    if wrong or there == listed:
        return listed, None
    return (
        there,
        f"{name.upper()} is not in effect on that date, the local time of {region} is used",
    )


def _of_region(region: str, local: datetime) -> tuple[timedelta, str | None]:
    try:
        shift = local.replace(tzinfo=ZoneInfo(region)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return timedelta(), f"unknown time zone {region}, UTC is used"
    return shift or timedelta(), None
