"""Formats figures for pages, reports and the terminal.

Every function returns ``–`` for None (unknown or undefined): a missing figure is never shown as 0.
A shortened figure is shown with its exact form (``title`` on the page).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from wavehouse.kernel.money import Money, decimals, ratio

Number = int | Decimal

NOTHING = "–"
SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}
_THOUSAND, _MILLION, _BILLION = 1_000, 1_000_000, 1_000_000_000
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _decimals(value: Number, places: int) -> str:
    """Grouped by thousands, half-even, with a real minus sign and no negative zero."""
    step = Decimal(1).scaleb(-places)
    shown = Decimal(value).quantize(step, rounding=ROUND_HALF_EVEN)
    if shown == 0:
        shown = abs(shown)
    return f"{shown:,f}".replace("-", MINUS)


def count(value: Number | None) -> str:
    """All digits: ``178,112``."""
    return NOTHING if value is None else _decimals(value, 0)


def compact(value: Number | None, *, above: int = 100_000) -> str:
    """Shortened from ``above`` on: ``43,120``, ``178.1k``, ``1.24M``."""
    if value is None:
        return NOTHING
    size = abs(Decimal(value))
    if size < above:
        return _decimals(value, 0)
    if size < _MILLION - 50:
        return _decimals(Decimal(value) / _THOUSAND, 1) + "k"
    if size < _BILLION - 5_000_000:
        return _decimals(Decimal(value) / _MILLION, 2) + "M"
    return _decimals(Decimal(value) / _BILLION, 2) + "B"


def axis(value: float) -> str:
    """A tick of a count: ``0``, ``2,500``, ``10k``, ``1.5M``; small fractions keep one digit."""
    exact = Decimal(str(value))
    if exact != exact.to_integral_value() and abs(exact) < _THOUSAND:
        return _decimals(exact, 1)
    shown = compact(exact, above=10_000)
    if shown[-1] in "kMB" and "." in shown:
        return shown[:-1].rstrip("0").rstrip(".") + shown[-1]
    return shown


def money(value: Money | None) -> str:
    """An amount for reading: ``€18,240``; cents only below a thousand (``€10.96``)."""
    if value is None:
        return NOTHING
    whole = abs(value.amount) >= _THOUSAND or value.amount == value.amount.to_integral_value()
    places = 0 if whole else decimals(value.currency)
    return _with_symbol(_decimals(value.amount, places), value.currency)


def money_exact(value: Money | None) -> str:
    """An amount with its currency's decimals: ``€18,240.00``, ``¥18,240``."""
    if value is None:
        return NOTHING
    return _with_symbol(_decimals(value.amount, decimals(value.currency)), value.currency)


def money_axis(value: float, currency: str) -> str:
    """A tick of an amount: ``€2,500``, ``€10k``."""
    return _with_symbol(axis(value), currency)


def _with_symbol(digits: str, currency: str) -> str:
    symbol = _SYMBOLS.get(currency)
    sign, digits = (MINUS, digits[1:]) if digits.startswith(MINUS) else ("", digits)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits}{SPACE}{currency}"


def hours(seconds: Number | None) -> str:
    """Listening time in whole hours: ``52,310 h``; in minutes below one hour."""
    if seconds is None:
        return NOTHING
    if abs(Decimal(seconds)) < 3600:
        return f"{_decimals(Decimal(seconds) / 60, 0)}{SPACE}min"
    return f"{_decimals(Decimal(seconds) / 3600, 0)}{SPACE}h"


def duration(seconds: Number | None) -> str:
    """A duration in its two largest units: ``4 days 4 h``, ``2 h 5 min``, ``38 s``."""
    if seconds is None:
        return NOTHING
    left = int(seconds)
    parts: list[str] = []
    for size, singular, many in ((86400, "day", "days"), (3600, "h", "h"), (60, "min", "min")):
        amount, left = divmod(left, size)
        if amount:
            parts.append(f"{count(amount)}{SPACE}{singular if amount == 1 else many}")
    if left or not parts:
        parts.append(f"{left}{SPACE}s")
    return " ".join(parts[:2])


def percent(share: Decimal | None, places: int = 1) -> str:
    """A share as a percentage: ``71.3 %``."""
    return NOTHING if share is None else f"{_decimals(share * 100, places)}{SPACE}%"


def times(factor: Decimal | None) -> str:
    """A multiple, such as ROI: ``3.04×``."""
    return NOTHING if factor is None else f"{_decimals(factor, 2)}×"


def change(now: Number | None, before: Number | None) -> Decimal | None:
    """The relative change, or None when either side is unknown or the old value is zero."""
    if now is None or before is None:
        return None
    return ratio(Decimal(now) - Decimal(before), before)


def delta(share: Decimal | None) -> str:
    """A relative change with its sign: ``+11.1 %``, ``−3.0 %``, ``0.0 %``."""
    return NOTHING if share is None else _plus(percent(share))


def _plus(shown: str) -> str:
    """A plus sign before a value that is shown as positive; ``0.0`` has none."""
    more = not shown.startswith(MINUS) and any(digit in "123456789" for digit in shown)
    return f"+{shown}" if more else shown


def points(now: Decimal | None, before: Decimal | None) -> str:
    """The difference of two shares in percentage points: ``−1.1 pt``."""
    if now is None or before is None:
        return NOTHING
    return _plus(f"{_decimals((now - before) * 100, 1)}{SPACE}pt")


def day(value: date | None) -> str:
    """A day without the year: ``12 Nov``."""
    return NOTHING if value is None else f"{value.day} {_MONTHS[value.month - 1]}"


def weekday(value: date) -> str:
    """A day for tooltips: ``Thu 12 Nov``."""
    return f"{_WEEKDAYS[value.weekday()]} {day(value)}"


def day_and_year(value: date | None) -> str:
    """A day in full: ``12 Nov 2026``."""
    return NOTHING if value is None else f"{day(value)} {value.year}"


def period(first: date, last: date) -> str:
    """A range of days, with years only where needed: ``21 Oct – 20 Nov``."""
    if first == last:
        return day_and_year(first)
    if first.year != last.year:
        return f"{day_and_year(first)} – {day_and_year(last)}"
    return f"{day(first)} – {day(last)}"


def instant(value: datetime | None) -> str:
    """An instant with its time zone: ``20 Nov 2026, 14:52 UTC``."""
    if value is None:
        return NOTHING
    return f"{day_and_year(value.date())}, {value:%H:%M} UTC"
