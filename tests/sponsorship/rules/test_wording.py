from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from wavehouse.sponsorship.rules import wording


@pytest.mark.parametrize(
    ("expected", "amount", "currency"),
    [
        ("€18,240", "18240.00", "EUR"),
        ("€10.96", "10.9587", "EUR"),
        ("−€4,515", "-4515", "EUR"),
        ("12.50\u00a0SEK", "12.5", "SEK"),
        ("$0", "0", "USD"),
    ],
)
def test_money_has_its_currency_and_cents_only_when_there_are_some(
    expected: str, amount: str, currency: str
) -> None:
    """Whole amounts have no decimals, as in the specified picture."""
    assert expected == wording.money(Decimal(amount), currency)


def test_short_money_drops_cents_from_ten_thousand_on() -> None:
    """A card has no room for the cents of a large sum."""
    large = wording.money(Decimal("18240.37"), "EUR", short=True)
    small = wording.money(Decimal("999.37"), "EUR", short=True)
    assert ("€18,240", "€999.37") == (large, small)


@pytest.mark.parametrize(
    ("expected", "share"),
    [
        ("104\u00a0%", "1.04007"),
        ("5.0\u00a0%", "0.05"),
        ("0.34\u00a0%", "0.00339"),
        ("0\u00a0%", "0"),
        ("−5.0\u00a0%", "-0.05"),
    ],
)
def test_a_small_share_keeps_more_decimals(expected: str, share: str) -> None:
    """Two significant digits are enough to compare."""
    assert expected == wording.percent(Decimal(share))


def test_at22_what_is_unknown_is_a_dash() -> None:
    """An unknown value is never shown as zero."""
    unknown = {wording.whole(None), wording.money(None, "EUR"), wording.times(None)}
    assert {"–"} == unknown | {wording.percent(None)}


def test_a_span_names_the_first_year_only_when_it_differs() -> None:
    """21 October – 20 November 2026."""
    same = wording.span(date(2026, 10, 21), date(2026, 11, 20))
    over = wording.span(date(2026, 12, 21), date(2027, 1, 20))
    assert ("21 October – 20 November 2026", "21 December 2026 – 20 January 2027") == (same, over)


def test_a_moment_names_its_zone() -> None:
    """Times are in UTC and say so."""
    assert "20 Nov 2026, 14:55 UTC" == wording.moment(datetime(2026, 11, 20, 14, 55, tzinfo=UTC))


def test_small_counts_are_words() -> None:
    """Five days left, one day left, 21 days left."""
    said = [wording.counted(n, "day") for n in (1, 5, 21)]
    assert ["one day", "five days", "21 days"] == said


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    """A running head is one line."""
    assert ("short", "a lon…") == (
        wording.shortened("short", 6),
        wording.shortened("a long one", 6),
    )
