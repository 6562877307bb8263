"""Days and periods of partitions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from wavehouse.engines.tables import Table
from wavehouse.kernel.errors import DiskFull, WavehouseError

_FULL = ("no space left on device", "not_enough_space", "disk quota exceeded")


def next_day(day: date) -> date:
    """The day after."""
    return day + timedelta(days=1)


def periods(period: str, first: date, last: date) -> Iterator[tuple[date, date]]:
    """The periods (day, month, year) that cover these days, half-open, in order."""
    start = _start(period, first)
    while start <= last:
        after = _start(period, start + timedelta(days={"day": 1, "month": 31, "year": 366}[period]))
        yield start, after
        start = after


def _start(period: str, day: date) -> date:
    if period == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if period == "month" else day


def check_staged(table: Table, day: date, outside: int) -> None:
    """WavehouseError when staged rows are of another day: ``replace`` would add, not replace."""
    if outside:
        raise WavehouseError(f"{outside} staged rows of {table.name} are not of {day}")


def refusal(engine: str, message: str) -> WavehouseError:
    """The error of a statement that an engine refused; DiskFull when its disk is full.

    Engines report a full disk by a text: the operating system's, or a code's name.
    """
    if any(text in message.lower() for text in _FULL):
        return DiskFull(
            f"the disk of {engine} is full",
            hint="Stored data is kept. Free disk space, then run the same command again.",
        )
    return WavehouseError(f"{engine} refused a statement: {message}")
