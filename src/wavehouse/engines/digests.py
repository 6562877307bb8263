"""Digests of rollups that are equal on every engine: whole numbers and texts, sorted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

_BETWEEN_VALUES, _BETWEEN_ROWS = "\x1f", "\n"
_PLAIN = frozenset({int, str})


def canonical(value: object) -> str:
    """A value as text, the same for every driver.

    Instants are UTC without a zone; a date is written as its midnight; whole numbers have no point.
    """
    if value.__class__ in _PLAIN:  # most values; a rollup of a day has a million
        return str(value)
    if isinstance(value, datetime):
        plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return plain.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return f"{value.isoformat()} 00:00:00"
    return "" if value is None else str(value)


def digest(rows: Iterable[Sequence[object]]) -> str:
    """SHA-256, in hex, of rows in any order."""
    lines = sorted(_BETWEEN_VALUES.join(map(canonical, row)) for row in rows)
    return hashlib.sha256(_BETWEEN_ROWS.join(lines).encode()).hexdigest()


def digests_by_bucket(rows: Iterable[Sequence[object]]) -> dict[str, str]:
    """The digest of the rows of each bucket, which is their first value."""
    buckets: dict[str, list[Sequence[object]]] = {}
    for row in rows:
        buckets.setdefault(canonical(row[0]), []).append(row)
    return {bucket: digest(buckets[bucket]) for bucket in sorted(buckets)}
