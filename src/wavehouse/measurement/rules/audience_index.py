"""Rules of the audience index: the name of a month's file, the bits of days (R43, R44).

Keys are hashed under a secret of their month. An event has its own month's key and that of the
month before, so the index of a month covers the days of that month and of the next one: at most 62,
one bit each.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

FORM = "1"
"""The version of the file's columns; a file of another version is made again."""


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    """The first day of the following month."""
    return month_of(month + timedelta(days=31))


def month_before(month: date) -> date:
    """The first day of the previous month."""
    return month_of(month - timedelta(days=1))


def last_day(month: date) -> date:
    """The last day that the index of a month covers."""
    return month_after(month_after(month)) - timedelta(days=1)


def months_of(days: Iterable[date]) -> list[date]:
    """The months whose index has these days, oldest first."""
    own = {month_of(day) for day in days}
    return sorted(own | {month_before(month) for month in own})


def index_name(month: date) -> str:
    """``audience/2026-11.parquet``, in the store of the sealed days."""
    return f"audience/{month:%Y-%m}.parquet"


def hash_name(month: date) -> str:
    """``audience/2026-11.sha256``: the hash of the index, in hex; it is written after the index."""
    return f"audience/{month:%Y-%m}.sha256"


def days_mask(month: date, days: Iterable[date]) -> int:
    """The bits of these days in the index of a month."""
    return sum(1 << (day - month).days for day in set(days))
