"""Pure rules of ``queue``: cron expressions in UTC, lane order, error classes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from wavehouse.kernel.errors import (
    Gone,
    InvalidInput,
    NotFound,
    Refused,
    TooManyRequests,
    UsageError,
)
from wavehouse.queue.types import ErrorClass, Lane, OverBudget

LONGEST_MESSAGE = 500
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_PART = re.compile(r"(\*|\d{1,2}(?:-\d{1,2})?)(?:/(\d{1,2}))?", re.ASCII)
_ROUND = (0, 1, 0, 2, 0, 1, 0, 1, 0, 0, 1, 0, 0)
"""Which lane is first in each of 13 claims: 8 times interactive, 4 scheduled, once backfill."""


def lanes_of_turn(turn: int) -> tuple[Lane, ...]:
    """The order of lanes for this claim: each comes first 8, 4 or 1 times in 13 (Q10)."""
    first = Lane(_ROUND[turn % len(_ROUND)])
    return (first, *(lane for lane in Lane if lane is not first))


def next_time(cron: str, after: datetime) -> datetime:
    """The first match of a five-field cron expression after ``after``, in UTC (Q8).

    Raises InvalidInput for an invalid expression, or one that matches no date within eight years.
    """
    minutes, hours, days, months, weekdays = _fields(cron)
    at = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    any_day = cron.split()[2].startswith("*") or cron.split()[4].startswith("*")
    last = at + timedelta(days=8 * 366)
    while at < last:
        of_month = at.day in days
        of_week = (at.weekday() + 1) % 7 in weekdays
        if at.month not in months or not (
            (of_month and of_week) if any_day else (of_month or of_week)
        ):
            at = (at + timedelta(days=1)).replace(hour=0, minute=0)
        elif at.hour not in hours:
            at = (at + timedelta(hours=1)).replace(minute=0)
        elif at.minute not in minutes:
            at += timedelta(minutes=1)
        else:
            return at
    raise InvalidInput("no date matches this cron expression", where=cron)


def _fields(cron: str) -> list[frozenset[int]]:
    texts = cron.split()
    if len(texts) != len(_BOUNDS):
        raise InvalidInput("a cron expression has five fields", where=cron)
    fields = [_field(text, *bounds) for text, bounds in zip(texts, _BOUNDS, strict=True)]
    fields[4] = frozenset(day % 7 for day in fields[4])
    return fields


def _field(text: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise InvalidInput("invalid field in a cron expression", where=part)
        first, _, last = match[1].partition("-")
        begin, end = (low, high) if first == "*" else (int(first), int(last or first))
        if match[2] and first != "*" and not last:
            end = high
        step = int(match[2] or 1)
        if not low <= begin <= end <= high or step < 1:
            raise InvalidInput("invalid field in a cron expression", where=part)
        values.update(range(begin, end + 1, step))
    return frozenset(values)


def class_of(error: BaseException) -> ErrorClass:
    """The class of an error, which decides about the next attempt (Q18).

    Unknown errors are retried.
    """
    if isinstance(error, OverBudget):
        return ErrorClass.BUDGET
    if isinstance(error, InvalidInput | UsageError | NotFound | Gone):
        return ErrorClass.PERMANENT
    if isinstance(error, Refused):
        return ErrorClass.POLICY
    return ErrorClass.TRANSIENT


def wait_of(error: BaseException) -> timedelta | None:
    """The wait that the server asked for (``Retry-After``)."""
    if isinstance(error, TooManyRequests):
        return timedelta(seconds=error.retry_after)
    return None


def described(error: BaseException) -> dict[str, str]:
    """An error as stored with a job: its type and the start of its message."""
    return {"type": type(error).__name__, "message": str(error)[:LONGEST_MESSAGE]}


def kind_of(context: str, name: str) -> str:
    """The job kind of a schedule: its context and its name as lower-case words."""
    return f"{context}.{re.sub('[^a-z]+', '_', name.lower()).strip('_')}"
