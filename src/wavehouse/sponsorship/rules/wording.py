"""Numbers and dates as a report prints them. The same figure is the same text everywhere."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from wavehouse.kernel.money import rounded

UNKNOWN = "–"
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_SMALL = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_LARGE = Decimal(10_000)


def whole(number: int | None) -> str:
    """A count with thousands separators."""
    return UNKNOWN if number is None else f"{number:,}"


def money(amount: Decimal | None, currency: str, *, short: bool = False) -> str:
    """An amount with its sign before its currency; cents are left out when there are none.

    ``short`` leaves the cents out from ten thousand on, where space is scarce.
    """
    if amount is None:
        return UNKNOWN
    exact = rounded(amount)
    if short and abs(exact) >= _LARGE:
        exact = rounded(exact, Decimal(1))
    digits = f"{abs(exact):,.2f}".removesuffix(".00")
    prefix = _SYMBOLS.get(currency, f"{currency} ")
    return f"{'−' if exact < 0 else ''}{prefix}{digits}"


def times(value: Decimal | None) -> str:
    """A multiple: 3.04×."""
    return UNKNOWN if value is None else f"{_signed(rounded(value))}×"


def percent(value: Decimal | None) -> str:
    """A share in per cent: none, one or two decimals, the smaller it is the more."""
    if value is None:
        return UNKNOWN
    share = value * 100
    if not share:
        return "0 %"
    step = Decimal(1) if abs(share) >= 10 else Decimal("0.1") if abs(share) >= 1 else None
    return f"{_signed(rounded(share, step or Decimal('0.01')))} %"


def _signed(number: Decimal) -> str:
    return f"{'−' if number < 0 else ''}{abs(number):,}"


def day(value: date) -> str:
    """18 Nov."""
    return f"{value.day} {_MONTHS[value.month - 1][:3]}"


def full_day(value: date) -> str:
    """18 November 2026."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def span(first: date, last: date) -> str:
    """21 October – 20 November 2026; the first year is named when it differs."""
    start = f"{first.day} {_MONTHS[first.month - 1]}"
    if first.year != last.year:
        start = f"{start} {first.year}"
    return f"{start} – {full_day(last)}"


def moment(value: datetime) -> str:
    """20 Nov 2026, 14:55 UTC."""
    return f"{day(value.date())} {value.year}, {value:%H:%M} UTC"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: one day, five days, 21 days."""
    words = noun if number == 1 else plural or f"{noun}s"
    return f"{_SMALL[number] if 0 <= number < len(_SMALL) else whole(number)} {words}"


def capitalised(sentence: str) -> str:
    """The sentence with its first letter as a capital, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning with an ellipsis when it is too long for its place."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
