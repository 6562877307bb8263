"""Pure rules of retention: periods, limits, a plan's digest, guards against unusual runs."""

from __future__ import annotations

import calendar
import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from wavehouse.governance.types import Due, Period, Step
from wavehouse.kernel.errors import InvalidInput

USUAL_FACTOR = 3
"""A run that would remove more than this many times the usual rows is refused."""
SMALLEST_USUAL = 1000
"""Runs below this many rows are never unusual."""
_PERIOD = re.compile(r"(\d{1,5}) (day|month|year)s?")


def period(text: str) -> Period:
    """``90 days``, ``13 months``, ``7 years`` or ``expiry``. InvalidInput for anything else."""
    if text == "expiry":
        return Period(0, "expiry")
    match = _PERIOD.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise InvalidInput(
            f"invalid period {text!r}", hint='Write "90 days", "13 months", "7 years" or "expiry".'
        )
    return Period(int(match[1]), match[2])


def keep_from(now: datetime, keep: Period) -> datetime:
    """The first instant that is kept: the start of a UTC day, or ``now`` for expiry.

    Months and years are those of the calendar: 29 February goes back to 28 February.
    """
    if keep.unit == "expiry":
        return now
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if keep.unit == "day":
        try:
            return day - timedelta(days=keep.number)
        except OverflowError:
            raise InvalidInput(f"a period of {keep} is too long") from None
    months = keep.number * (12 if keep.unit == "year" else 1)
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    if year < 1:
        raise InvalidInput(f"a period of {keep} is too long")
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def digest(steps: Iterable[Step]) -> str:
    """SHA-256 of what a plan would remove, in hex: policies, limits, rows, partitions, states.

    The limits of policies that keep until expiry are the instant of the plan and are left out.
    """
    content = [
        [
            step.policy.name,
            step.policy.subject,
            step.policy.action.value,
            "" if _by_expiry(step) else step.keep_from.isoformat(),
            step.due.rows,
            list(step.due.parts),
            step.state.value,
        ]
        for step in steps
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def _by_expiry(step: Step) -> bool:
    return step.policy.keep is not None and step.policy.keep.unit == "expiry"


def unusual(due: Due, usual: int | None) -> str:
    """The reason why a run would be unusually large, or an empty string.

    ``usual`` is the largest number of rows of earlier runs; None before the first.
    """
    if usual is None or due.rows <= max(SMALLEST_USUAL, USUAL_FACTOR * usual):
        return ""
    return (
        f"{due.rows:,} rows are due, more than {USUAL_FACTOR} times the largest run so far "
        f"({usual:,})"
    )
