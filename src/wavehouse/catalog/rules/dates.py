"""Parse dates in feeds: RFC 822, 850 and 5322, asctime, ISO 8601, and near misses.

``read_date`` returns an instant in UTC, or None where the text is not a date or can mean several
days. If an assumption was needed, ``doubt`` names it. A wrong day
of the week is ignored, a missing zone is UTC, 24:00 is the next day.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from html import unescape

from wavehouse.catalog.rules.zones import ZONE, offset_of
from wavehouse.kernel.reference import month_key, month_names

_LONGEST = 100
_EARLIEST, _LATEST, _BUDDHIST = 1900, 2200, 543
_PIVOT = 69
"""Years 00-68 are in this century, 69-99 in the last, as in POSIX and ``email.utils``."""

_SPACES = re.compile(r"\s+")
_MARKS = str.maketrans({"−": "-", "–": "-", "‐": "-", "‑": "-", "，": ",", "：": ":", "．": "."})
_HALF = r"(?P<half>[ap])\.?\s?m\b\.?"
_TIME = re.compile(
    r"(?<![\d+-])(?P<hour>\d{1,2})(?:"
    r"(?:\s?[:h]\s?|\.)(?P<minute>\d{2}|\d(?=:\d))(?!\d)"
    r"(?:\s?[:.,m]\s?(?P<second>\d{1,2})(?!\d)(?:[.,:]\d+)?)?"
    rf"(?:\s*{_HALF})?|\s?{_HALF.replace('half', 'half_alone')})",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d:\d")
_BASIC_TIME = re.compile(
    r"(?P<hour>\d\d)(?:(?P<minute>\d\d)(?P<second>\d\d)?)?(?:[.,]\d+)?(?=\s*(?:z|[+-]\d|$))",
    re.IGNORECASE,
)
_BEFORE_TIME = re.compile(r"\s*,?\s*(?:T|at\b|@|-\s)?\s*", re.IGNORECASE)
_ISO = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)"
    r"|(?P<basic_year>\d{4})(?P<basic_month>\d\d)(?P<basic_day>\d\d)(?!\d)"
    r"|(?P<ordinal_year>\d{4})-(?P<ordinal>\d{3})(?!\d)"
    r"|(?P<week_year>\d{4})-?W(?P<week>\d\d)(?:-?(?P<weekday>[1-7]))?(?!\d)"
    r"|(?P<month_year>\d{4})-(?P<only_month>\d\d)(?![-\d])"
    r"|(?P<only_year>\d{4})$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"(\d{8})(\d{4}(?:\d\d)?)(?!\d)")
_NUMBERS = re.compile(r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)(?!\d)")
_UNIX = re.compile(r"(\d{9,10})(?:\d{3})?(?:\.\d+)?$")
_WORDS = re.compile(r"\d+|[^\s\d,.;/()\-](?:[^\s\d,.;/()\-]|\.(?=[^\s\d]))*")
_MISTYPED = re.compile(r"\b[A-Za-z01]{3}\b")
_EAST = re.compile(
    r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?(?:\s*[(（][^)）]*[)）])?"
    r"(?:\s*(上午|午前|오전|下午|午後|오후)?\s*(\d{1,2})\s*[時时시:]\s*(?:(\d{1,2})\s*[分분:]?\s*"
    r"(?:(\d{1,2})\s*[秒초]?)?)?)?"
)
_VIETNAMESE = re.compile(
    r"^(?:(?:T[2-7]|[^\W\d][^\d]{0,18}?),?\s+)?(\d{1,2})\s+(?:tháng|thg)\s*"
    r"(\d{1,2}|[^\W\d]+(?:\s(?:một|hai))?),?\s+(?:năm\s+)?(\d{4})",
    re.IGNORECASE,
)
_VIETNAMESE_MONTHS = (
    "một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một", "mười hai",
)  # fmt: skip
_ERAS = re.compile(r"(令和|平成|昭和|民國|民国)\s*(元|\d{1,3})(?=\s*年)")
_ERA_STARTS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_ENGLISH = tuple(name.lower() for name in calendar.month_name[1:])


@dataclass(frozen=True, slots=True)
class DateReading:
    """A parsed date: an instant in UTC or None, and the assumption made, if any."""

    at: datetime | None
    doubt: str | None = None


NOT_A_DATE = DateReading(None)


def read_date(text: str | None) -> DateReading:
    """Parse a date; ``NOT_A_DATE`` when the text is not one."""
    if not text or len(text) > _LONGEST:
        return NOT_A_DATE
    try:
        plain = _plain(text)
        reading = _unix(plain) or _iso(plain) or _numeric(plain) or _named(plain) or NOT_A_DATE
        if reading.at and not reading.doubt and _CLOCK.search(plain) and not _TIME.search(plain):
            return DateReading(reading.at, "the time cannot be read, midnight is used")
        return reading
    except (ValueError, OverflowError, OSError):
        return NOT_A_DATE


def instant(text: str | None) -> datetime | None:
    """The instant only, without doubts."""
    return read_date(text).at


def _plain(text: str) -> str:
    """Normalize digits, spaces, dashes, colons and East Asian date marks."""
    if "&" in text:
        text = unescape(text)
    text = "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else c
        for c in unicodedata.normalize("NFC", text)
    ).translate(_MARKS)
    text = _SPACES.sub(" ", text).strip().strip("'\"")
    if text.isascii() and "thg" not in text.lower():
        return _MISTYPED.sub(_month_with_letters, text)
    return _VIETNAMESE.sub(_vietnamese, _EAST.sub(_east_asian, _ERAS.sub(_era, text)))


def _era(match: re.Match[str]) -> str:
    year = 1 if match[2] == "元" else int(match[2])
    return str(_ERA_STARTS[match[1]] + year)


def _vietnamese(match: re.Match[str]) -> str:
    day, month, year = match.groups()
    word = month.lower()
    if word in _VIETNAMESE_MONTHS:
        month = str(_VIETNAMESE_MONTHS.index(word) + 1)
    return f"{year}-{month}-{day}" if month.isdecimal() else match[0]


def _month_with_letters(word: re.Match[str]) -> str:
    """Correct mistyped months such as ``Ju1`` and ``0ct``; anything else stays."""
    mended = word[0].replace("1", "l").replace("0", "o").lower()
    return mended if any(name.startswith(mended) for name in _ENGLISH) else word[0]


def _east_asian(match: re.Match[str]) -> str:
    year, month, day, half, hour, minute, second = match.groups()
    if hour is None:
        return f"{year}-{month}-{day} "
    late = half in {"下午", "午後", "오후"}
    suffix = "" if half is None else " pm" if late else " am"
    return f"{year}-{month}-{day} {hour}:{int(minute or 0):02}:{int(second or 0):02}{suffix} "


def _unix(text: str) -> DateReading | None:
    """Seconds or milliseconds since 1970."""
    match = _UNIX.match(text)
    return DateReading(datetime.fromtimestamp(int(match[1]), UTC)) if match else None


def _iso(text: str) -> DateReading | None:
    """ISO 8601 in its extended and basic forms; months and days of one digit too."""
    joined = _JOINED.match(text)
    if joined:
        text = f"{joined[1]}T{text[8:]}"
    match = _ISO.match(text)
    return _with_time(_iso_day(match), text[match.end() :]) if match else None


def _iso_day(match: re.Match[str]) -> date:
    part = match.groupdict()
    if part["ordinal"]:
        day = date(int(part["ordinal_year"]), 1, 1) + timedelta(days=int(part["ordinal"]) - 1)
        if day.year != int(part["ordinal_year"]):
            raise ValueError("the year does not have this day")
        return day
    if part["week"]:
        weekday = int(part["weekday"] or 1)
        return date.fromisocalendar(int(part["week_year"]), int(part["week"]), weekday)
    year = part["year"] or part["basic_year"] or part["month_year"] or part["only_year"]
    month = part["month"] or part["basic_month"] or part["only_month"] or 1
    return _day(int(year), int(month), int(part["day"] or part["basic_day"] or 1))


def _numeric(text: str) -> DateReading | None:
    """Numeric dates: slashes are read as American, full stops and dashes as European."""
    match = _NUMBERS.match(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), _century(match[4])
    american = (match[2] == "/" and first <= 12) or second > 12
    month, day = (first, second) if american else (second, first)
    reading = _with_time(_day(year, month, day), text[match.end() :])
    either = match[2] in "/-" and first <= 12 and second <= 12 and first != second
    comes_first = "month" if american else "day"
    doubt = f"the {comes_first} is assumed to come first" if either else None
    return DateReading(reading.at, reading.doubt or doubt)


def _named(text: str) -> DateReading | None:
    """Dates with a month name; the time may precede or follow, the year as in asctime."""
    time = _TIME.search(text)
    if time is None:
        day = _named_day(text)
        return None if day is None else _assembled(day[0], {}, day[1])
    head, tail = text[: time.start()], text[time.end() :]
    zone = ZONE.match(tail)
    behind = tail[zone.end() :] if zone else tail
    day = _named_day(head) or _named_day(f"{head} {behind}")
    return None if day is None else _assembled(day[0], time.groupdict(), tail)


def _named_day(text: str) -> tuple[date, str] | None:
    """The day in a text and the text after it; None unless it is certain."""
    text = _of_one_word(text)
    words = list(_WORDS.finditer(text))
    numbers = [n for n, word in enumerate(words) if word[0].isdigit()]
    named = [(n, _months(word[0])) for n, word in enumerate(words) if n not in numbers]
    # A day of the week can have a month's name (mar. is Tuesday and March): it comes first.
    beside = [(n, m) for n, m in named if m and (n - 1 in numbers or n + 1 in numbers)]
    between = [(n, m) for n, m in beside if n - 1 in numbers and n + 1 in numbers]
    around = next(iter(between or beside[-1:]), None) or _past_small_words(named, numbers)
    if around is None:
        return None
    at, months = around
    order = [*reversed([n for n in numbers if n < at][-2:]), *[n for n in numbers if n > at][:2]]
    year = next((n for n in order if len(words[n][0]) == 4), None)
    if year is None and len(order) > 1 and order[-1] > at:
        year = order[-1]
    day = next((n for n in order if n != year and len(words[n][0]) <= 2), None)
    if year is None or day is None:
        return None
    fits = [m for m in sorted(months) if _is_day(words[year][0], m, words[day][0])]
    if len(fits) != 1:
        return None
    day_of = _day(_century(words[year][0]), fits[0], int(words[day][0]))
    return day_of, text[words[max(at, year, day)].end() :]


def _of_one_word(text: str) -> str:
    """Replace month names of several words or with marks (ม.ค.) by English ones."""
    folded = text.casefold()
    for name, month in _long_names():
        if name in folded and len(folded) == len(text):
            at = folded.index(name)
            return f"{text[:at]} {_ENGLISH[month - 1]} {text[at + len(name) :]}"
    return text


@cache
def _long_names() -> tuple[tuple[str, int], ...]:
    """Month names that are not a single word, longest first."""
    several = ((n, min(m)) for n, m in month_names().items() if len(_WORDS.findall(n)) > 1)
    return tuple(sorted(several, key=lambda pair: -len(pair[0])))


def _past_small_words(
    named: list[tuple[int, frozenset[int]]], numbers: list[int]
) -> tuple[int, frozenset[int]] | None:
    """Handle small words around the month: 5 de octubre de 2026."""
    months = [(n, m) for n, m in named if m]
    return months[-1] if months and numbers else None


def _months(word: str) -> frozenset[int]:
    """The months that a word can mean, by CLDR names or as an English prefix."""
    key = month_key(word)
    if len(key) < 3 and key.isascii():
        return frozenset()
    names = month_names()
    if numbers := names.get(key) or names.get(key.removeprefix("ב")):  # Hebrew's "in"
        return numbers
    same = [n for n, name in enumerate(_ENGLISH, 1) if key.isascii() and key[:4] == name[:4]]
    return frozenset(same)


def _with_time(day: date, rest: str) -> DateReading:
    """The day combined with the time and zone after it."""
    gap = _BEFORE_TIME.match(rest)
    behind = rest[gap.end() :] if gap else rest
    time = _BASIC_TIME.match(behind) or _TIME.match(behind)
    if time is None:
        return _assembled(day, {}, rest)
    return _assembled(day, time.groupdict(), behind[time.end() :])


def _assembled(day: date, time: Mapping[str, str | None], tail: str) -> DateReading:
    """Combine day, time and the zone at the start of ``tail`` into one instant."""
    hour, minute, second = (int(time.get(part) or 0) for part in ("hour", "minute", "second"))
    half = (time.get("half") or time.get("half_alone") or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + 12 * (half == "p")
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError("not a time of day")
    local = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
        hours=hour, minutes=minute, seconds=second
    )
    offset, doubt = offset_of(tail, local)
    return DateReading(local - offset, doubt)


def _day(year: int, month: int, day: int) -> date:
    if year - _BUDDHIST > _EARLIEST and year > _LATEST:
        year -= _BUDDHIST  # as Thai feeds count
    if not _EARLIEST <= year <= _LATEST:
        raise ValueError("not a year of this era")
    return date(year, month, day)


def _is_day(year: str, month: int, day: str) -> bool:
    try:
        _day(_century(year), month, int(day))
    except ValueError:
        return False
    return True


def _century(text: str) -> int:
    """Expand a two- or three-digit year as RFC 5322 (4.3) says; four digits stay."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < _PIVOT else 1900)
    return year + 1900 if len(text) == 3 else year
