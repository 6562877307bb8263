"""Digests: texts are made once for values that repeat, and are those of each value alone."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from wavehouse.engines import canonical, digest, digests_by_bucket

AT = datetime(2026, 11, 12, 10, tzinfo=UTC)
ROWS: list[tuple[object, ...]] = [
    (AT, UUID(int=7), "\U0001f399", 1, None),
    (AT.replace(tzinfo=None), UUID(int=7), "\uff5e", Decimal("1.0"), ""),
    (AT.astimezone(timezone(timedelta(hours=5))), UUID(int=8), "a", True, 1.0),
    (AT.date(), UUID(int=8), "a", 2**63, date(2026, 11, 12)),
]


def test_a_digest_is_the_hash_of_the_sorted_texts_of_all_values() -> None:
    """Also for numbers that are equal and written differently, in any order of rows."""
    lines = sorted("\x1f".join(canonical(value) for value in row) for row in ROWS)
    expected = hashlib.sha256("\n".join(lines).encode()).hexdigest()

    assert expected == digest(ROWS)
    assert expected == digest(reversed(ROWS))


def test_buckets_are_instants_however_a_driver_returns_them() -> None:
    """Three forms of one instant are one bucket; a day is its midnight."""
    found = digests_by_bucket(ROWS)

    assert ["2026-11-12 00:00:00", "2026-11-12 10:00:00"] == [*found]
    assert digest(ROWS[:3]) == found["2026-11-12 10:00:00"]
