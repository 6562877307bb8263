"""Days, weeks and months of a time zone as instants, by zoneinfo (Q1, Q4, U8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wavehouse.kernel.errors import InvalidInput
from wavehouse.usage.types import LastPeriod, Period, PeriodKind

DAY = timedelta(days=1)
AHEAD = {PeriodKind.DAY: 40, PeriodKind.WEEK: 8, PeriodKind.MONTH: 3}
"""The number of periods to create beyond the current one."""


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name. InvalidInput when it does not exist."""
    try:
        if not name or name != name.strip() or name.startswith((".", "/")) or ".." in name:
            raise ValueError(name)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            f"unknown time zone: {name[:60]!r}",
            where="timezone",
            hint="Use a name of the IANA list, such as Europe/Rome.",
        ) from None


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant a local date starts: midnight, or the end of a DST gap over it (Q1)."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def first_day(kind: PeriodKind, day: date) -> date:
    """The first date of the period that contains a date; weeks start on Monday."""
    if kind == PeriodKind.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if kind == PeriodKind.MONTH else day


def next_day(kind: PeriodKind, first: date) -> date:
    """The first date of the period after the one starting on ``first``."""
    if kind == PeriodKind.WEEK:
        return first + 7 * DAY
    if kind == PeriodKind.MONTH:
        return (first.replace(day=28) + 4 * DAY).replace(day=1)
    return first + DAY


def periods_from(
    kind: PeriodKind, zone: ZoneInfo, first: date, starts_at: datetime | None, number: int
) -> Iterator[Period]:
    """``number`` consecutive periods, the first starting on local date ``first``.

    ``starts_at`` is the end of the period before it, possibly in another zone: a changed zone
    applies from the next period, which is then shorter or longer once (U8). Dates that a zone
    skipped, and dates that ended before ``starts_at``, get no period.
    """
    start = start_of(first, zone) if starts_at is None else starts_at
    made = 0
    while made < number:
        following = next_day(kind, first)
        end = start_of(following, zone)
        if end > start:
            yield Period(kind, first, start, end)
            made += 1
            start = end
        first = following


def missing_periods(
    kind: PeriodKind, zone: ZoneInfo, last: LastPeriod | None, now: datetime, since: datetime
) -> list[Period]:
    """The periods to add after ``last`` so that they extend far enough past ``now``.

    If there is no period yet, start with the one that contains ``since``.
    """
    target = now
    for _ in range(AHEAD[kind]):
        local = target.astimezone(zone).date()
        target = start_of(next_day(kind, first_day(kind, local)), zone) + timedelta(hours=12)
    if last is None:
        first = first_day(kind, since.astimezone(zone).date())
        starts_at = None
    else:
        first = next_day(kind, last.local_date)
        starts_at = last.ends_at
    added: list[Period] = []
    reached = last.ends_at if last else None
    while reached is None or reached < target:
        (period,) = periods_from(kind, zone, first, starts_at, 1)
        added.append(period)
        first, starts_at = next_day(kind, period.local_date), period.ends_at
        reached = period.ends_at
    return added
