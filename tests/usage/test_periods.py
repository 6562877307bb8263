"""Days, weeks and months in a time zone, as instants (U8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.usage.conftest import NOW, Spender

from wavehouse import usage
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.usage.queries import calendar
from wavehouse.usage.rules.periods import missing_periods, periods_from, zone_of
from wavehouse.usage.types import LastPeriod, Period, PeriodKind

ZONES = sorted(available_timezones())
HOUR = timedelta(hours=1)


def _days(zone: str, first: date, number: int = 1) -> list[Period]:
    return list(periods_from(PeriodKind.DAY, zone_of(zone), first, None, number))


def test_u8_days_of_a_changing_clock_have_23_and_25_hours() -> None:
    """Rome, March and October 2026."""
    (short,) = _days("Europe/Rome", date(2026, 3, 29))
    (long,) = _days("Europe/Rome", date(2026, 10, 25))

    assert (23 * HOUR, 25 * HOUR) == (
        short.ends_at - short.starts_at,
        long.ends_at - long.starts_at,
    )


@pytest.mark.parametrize(
    ("zone", "day", "hours", "starts"),
    [
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5, "2026-04-04T13:00"),  # half an hour back
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5, "2026-10-03T13:30"),
        ("America/Sao_Paulo", date(2018, 11, 4), 23, "2018-11-04T03:00"),  # begins at 01:00
        ("Africa/Cairo", date(2026, 4, 24), 23, "2026-04-23T22:00"),  # begins at 01:00
        ("Africa/Cairo", date(2026, 10, 29), 25, "2026-10-28T21:00"),  # 24:00 becomes 23:00
        ("America/Havana", date(2026, 11, 1), 25, "2026-11-01T04:00"),  # midnight comes twice
    ],
)
def test_u8_days_begin_when_their_date_does_even_without_a_midnight(
    zone: str, day: date, hours: float, starts: str
) -> None:
    """Half-hour changes, a midnight that does not exist or comes twice; no gap to the next day."""
    before, this, after = _days(zone, day - timedelta(days=1), 3)

    assert datetime.fromisoformat(f"{starts}+00:00") == this.starts_at
    assert timedelta(hours=hours) == this.ends_at - this.starts_at
    assert (before.ends_at, this.ends_at) == (this.starts_at, after.starts_at)


def test_u8_a_date_that_a_zone_skipped_is_no_period() -> None:
    """Apia had no 30 December 2011."""
    days = _days("Pacific/Apia", date(2011, 12, 29), 2)

    assert [date(2011, 12, 29), date(2011, 12, 31)] == [day.local_date for day in days]
    assert days[0].ends_at == days[1].starts_at


@given(
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.sampled_from(list(PeriodKind)),
    st.integers(0, 31 * 366 * 24 * 60),
)
def test_u8_periods_have_no_gap_and_no_overlap_when_the_zone_changes(
    old: str, new: str, kind: PeriodKind, minutes: int
) -> None:
    """For any two zones and any moment in thirty years, each period starts where one ends."""
    now = datetime(2005, 1, 3, tzinfo=UTC) + timedelta(minutes=minutes)
    before = missing_periods(kind, zone_of(old), None, now, now)
    present = next(p for p in before if p.starts_at <= now < p.ends_at)
    last = LastPeriod(kind, present.local_date, present.starts_at, present.ends_at, old)

    after = [present, *missing_periods(kind, zone_of(new), last, now, now)]

    assert all(a.ends_at == b.starts_at for a, b in pairwise(after))
    assert all(a.local_date < b.local_date for a, b in pairwise(after))
    assert after[-1].ends_at > now + timedelta(days=30)


def test_u8_a_changed_zone_is_valid_from_the_next_day_on(spender: Spender) -> None:
    """The current day keeps its end; the next one ends at midnight in the new zone."""
    with clock.frozen(NOW):
        spender.act(usage.ensure_periods)
        until = spender.act(usage.change_timezone, timezone="America/New_York")
        identity = spender.identity
        with spender.workspace.stores.operational.app(identity.organization_id) as tx:
            following = calendar.present_period(
                tx, organization_id=identity.organization_id, kind="day", at=until
            )

    assert datetime(2026, 11, 21, tzinfo=UTC) == until
    assert following is not None
    assert datetime(2026, 11, 22, 5, tzinfo=UTC) == following.ends_at


@pytest.mark.parametrize("name", ["", "Europe/Atlantis", "../etc/passwd", "/etc/localtime", "CETT"])
def test_a_zone_that_does_not_exist_is_refused(spender: Spender, name: str) -> None:
    """The organization keeps its zone."""
    with pytest.raises(InvalidInput, match="unknown time zone"):
        spender.act(usage.change_timezone, timezone=name)
