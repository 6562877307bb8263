"""Exact amounts: decimal text in, Decimal out; floats are rejected everywhere (U2)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext

from wavehouse.kernel.errors import InvalidInput

PLACES = Decimal("0.000000000001")
"""Twelve decimals: the scale of ``numeric(20, 12)``."""
LARGEST = Decimal(10) ** 8
"""Amounts are below this: ``numeric(20, 12)`` has eight digits before the point."""
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,24})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def amount_of(value: object, where: str = "amount") -> Decimal:
    """A non-negative amount from decimal text such as ``"1.50"``, or from a Decimal or an int.

    Raises InvalidInput for a float (its decimal text is unknown), a negative amount, a value that
    is not a number, and more than 12 decimals.
    """
    if isinstance(value, bool | float):
        raise InvalidInput(
            f"{where} is a float; money is exact decimals",
            where=where,
            hint='Send it as text, such as "1.50".',
        )
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("-"):
            raise InvalidInput(f"{where} is negative: {text[:40]}", where=where)
        if not _DECIMAL.fullmatch(text):
            raise InvalidInput(
                f"{where} is not a decimal number: {text[:40]!r}",
                where=where,
                hint='Write digits and a point, such as "1.50".',
            )
        value = Decimal(text)
    if isinstance(value, int):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise InvalidInput(f"{where} is not a decimal number", where=where)
    if value < 0:
        raise InvalidInput(f"{where} is negative: {value}", where=where)
    return _fitting(value, where)


def price_text(literal: str, where: str = "price") -> Decimal:
    """The exact Decimal of a JSON number's text, with exponents: ``1.5e-07`` (U2)."""
    try:
        value = Decimal(literal)
    except InvalidOperation:
        raise InvalidInput(f"{where} is not a decimal number: {literal[:40]!r}", where=where) from (
            None
        )
    if not value.is_finite():
        raise InvalidInput(f"{where} is not a finite number", where=where)
    if value < 0:
        raise InvalidInput(f"{where} is negative: {literal}", where=where)
    return _fitting(value, where)


def _fitting(value: Decimal, where: str) -> Decimal:
    if value >= LARGEST:
        raise InvalidInput(f"{where} is too large: {value:f}", where=where)
    exact = rounded(value)
    if exact != value:
        raise InvalidInput(
            f"{where} has more than 12 decimals: {value:f}",
            where=where,
            hint="Round it yourself, so that nothing is lost silently.",
        )
    return exact


def rounded(value: Decimal) -> Decimal:
    """Round to 12 decimals, half-even: for products of a price and a fractional quantity."""
    with localcontext() as context:
        context.prec = 60
        return value.quantize(PLACES, rounding=ROUND_HALF_EVEN)


def currency_of(text: str, where: str = "currency") -> str:
    """Validate an ISO 4217 currency code in capitals. InvalidInput otherwise."""
    code = text.strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise InvalidInput(
            f"invalid currency code: {text[:20]!r}", where=where, hint="Write it like EUR."
        )
    return code
