"""Small values as feeds write them: dates, durations, numbers, yes and no, addresses."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from html import unescape
from urllib.parse import quote, urljoin, urlsplit

_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), start=1)}
_ZONES = {
    "": 0, "z": 0, "ut": 0, "utc": 0, "gmt": 0, "bst": 60, "cet": 60, "cest": 120, "eet": 120,
    "eest": 180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420,
}  # fmt: skip
_RFC822 = re.compile(
    r"(?:[a-zäéû]+\.?,?\s+)?(?P<day>\d{1,2})[\s-]+(?P<month>[a-z]{3})[a-z]*\.?,?[\s-]+(?P<year>\d{4}|\d\d)"
    r"(?:[\sT,]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?)?"
    r"\s*(?P<zone>[a-z]{1,5}|(?:gmt|utc)?\s*[+-]\s*\d{1,2}:?\d\d)?",
    re.IGNORECASE,
)
_AMERICAN = re.compile(
    r"(?:[a-z]+\.?,?\s+)?(?P<month>[a-z]{3})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?P<rest>.*)",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T\s]+(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?)?"
    r"\s*(?P<zone>z|utc|gmt|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:gmt|utc)?\s*([+-])\s*(\d{1,2}):?(\d\d)$", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_TAGS = re.compile(r"<[^>]*>")
_UNSAFE_IN_URL = re.compile(r"[^\x21-\x7e]|[\"<>\\^`{|}]")
_ORDINARY_URL = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*/[A-Za-z0-9._~%+,@=/-]*(?:\?[A-Za-z0-9._~%+,@=/&-]+)?"
)
_ISO_DURATION = re.compile(r"P?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?", re.IGNORECASE)
_LONGEST_SECONDS = 10 * 24 * 3600
_LONGEST_VALUE = 100
_LARGEST_BYTES = 2**63 - 1


def one_line(text: str | None) -> str | None:
    """Text with its white space collapsed and HTML's entities resolved, or None for nothing."""
    if text is None:
        return None
    if "&" in text:
        text = unescape(text)
    return _SPACES.sub(" ", text).strip() or None


def plain_start(html: str | None, length: int) -> str | None:
    """The first words of a piece of HTML, without its tags, for where a title is missing."""
    words = one_line(_TAGS.sub(" ", (html or "")[: 20 * length]))
    if words is None or len(words) <= length:
        return words
    return words[: length - 1].rsplit(" ", 1)[0] + "…"


def _zone(text: str | None) -> timezone:
    name = (text or "").strip().lower()
    offset = _OFFSET.match(name)
    if offset is None:
        return timezone(timedelta(minutes=_ZONES.get(name, 0)))
    sign, hours, minutes = offset.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-shift if sign == "-" else shift) if shift < timedelta(days=1) else UTC


def _assembled(parts: dict[str, str | None], month: int | None) -> datetime | None:
    year = int(parts["year"] or 0)
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        moment = datetime(
            year, month or 0, int(parts["day"] or 0), tzinfo=_zone(parts["zone"])
        ) + timedelta(
            hours=int(parts["hour"] or 0),
            minutes=int(parts["minute"] or 0),
            seconds=int(parts["second"] or 0),
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def instant(text: str | None) -> datetime | None:
    """A date as feeds write it (RFC 822 with its usual sins, or ISO 8601), in UTC; else None.

    A wrong day of the week is ignored, a missing or unknown zone is UTC, 24:00 is the next day.
    """
    if not text or len(text) > _LONGEST_VALUE:
        return None
    text = _SPACES.sub(" ", text).strip()
    iso = _ISO.match(text)
    if iso:
        return _assembled(iso.groupdict(), int(iso["month"]))
    american = _AMERICAN.match(text)
    if american and american["month"].lower() in _MONTHS:
        text = f"{american['day']} {american['month']} {american['rest']}"
    usual = _RFC822.match(text)
    if usual is None:
        return None
    return _assembled(usual.groupdict(), _MONTHS.get(usual["month"].lower()))


def seconds(text: str | None) -> int | None:
    """A duration written as hh:mm:ss, mm:ss, seconds or ISO 8601; None when it is none of them."""
    text = (text or "").strip()
    if len(text) > _LONGEST_VALUE:
        return None
    iso = _ISO_DURATION.fullmatch(text)
    if iso and any(iso.groups()):
        parts = [int(part or 0) for part in iso.groups()]
    else:
        try:
            parts = [int(float(part or 0)) for part in text.split(":")] if text else []
        except (ValueError, OverflowError):
            return None
    if not 1 <= len(parts) <= 3 or min(parts) < 0:
        return None
    total = 0
    for part in parts:
        total = total * 60 + part
    return total if 0 < total <= _LONGEST_SECONDS else None


def positive_int(text: str | None) -> int | None:
    """A whole number above zero; feeds write 0 for "unknown", and thousands with separators."""
    digits = re.sub(r"[\s,.'\u00a0]", "", text or "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 19:
        return None
    return int(digits) if 0 < int(digits) <= _LARGEST_BYTES else None


def number(text: str | None) -> Decimal | None:
    """A finite decimal number that is not negative, or None."""
    try:
        value = Decimal((text or "").strip()[:_LONGEST_VALUE])
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value < 10**12 else None


def yes(text: str | None) -> bool:
    """Feeds say yes, true, explicit or 1."""
    return (text or "").strip().lower() in {"yes", "true", "explicit", "1"}


def base_of(written: str | None, location: str | None) -> str | None:
    """The address that relative ones start from: ``xml:base`` if it is one, else the document's."""
    try:
        return urljoin(location or "", written or "") or None
    except ValueError:
        return location


def web_url(text: str | None, base: str | None = None) -> str | None:
    """An absolute http(s) address, spaces and foreign letters escaped; None when it is not one."""
    if not text or not text.strip():
        return None
    if _ORDINARY_URL.fullmatch(text):
        return text  # most are, and the whole way takes ten times as long
    try:
        joined = urljoin(base or "", "".join(text.strip().splitlines()))
        parts = urlsplit(joined)
        host, _ = parts.hostname or "", parts.port  # the port raises when it is no number
        if host and not host.isascii():
            joined = joined.replace(host, host.encode("idna").decode("ascii"), 1)
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    return _UNSAFE_IN_URL.sub(lambda m: quote(m.group(0)), joined)
