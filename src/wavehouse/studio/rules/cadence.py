"""The cadence of a project: days, times, zone, start, end, dates to skip (Q3)."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from wavehouse.kernel.errors import InvalidInput

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""Days as RFC 5545 abbreviates them, in the order of ``date.weekday``."""
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIELDS = frozenset({"days", "times", "tz", "start", "until", "skip_dates"})
_MOST_TIMES = 24
_MOST_SKIPPED = 1000
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Cadence:
    """A project's publishing times: ``days`` in the order of the week, ``times`` ascending.

    Times are wall-clock times of ``tz``; ``until`` is the last date, inclusive.
    """

    days: tuple[str, ...]
    times: tuple[time, ...]
    tz: str
    start: date
    until: date | None = None
    skip_dates: tuple[date, ...] = ()

    def falls_on(self, day: date) -> bool:
        """Whether the project publishes on a local date."""
        return (
            WEEKDAYS[day.weekday()] in self.days
            and day >= self.start
            and (self.until is None or day <= self.until)
            and day not in self.skip_dates
        )


def cadence_of(config: Mapping[str, Any], *, zones: Container[str], today: date) -> Cadence:
    """The cadence of a ``cadence_config``. ``start`` defaults to ``today``.

    InvalidInput names the field: no day, no time, unknown zone, an end before the start, or skip
    dates that leave nothing to publish.
    """
    unknown = sorted(set(config) - _FIELDS)
    if unknown:
        raise _invalid(f"unknown field {unknown[0][:40]!r}", "cadence", "Fields: " + _listed())
    until = config.get("until")
    cadence = Cadence(
        days=_days(config.get("days")),
        times=_times(config.get("times")),
        tz=_zone(config.get("tz"), zones),
        start=_date(config.get("start") or today, "start"),
        until=None if until is None else _date(until, "until"),
        skip_dates=_skipped(config.get("skip_dates") or []),
    )
    if cadence.until is not None:
        _check_end(cadence, cadence.until)
    return cadence


def as_config(cadence: Cadence) -> dict[str, Any]:
    """The ``cadence_config`` of a cadence."""
    config: dict[str, Any] = {
        "days": list(cadence.days),
        "times": [f"{at:%H:%M}" for at in cadence.times],
        "tz": cadence.tz,
        "start": cadence.start.isoformat(),
    }
    if cadence.until is not None:
        config["until"] = cadence.until.isoformat()
    if cadence.skip_dates:
        config["skip_dates"] = [day.isoformat() for day in cadence.skip_dates]
    return config


def rrule(cadence: Cadence) -> str:
    """The recurrence for ``podcast:updateFrequency`` (RFC 5545)."""
    if len(cadence.days) == len(WEEKDAYS):
        return "FREQ=DAILY"
    return f"FREQ=WEEKLY;BYDAY={','.join(cadence.days)}"


def in_words(cadence: Cadence) -> str:
    """The cadence as a phrase, such as ``Monday and Thursday at 06:00 (Europe/Rome)``."""
    names = [NAMES[WEEKDAYS.index(day)] for day in cadence.days]
    days = "every day" if len(names) == len(WEEKDAYS) else _joined(names)
    return f"{days} at {_joined([f'{at:%H:%M}' for at in cadence.times])} ({cadence.tz})"


def _joined(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _days(given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not given:
        raise _invalid("a cadence needs at least one day", "days", "For example: MO, WE, FR.")
    wanted = [str(day).strip().upper() for day in given]
    for day in wanted:
        if day not in WEEKDAYS:
            raise _invalid(f"invalid day {day[:20]!r}", "days", "Days are MO TU WE TH FR SA SU.")
    return tuple(day for day in WEEKDAYS if day in wanted)


def _times(given: object) -> tuple[time, ...]:
    if not isinstance(given, list | tuple) or not given:
        raise _invalid("a cadence needs at least one time", "times", "For example: 06:00.")
    wanted: set[time] = set()
    for each in given:
        match = _TIME.fullmatch(str(each).strip())
        if match is None:
            raise _invalid(f"invalid time {str(each)[:20]!r}", "times", "Write 06:00, 24 hours.")
        wanted.add(time(int(match[1]), int(match[2])))
    if len(wanted) > _MOST_TIMES:
        raise _invalid(f"more than {_MOST_TIMES} times a day", "times", "Use fewer times.")
    return tuple(sorted(wanted))


def _zone(given: object, zones: Container[str]) -> str:
    if not isinstance(given, str) or given not in zones:
        raise _invalid(
            f"unknown time zone: {str(given)[:60]!r}",
            "tz",
            "Use a name of the IANA list, such as Europe/Rome.",
        )
    return given


def _date(given: object, field: str) -> date:
    try:
        return given if isinstance(given, date) else date.fromisoformat(str(given))
    except ValueError:
        raise _invalid(f"invalid date {str(given)[:20]!r}", field, "Write 2026-12-24.") from None


def _skipped(given: object) -> tuple[date, ...]:
    if not isinstance(given, list | tuple) or len(given) > _MOST_SKIPPED:
        raise _invalid(f"skip_dates is not a list of at most {_MOST_SKIPPED} dates", "skip_dates")
    return tuple(sorted({_date(each, "skip_dates") for each in given}))


def _check_end(cadence: Cadence, until: date) -> None:
    if until < cadence.start:
        raise _invalid("the end date is before the start date", "until")
    dates = [cadence.start + timedelta(days=n) for n in range((until - cadence.start).days + 1)]
    on_days = [day for day in dates if WEEKDAYS[day.weekday()] in cadence.days]
    if not on_days:
        raise _invalid(
            f"there is no {' or '.join(cadence.days)} from {cadence.start} to {until}", "until"
        )
    if all(day in cadence.skip_dates for day in on_days):
        raise _invalid("every date of the cadence is skipped", "skip_dates", "Skip fewer dates.")


def _invalid(message: str, where: str, hint: str | None = None) -> InvalidInput:
    return InvalidInput(message, where=where, hint=hint)


def _listed() -> str:
    return ", ".join(sorted(_FIELDS)) + "."
