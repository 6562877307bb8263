"""Separates differences caused only by the clock or by column order from real ones.

A file with ``'now'::timestamptz`` in a view, or with the clock in a block, leaves a different
definition each time it runs. Such a definition is set aside when it differs only by times that are
in no file, each within the period in which the files ran. ``SELECT *`` expands to the current order
of columns; the order alone is not a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from wavehouse.schema.types import Difference

_TIME = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[ T](?P<clock>\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?P<zone>[+-]\d{2}(?::?\d{2})?)?)?"
    r"|(?<![\d:])(?P<alone>\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?P<alone_zone>[+-]\d{2}(?::?\d{2})?)?"
)
_LIST = re.compile(r"^\s*SELECT\s+(?P<list>.*?)\n\s+FROM\s", re.DOTALL)
_SLACK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Windows:
    """The periods in which files ran: pairs of start and end."""

    spans: Sequence[tuple[datetime, datetime]]

    def hold(self, text: str) -> bool:
        """Whether a time, a date or both, as PostgreSQL prints them in UTC, is in a window."""
        match = _TIME.fullmatch(text)
        if match is None:
            return False
        return any(_is_in(match, start - _SLACK, end + _SLACK) for start, end in self.spans)


def _is_in(match: re.Match[str], start: datetime, end: datetime) -> bool:
    day, clock = match["day"], match["clock"] or match["alone"]
    if day is None:
        moments = (datetime.combine(d, _clock(clock), UTC) for d in _days(start, end))
        return any(start <= moment <= end for moment in moments)
    if clock is None:
        return start.date() - timedelta(1) <= date.fromisoformat(day) <= end.date() + timedelta(1)
    moment = datetime.combine(date.fromisoformat(day), _clock(clock), UTC)
    return start <= moment <= end


def _clock(text: str) -> time:
    return time.fromisoformat(text.partition(".")[0])


def _days(start: datetime, end: datetime) -> Iterable[date]:
    day = start.date()
    while day <= end.date():
        yield day
        day += timedelta(1)


def differs_only_by_time(
    expected: object,
    actual: object,
    *,
    ran: Windows,
    ran_there: Windows,
    written: Callable[[str], bool],
) -> bool:
    """Whether two texts differ only by times that the clock put into either."""
    if not isinstance(expected, str) or not isinstance(actual, str):
        return False
    here, there = _TIME.findall(expected), _TIME.findall(actual)
    if not here or len(here) != len(there) or _TIME.sub("?", expected) != _TIME.sub("?", actual):
        return False
    pairs = zip(_times(expected), _times(actual), strict=True)
    return all(
        a == b or (ran.hold(a) and ran_there.hold(b) and not written(a) and not written(b))
        for a, b in pairs
    )


def _times(text: str) -> list[str]:
    return [match[0] for match in _TIME.finditer(text)]


def differs_only_by_order(expected: object, actual: object) -> bool:
    """Whether two view definitions list the same columns in a different order."""
    if not isinstance(expected, str) or not isinstance(actual, str):
        return False
    here, there = _LIST.match(expected), _LIST.match(actual)
    if here is None or there is None or expected[here.end() :] != actual[there.end() :]:
        return False
    return sorted(_columns(here["list"])) == sorted(_columns(there["list"]))


def _columns(text: str) -> list[str]:
    return [part.strip() for part in text.split(",\n")]


def set_aside(
    differences: Sequence[Difference],
    *,
    ran: Windows,
    ran_there: Windows,
    written: Callable[[str], bool],
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """The real differences, and those caused only by the clock or by column order."""
    kept: list[Difference] = []
    aside: list[Difference] = []
    for difference in differences:
        by_time = differs_only_by_time(
            difference.expected, difference.found, ran=ran, ran_there=ran_there, written=written
        )
        by_order = difference.attribute == "definition" and differs_only_by_order(
            difference.expected, difference.found
        )
        (aside if by_time or by_order else kept).append(difference)
    return tuple(kept), tuple(aside)
