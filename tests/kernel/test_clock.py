from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from wavehouse.kernel import clock


def test_the_frozen_clock_is_the_same_for_python_and_sql() -> None:
    instant = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    with clock.frozen(instant):
        assert instant == clock.now()
        assert instant.isoformat() == clock.sql_setting()
    assert clock.sql_setting() is None


def test_the_clock_refuses_naive_times() -> None:
    with pytest.raises(ValueError, match="aware"), clock.frozen(datetime(2026, 1, 1)):  # noqa: DTZ001 - the refusal under test
        pass


def test_a_frozen_time_of_another_zone_is_shown_in_utc() -> None:
    rome = timezone(timedelta(hours=2))
    with clock.frozen(datetime(2026, 6, 1, 0, 30, tzinfo=rome)):
        assert date(2026, 5, 31) == clock.today()


def test_days_between_includes_both_ends() -> None:
    days = clock.days_between(date(2026, 2, 27), date(2026, 3, 1))
    assert [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)] == days
    assert [] == clock.days_between(date(2026, 3, 1), date(2026, 2, 28))
