"""Digests of rollups that are equal on every engine: whole numbers and texts, sorted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

_BETWEEN_VALUES, _BETWEEN_ROWS = "\x1f", "\n"
_PLAIN = frozenset({int, str})
_REPEATED = frozenset({UUID, datetime, date})


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


class _Texts(dict[object, str]):
    """Texts of ids and instants, which repeat from row to row; each is made once."""

    def __missing__(self, value: object) -> str:
        text = self[value] = canonical(value)
        return text


def digest(rows: Iterable[Sequence[object]]) -> str:
    """SHA-256, in hex, of rows in any order."""
    return _digest(rows, _Texts())


def _digest(rows: Iterable[Sequence[object]], texts: _Texts) -> str:
    lines = sorted(
        _BETWEEN_VALUES.join(
            [
                str(value)
                if (kind := value.__class__) in _PLAIN
                # Other numbers that are equal may be written differently: 1 and Decimal("1.0").
                else texts[value]
                if kind in _REPEATED
                else canonical(value)
                for value in row
            ]
        )
        for row in rows
    )
    return hashlib.sha256(_BETWEEN_ROWS.join(lines).encode()).hexdigest()


def digests_by_bucket(rows: Iterable[Sequence[object]]) -> dict[str, str]:
    """The digest of the rows of each bucket, which is their first value."""
    texts = _Texts()
    buckets: dict[str, list[Sequence[object]]] = {}
    for row in rows:
        first = row[0]
        bucket = texts[first] if first.__class__ in _REPEATED else canonical(first)
        buckets.setdefault(bucket, []).append(row)
    return {bucket: _digest(buckets[bucket], texts) for bucket in sorted(buckets)}
