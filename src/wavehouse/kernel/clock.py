"""The one clock: timezone-aware UTC, and the same instant for SQL.

``now()`` is the only source of "now" in the package. Tests set the time with ``frozen``; ``store``
passes ``sql_setting()`` to every transaction, so statements that need the time read
``current_setting('wavehouse.now')`` or, better, take it as a parameter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta

_frozen: ContextVar[datetime | None] = ContextVar("wavehouse_frozen_clock", default=None)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def now() -> datetime:
    """The current instant in UTC, timezone-aware."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """The current UTC date. Days are UTC unless another time zone is named."""
    return now().date()


def start_of_day(day: date) -> datetime:
    """The instant at which a UTC day starts."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def days_between(first: date, last: date) -> list[date]:
    """Every UTC day from ``first`` to ``last``, both included; empty when last < first."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def sql_setting() -> str | None:
    """The frozen instant as ISO text for the session setting ``wavehouse.now``, or None."""
    frozen_at = _frozen.get()
    return frozen_at.isoformat() if frozen_at else None


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Freeze the clock at ``instant`` (must be aware) for Python and SQL. For tests and demos."""
    if instant.tzinfo is None:
        raise ValueError("the clock takes aware datetimes only")
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
