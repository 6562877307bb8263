"""Converts amounts and days in other notations to ours, for helpful messages."""

from __future__ import annotations

import re
from datetime import date

from wavehouse.kernel.errors import InvalidInput

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def plain_amount(text: str, decimals: int = 2) -> str | None:
    """An amount with a decimal comma or thousands separators, in our notation.

    ``49,90`` is 49.90, ``1.234,50`` and ``1,234.50`` are 1234.50. In a currency with three
    decimals ``1,234`` can be two amounts: both are named. None for anything else.
    """
    bare = re.sub(r"[\s\u00a0\u202f'’]", "", text)
    if decimals == 3 and re.fullmatch(r"[+-]?[0-9]{1,3},[0-9]{3}", bare):
        return f"{bare.replace(',', '.')} or {bare.replace(',', '')}"
    comma = rf"[+-]?([0-9]{{1,3}}(\.[0-9]{{3}})+|[0-9]+),[0-9]{{1,{max(decimals, 2)}}}"
    grouped = rf"[+-]?[0-9]{{1,3}}(,[0-9]{{3}})+(\.[0-9]{{1,{max(decimals, 2)}}})?"
    if re.fullmatch(comma, bare) and not re.fullmatch(grouped, bare):
        return bare.replace(".", "").replace(",", ".")
    if re.fullmatch(grouped, bare):
        return bare.replace(",", "")
    return None


def day_of(text: str, where: str | None = None) -> date:
    """The date in a form field or an option. InvalidInput, with an example, for other text."""
    bare = text.strip()
    if not _WRITTEN.fullmatch(bare):
        message = f"{bare[:40]!r} is not a date" if bare else "the date is missing"
        wanted = iso_day(bare) or "2026-11-28"
        hint = f"Write {wanted}." if " " in wanted else f"Write it like {wanted}."
        raise InvalidInput(message, where=where, hint=hint)
    try:
        return date.fromisoformat(bare)
    except ValueError:
        raise InvalidInput(
            f"{bare} does not exist", where=where, hint="Use an existing date."
        ) from None


def iso_day(text: str) -> str | None:
    """A date like 28/11/2026 or 28.11.2026 in our notation; None when it is not one.

    For an ambiguous day (05/11/2026) it returns the pattern, not a guess.
    """
    parts = re.match(r"\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})\b", text)
    if parts is None:
        return None
    first, two, year = (int(part) for part in parts.groups())
    if first <= 12 and two <= 12 and first != two:
        return "the year first, then month and day, like 2026-10-21"
    day, month = (first, two) if two <= 12 else (two, first)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
