"""Values of a conversion as text: from the cells of a file, a JSON body or a page's query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from wavehouse.kernel import spelling
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.money import decimals
from wavehouse.sponsorship.rules.checks import check_decimals
from wavehouse.sponsorship.types import CURRENCIES, ConversionInput, ConversionType

COLUMNS = (
    "occurred_at",
    "promo_code",
    "conversion_type",
    "conversion_value",
    "currency",
    "order_id",
)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(hours=1)
_AMOUNT = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,4})?")
_LONGEST = 255


def conversion(cells: Mapping[str, str], *, now: datetime) -> ConversionInput:
    """The conversion described by a file's cells. InvalidInput for an invalid cell."""
    kind = conversion_type(cells["conversion_type"])
    money = currency(cells["currency"])
    value = amount(cells["conversion_value"], money, required=kind is ConversionType.PURCHASE)
    return ConversionInput(
        occurred_at=instant(cells["occurred_at"], now=now),
        promo_code=text("promo_code", cells["promo_code"], required=True) or "",
        conversion_type=kind,
        value=value,
        currency=money,
        order_id=text("order_id", cells["order_id"]),
    )


def instant(written: str, *, now: datetime) -> datetime:
    """An ISO 8601 instant in UTC; without a time zone it is read as UTC."""
    try:
        if not written.strip().isprintable():
            raise ValueError
        parsed = datetime.fromisoformat(written.strip())
        parsed = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        wanted = spelling.iso_day(written)
        raise InvalidInput(
            "occurred_at is not a date and time like 2026-10-21T09:30:00Z"
            + (f": write {wanted}" if wanted else "")
        ) from None
    if parsed < EARLIEST:
        raise InvalidInput("occurred_at is before the year 2000")
    if parsed > now + TOLERANCE:
        raise InvalidInput("occurred_at is in the future")
    return parsed


def amount(digits: str, currency: str, *, required: bool = True) -> Decimal:
    """A decimal amount with its currency's decimals; an empty cell is zero if optional."""
    stripped = digits.strip()
    if not stripped and not required:
        return Decimal(0)
    if not _AMOUNT.fullmatch(stripped):
        wanted = spelling.plain_amount(stripped, decimals(currency))
        raise InvalidInput(
            "conversion_value is not a decimal amount like 49.90"
            + (f": write {wanted}" if wanted else "")
        )
    value = Decimal(stripped)
    check_decimals(value, currency)
    return value


def currency(code: str) -> str:
    """An ISO 4217 code in capitals."""
    known = code.strip().upper()
    if known not in CURRENCIES:
        raise InvalidInput("currency is not a known ISO 4217 code like EUR")
    return known


def conversion_type(name: str) -> ConversionType:
    """A kind of conversion by its name, in any case."""
    try:
        return ConversionType(name.strip().lower())
    except ValueError:
        known = ", ".join(ConversionType)
        raise InvalidInput(f"conversion_type is not one of {known}") from None


def text(column: str, value: str, *, required: bool = False) -> str | None:
    """A text without surrounding spaces; None for an empty optional one."""
    stripped = value.strip()
    if not stripped and required:
        raise InvalidInput(f"{column} is empty")
    if len(stripped) > _LONGEST:
        raise InvalidInput(f"{column} is longer than {_LONGEST} characters")
    if not stripped.isprintable():
        raise InvalidInput(f"{column} contains control characters")
    return stripped or None
