"""The formatter shared by pages, reports and the terminal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.charts import format as fmt
from wavehouse.kernel.money import Money

NBSP = "\N{NO-BREAK SPACE}"


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("–", None),
        ("0", 0),
        ("43,120", 43_120),
        ("99,999", 99_999),
        ("178.1k", 178_112),
        ("−178.1k", -178_112),
        ("1.00M", 999_960),
        ("1.24M", 1_240_000),
        ("2.50B", 2_500_000_000),
    ],
)
def test_a_count_is_shortened_only_when_it_is_long(shown: str, value: int | None) -> None:
    """Below 100,000 every digit is shown; an unknown count is a dash, never a zero."""
    assert shown == fmt.compact(value)


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_the_exact_form_loses_no_digit(value: int) -> None:
    """The exact form beside a shortened figure reads back to the same number."""
    assert value == int(fmt.count(value).replace(",", "").replace(fmt.MINUS, "-"))


@pytest.mark.parametrize(
    ("shown", "exact", "value"),
    [
        ("–", "–", None),
        ("€18,240", "€18,240.40", euro("18240.40")),
        ("€10.96", "€10.96", euro("10.96")),
        ("€900", "€900.00", euro("900.00")),
        ("−€12.50", "−€12.50", euro("-12.50")),
        (f"1,200{NBSP}SEK", f"1,200.00{NBSP}SEK", Money(Decimal(1200), "SEK")),
    ],
)
def test_money_names_its_currency_and_has_an_exact_form(
    shown: str, exact: str, value: Money | None
) -> None:
    """Cents appear only where they matter; a currency without a sign is named by its code."""
    assert shown == fmt.money(value)
    assert exact == fmt.money_exact(value)


@pytest.mark.parametrize(
    ("shown", "now", "before"),
    [
        (f"+11.1{NBSP}%", 178_112, 160_317),
        (f"−3.0{NBSP}%", 97, 100),
        (f"0.0{NBSP}%", 100_001, 100_000),
        (f"0.0{NBSP}%", 99_999, 100_000),
        ("–", 5, 0),
        ("–", None, 5),
        ("–", 5, None),
    ],
)
def test_at22_a_change_from_nothing_is_undefined(
    shown: str, now: int | None, before: int | None
) -> None:
    """The sign is always shown, except for no visible change; a change from zero is a dash."""
    assert shown == fmt.delta(fmt.change(now, before))


def test_a_difference_of_shares_is_told_in_points() -> None:
    """Per cent of per cent would be misleading."""
    assert f"−1.1{NBSP}pt" == fmt.points(Decimal("0.713"), Decimal("0.724"))
    assert f"+0.5{NBSP}pt" == fmt.points(Decimal("0.505"), Decimal("0.5"))
    assert "–" == fmt.points(None, Decimal("0.5"))


def test_listening_time_reads_in_hours_and_exactly_in_its_largest_units() -> None:
    """52,310 h on the card, days and hours in the title."""
    assert f"52,310{NBSP}h" == fmt.hours(52_310 * 3600)
    assert f"42{NBSP}min" == fmt.hours(2520)
    assert f"4{NBSP}days 4{NBSP}h" == fmt.duration(100 * 3600)
    assert f"1{NBSP}day" == fmt.duration(86_400)
    assert f"38{NBSP}s" == fmt.duration(38)
    assert f"0{NBSP}s" == fmt.duration(0)
    assert "–" == fmt.hours(None) == fmt.duration(None)


def test_ratios_and_shares_keep_their_places() -> None:
    """ROI has two decimals and a multiplication sign, shares have one."""
    assert "3.04×" == fmt.times(Decimal("3.0398"))
    assert "–" == fmt.times(None) == fmt.percent(None)
    assert f"71.3{NBSP}%" == fmt.percent(Decimal("0.7134"))


@pytest.mark.parametrize(
    ("shown", "value"),
    [("0", 0.0), ("2,500", 2500.0), ("10k", 10_000.0), ("1.5M", 1_500_000.0), ("0.5", 0.5)],
)
def test_an_axis_is_short(shown: str, value: float) -> None:
    """Ticks are round numbers without decimals."""
    assert shown == fmt.axis(value)


def test_a_period_names_a_year_only_where_it_is_needed() -> None:
    """A single day and a change of year are written in full."""
    assert "21 Oct – 20 Nov" == fmt.period(date(2026, 10, 21), date(2026, 11, 20))
    assert "30 Dec 2025 – 2 Jan 2026" == fmt.period(date(2025, 12, 30), date(2026, 1, 2))
    assert "20 Nov 2026" == fmt.period(date(2026, 11, 20), date(2026, 11, 20))
    assert "Thu 12 Nov" == fmt.weekday(date(2026, 11, 12))
    assert "20 Nov 2026, 14:52 UTC" == fmt.instant(datetime(2026, 11, 20, 14, 52, tzinfo=UTC))
    assert "–" == fmt.instant(None) == fmt.day(None) == fmt.day_and_year(None)
