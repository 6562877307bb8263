from datetime import UTC, datetime
from decimal import Decimal

import pytest

from wavehouse.kernel.errors import InvalidInput
from wavehouse.sponsorship.rules import rows
from wavehouse.sponsorship.types import ConversionInput, ConversionType

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GOOD = {
    "occurred_at": "2026-11-01T10:00:00+01:00",
    "promo_code": " NORD15 ",
    "conversion_type": "Purchase",
    "conversion_value": "49.90",
    "currency": "eur",
    "order_id": "A-1001",
}


def test_a_good_row_becomes_a_conversion_in_utc() -> None:
    """Spaces and case are ignored, the time is converted to UTC."""
    expected = ConversionInput(
        datetime(2026, 11, 1, 9, tzinfo=UTC),
        "NORD15",
        ConversionType.PURCHASE,
        Decimal("49.90"),
        "EUR",
        "A-1001",
    )
    assert expected == rows.conversion(GOOD, now=NOW)


def test_a_time_without_a_zone_is_read_as_utc() -> None:
    """Days are in UTC, so a time without a zone is taken as UTC."""
    bare = rows.conversion({**GOOD, "occurred_at": "2026-11-01 10:00:00"}, now=NOW)
    assert datetime(2026, 11, 1, 10, tzinfo=UTC) == bare.occurred_at


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("occurred_at", "01/11/2026", "not a date"),
        ("occurred_at", "", "not a date"),
        ("occurred_at", "2026-11-01T10:00:00Z\0", "not a date"),
        ("occurred_at", "2026-11-31T10:00:00Z", "not a date"),
        ("occurred_at", "0001-01-01T00:00:00+14:00", "not a date"),
        ("occurred_at", "1999-12-31T23:59:59Z", "before the year 2000"),
        ("occurred_at", "2026-11-20T13:00:01Z", "in the future"),
        ("conversion_value", "49,90", "not a decimal amount"),
        ("conversion_value", "", "not a decimal amount"),
        ("conversion_value", "NaN", "not a decimal amount"),
        ("conversion_value", "1e9", "not a decimal amount"),
        ("conversion_value", "49.999", "EUR have at most 2 decimals: write 50.00, not 49.999"),
        ("conversion_value", "49.99999", "not a decimal amount"),
        ("conversion_value", "٤٩", "not a decimal amount"),
        ("currency", "ABC", "ISO 4217"),
        ("currency", "", "ISO 4217"),
        ("conversion_type", "buy", "purchase, signup, download, trial"),
        ("promo_code", "  ", "promo_code is empty"),
        ("promo_code", "A" * 256, "longer than 255"),
        ("order_id", "A\x1f1", "control characters"),
    ],
)
def test_a_bad_cell_is_refused_with_its_reason(column: str, text: str, reason: str) -> None:
    """One sentence with the column's name, without the cell's content."""
    with pytest.raises(InvalidInput, match=reason):
        rows.conversion({**GOOD, column: text}, now=NOW)


def test_a_signup_needs_no_value_and_no_order() -> None:
    """Only a purchase needs a value."""
    cells = {**GOOD, "conversion_type": "signup", "conversion_value": "", "order_id": ""}
    made = rows.conversion(cells, now=NOW)
    assert (Decimal(0), None) == (made.value, made.order_id)


def test_at02_a_negative_value_is_a_refund() -> None:
    """The sign is sufficient."""
    assert rows.conversion({**GOOD, "conversion_value": "-49.90"}, now=NOW).is_refund
