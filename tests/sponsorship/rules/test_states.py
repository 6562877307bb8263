"""The state machine of campaigns: allowed and refused transitions."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest

from wavehouse.kernel.errors import InvalidInput
from wavehouse.sponsorship.rules import states
from wavehouse.sponsorship.types import CampaignStatus, StateChange

WAYS = {(now, then) for now, ways in states.TRANSITIONS.items() for then in ways}


@pytest.mark.parametrize("now", CampaignStatus)
@pytest.mark.parametrize("then", CampaignStatus)
def test_a_campaign_moves_by_the_ways_that_there_are(
    now: CampaignStatus, then: CampaignStatus
) -> None:
    """All 36 pairs; a refusal names the possible states."""
    if now is then or (now, then) in WAYS:
        states.check_transition("Autumn", now, then)
        return
    with pytest.raises(InvalidInput) as refused:
        states.check_transition("Autumn", now, then)
    assert f"'Autumn' is {now} and cannot become {then}" in refused.value.message
    assert all(way in str(refused.value.hint) for way in states.TRANSITIONS[now])


def test_every_state_can_be_left_and_reached() -> None:
    """No state is a dead end: every change can be reversed."""
    assert set(CampaignStatus) == {now for now, _ in WAYS} == {then for _, then in WAYS}


def test_the_database_has_the_same_table() -> None:
    """The trigger's pairs equal those of the rule."""
    folder = files("wavehouse") / "databases" / "operational" / "migrations"
    text = (folder / "202611261200_campaign_states.up.sql").read_text()
    assert WAYS == set(re.findall(r"\('(\w+)', '(\w+)'\)", text))


@pytest.mark.parametrize(
    ("now", "today", "then"),
    [
        ("scheduled", 1, None), ("scheduled", 10, "active"), ("scheduled", 20, "active"),
        ("scheduled", 21, None), ("active", 20, None), ("active", 21, "completed"),
        ("paused", 21, "completed"), ("draft", 15, None), ("completed", 25, None),
    ],
)  # fmt: skip
def test_the_calendar_begins_and_ends_flights(now: str, today: int, then: str | None) -> None:
    """They begin on the first day, and end after the last."""
    first, last = date(2026, 11, 10), date(2026, 11, 20)
    assert then == states.due(CampaignStatus(now), first, last, date(2026, 11, today))


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "history"),
    [
        ([1, 2, 3, 4, 5], []),
        ([1, 2, 3, 4, 5], [(at(4), "active")]),
        ([1, 2, 3, 4], [(at(4), "completed")]),
        ([1, 2, 4, 5], [(at(1), "active"), (at(2), "paused"), (at(4), "active")]),
        ([4, 5], [(at(1), "draft"), (at(4), "active")]),
        ([1, 2, 3, 4, 5], [(at(1), "scheduled")]),
        ([], [(at(3), "cancelled")]),
        ([1, 2, 3], [(at(1), "active"), (at(3), "cancelled")]),
    ],
)
def test_a_campaign_delivers_on_days_on_which_it_was_active(
    days: list[int], history: list[tuple[datetime, str]]
) -> None:
    """A day counts when the campaign was active at any time during it."""
    changes = [StateChange(*change) for change in history]
    assert days == [d for d in range(1, 6) if states.active_on(changes, date(2026, 11, d))]
