"""A small sample of every part of the attack (`make attack` runs all of it)."""

from __future__ import annotations

import pytest
from tests.faults import attack


def test_bombs_are_read_or_refused_within_time_and_memory() -> None:
    """One of each kind: repeated tags, attributes, marks, compressed zeros."""
    part = attack.bombing(
        feeds=("50,000 attributes", "twenty million ampersands", "a billion laughs"),
        logs=("50,000 empty members", "packed noise"),
    )

    assert (5, []) == (part.tried, part.broken)


def test_a_working_user_is_answered_beside_slow_connections() -> None:
    """Fifty of every kind; the full attack uses five hundred."""
    part = attack.slowness(50)

    assert (50, []) == (part.tried, part.broken)


def test_private_addresses_are_not_connected_to() -> None:
    """Every spelling is refused, with and without a user name."""
    part = attack.addresses()

    assert [] == part.broken
    assert part.tried >= 100


def test_a_part_that_breaks_is_counted() -> None:
    """The attack itself must be able to fail."""
    outcome, _, _ = attack._alone(lambda: str(1 // 0))

    assert outcome.startswith("BROKEN ZeroDivisionError")
    part = attack.Part("x", 1, ["it broke"])
    assert "1 broken" in attack.document([part], 1.0)


@pytest.mark.harness
def test_hostile_servers_break_nothing() -> None:
    """Each of them, as a feed and as a media file."""
    part = attack.servers()

    assert [] == part.broken
    assert part.tried >= 100
