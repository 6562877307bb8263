"""Months of a period, as listener keys change every month (R44)."""

from __future__ import annotations

from datetime import date


def months_spanned(first: date, last: date) -> int:
    """The number of calendar months that a period touches."""
    return (last.year - first.year) * 12 + last.month - first.month + 1
