"""Dirty hours as few spans: adjacent hours are recomputed together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
LONGEST = timedelta(days=31)
"""The longest span, which bounds one transaction."""

Span = tuple[datetime, datetime]


def hour_spans(hours: Iterable[datetime]) -> Iterator[Span]:
    """Half-open spans that cover exactly these hours, in order."""
    yield from _merged(sorted(set(hours)), _HOUR)


def day_spans(hours: Iterable[datetime]) -> Iterator[Span]:
    """Half-open spans of the whole UTC days of these hours, in order."""
    days: set[date] = {hour.astimezone(UTC).date() for hour in hours}
    starts = [datetime.combine(day, time.min, tzinfo=UTC) for day in sorted(days)]
    yield from _merged(starts, _DAY)


def _merged(starts: list[datetime], step: timedelta) -> Iterator[Span]:
    first: datetime | None = None
    after: datetime | None = None
    for start in starts:
        if first is not None and after == start and start + step - first <= LONGEST:
            after = start + step
            continue
        if first is not None and after is not None:
            yield first, after
        first, after = start, start + step
    if first is not None and after is not None:
        yield first, after
