import pytest

from wavehouse.kernel import spelling


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("49.90", "49,90"),
        ("-3.5", "-3,5"),
        ("1234.50", "1.234,50"),
        ("1234.50", "1,234.50"),
        ("1234567", "1,234,567"),
        ("1234.50", "1\u202f234,50"),
        ("1234.50", "1'234,50"),
        (None, "49.90"),
        (None, "1,2,3"),
        (None, "abc"),
        (None, ""),
    ],
)
def test_an_amount_in_another_notation_is_written_with_a_point(
    expected: str | None, text: str
) -> None:
    """The message says what to write; an ambiguous amount is not guessed."""
    assert expected == spelling.plain_amount(text)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("2026-11-28", "28/11/2026"),
        ("2026-11-28", "11/28/2026 10:00"),
        ("2026-11-28", "28.11.2026"),
        ("2026-11-11", "11-11-2026"),
        ("the year first, then month and day, like 2026-10-21", "05/11/2026"),
        (None, "31/02/2026"),
        (None, "2026-11-28"),
        (None, "yesterday"),
    ],
)
def test_a_day_in_another_notation_is_written_as_iso(expected: str | None, text: str) -> None:
    """For an ambiguous day the message has the pattern instead."""
    assert expected == spelling.iso_day(text)
