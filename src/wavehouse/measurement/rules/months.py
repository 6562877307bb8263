"""Listener keys change every month: how many of them a period needs (R44)."""

from __future__ import annotations

from datetime import date


def months_spanned(first: date, last: date) -> int:
    """The number of calendar months that a period touches."""
    return (last.year - first.year) * 12 + last.month - first.month + 1
