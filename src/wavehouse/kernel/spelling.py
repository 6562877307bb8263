"""Converts amounts and days in other notations to ours, for helpful messages."""

from __future__ import annotations

import re
from datetime import date

from wavehouse.kernel.errors import InvalidInput

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def plain_amount(text: str) -> str | None:
    """An amount with a decimal comma or thousands separators, in our notation.

    ``49,90`` is 49.90, ``1.234,50`` and ``1,234.50`` are 1234.50. None for anything else.
    """
    bare = re.sub(r"[\s\u00a0\u202f'’]", "", text)
    if re.fullmatch(r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+),[0-9]{1,2}", bare):
        return bare.replace(".", "").replace(",", ".")
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,2})?", bare):
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
