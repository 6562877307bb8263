"""Legal deadlines of a request: GDPR, CCPA, and the acknowledgement.

GDPR article 12(3): one month from receipt, two further months if necessary, counted by Regulation
1182/71: the period ends with the last hour of the day with the same date, or of the last day of a
shorter month. CCPA (Cal. Civ. Code 1798.130, 11 CCR 7021): 45 days, 45 more with notice, and a
confirmation of receipt within ten business days. Public holidays are ignored, so a deadline may be
early, but never late.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wavehouse.erasure.types import Clocks

CCPA_DAYS = 45
BUSINESS_DAYS = 10
UNDO_DAYS = range(8)
"""The undo period that a setting may choose, in days."""
_SATURDAY = 5


def clocks(received_at: datetime, zone: str, *, extended: bool = False) -> Clocks:
    """The deadlines of a request received at an instant, in the calendar of a time zone.

    Deadlines are the first instant after the last day. ``extended`` adds two months and 45 days.
    """
    day = received_at.astimezone(ZoneInfo(zone)).date()
    return Clocks(
        gdpr_at=_end_of(_months_after(day, 3 if extended else 1), zone),
        ccpa_at=_end_of(day + timedelta(days=CCPA_DAYS * (2 if extended else 1)), zone),
        acknowledge_at=_end_of(_business_days_after(day, BUSINESS_DAYS), zone),
    )


def _months_after(day: date, months: int) -> date:
    """The same date some months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _business_days_after(day: date, number: int) -> date:
    """The day that is a number of Mondays to Fridays later."""
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < _SATURDAY
    return day


def _end_of(day: date, zone: str) -> datetime:
    """The first instant after a local day, in UTC."""
    local = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return local.astimezone(UTC)
