"""A cadence and its slots: the pure rules (Q1, Q3, Q7)."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.errors import InvalidInput
from wavehouse.studio.adapters.zones import zone_names, zone_of
from wavehouse.studio.rules.cadence import Cadence, as_config, cadence_of, in_words, rrule
from wavehouse.studio.rules.slots import (
    Overdue,
    PendingSlot,
    Slot,
    difference,
    instant_of,
    missed,
    slots_between,
)

TODAY = date(2026, 11, 20)
ROME = {"days": ["MO", "TH"], "times": ["06:00"], "tz": "Europe/Rome", "start": "2026-11-01"}
STEP, WALLS = (
    timedelta(days=7),
    [timedelta(minutes=minutes) for minutes in (-90, -30, -1, 0, 1, 29, 61, 150)],
)


def cadence(**changes: Any) -> Cadence:
    return cadence_of({**ROME, **changes}, zones=zone_names(), today=TODAY)


@cache
def changes_of(name: str) -> list[tuple[datetime, timedelta, timedelta]]:
    """An independent reader: every change of a zone's offset, found from UTC only."""
    zone = zone_of(name)

    def offset(at: datetime) -> timedelta:
        value = at.astimezone(zone).utcoffset()
        assert value is not None
        return value

    found = []
    at, end = datetime(2005, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)
    before = offset(at)
    while at < end:
        following = offset(at + STEP)
        if following != before:
            low, high = at, at + STEP
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            found.append((high, before, offset(high)))
        at, before = at + STEP, following
    return found


def test_q1_every_zone_and_every_transition_from_2005_to_2036_moves_a_slot_as_the_rule_says() -> (
    None
):
    """In a gap later by its length, in an overlap the earlier instant; checked from UTC."""
    zones, checked = sorted(zone_names()), 0
    for name in zones:
        zone, listed = zone_of(name), changes_of(name)
        starts = [at for at, _, _ in listed]
        for at, before, after in listed:
            around = (at + max(before, after)).replace(tzinfo=None)
            for away in WALLS:
                wall = around + away
                candidates = []
                for offset in {before, after}:
                    instant = wall.replace(tzinfo=UTC) - offset
                    place = bisect_right(starts, instant) - 1
                    if (listed[place][2] if place >= 0 else listed[0][1]) == offset:
                        candidates.append(instant)
                expected = min(candidates, default=wall.replace(tzinfo=UTC) - before)

                assert expected == instant_of(wall.date(), wall.time(), zone), (name, wall)
                checked += 1
    assert 590 < len(zones)
    assert 80_000 < checked


def test_q1_slots_never_come_out_of_order_and_never_twice_around_any_transition() -> None:
    """Daily at six wall times, three days before and after each change of each zone."""
    times = ["00:30", "01:30", "02:30", "03:00", "12:00", "23:59"]
    for name in sorted(zone_names()):
        daily = cadence_of(
            {"days": ["MO", "TU", "WE", "TH", "FR", "SA", "SU"], "times": times, "tz": name,
             "start": "2005-01-01"}, zones=zone_names(), today=TODAY)  # fmt: skip
        for at, _, _ in changes_of(name)[-6:]:
            span = timedelta(days=3)
            instants = [
                s.slot_at for s in slots_between(daily, zone_of(name), at - span, at + span)
            ]

            assert sorted(set(instants)) == instants, (name, at)


def test_q1_a_date_that_a_zone_skipped_gives_no_second_slot_at_the_same_instant() -> None:
    """Apia had no 30 December 2011: only the slot of the 31st remains."""
    daily = cadence_of(
        {
            "days": ["TH", "FR", "SA"],
            "times": ["06:00"],
            "tz": "Pacific/Apia",
            "start": "2011-12-01",
        },
        zones=zone_names(),
        today=TODAY,
    )

    slots = slots_between(
        daily,
        zone_of("Pacific/Apia"),
        datetime(2011, 12, 29, tzinfo=UTC),
        datetime(2012, 1, 1, tzinfo=UTC),
    )

    assert [date(2011, 12, 29), date(2011, 12, 31)] == [slot.local_date for slot in slots]


def test_q1_the_two_nights_of_rome() -> None:
    """02:30 does not exist on 28 March 2027 and happens twice on 31 October."""
    zone = zone_of("Europe/Rome")

    assert datetime(2027, 3, 28, 1, 30, tzinfo=UTC) == instant_of(
        date(2027, 3, 28), time(2, 30), zone
    )
    assert datetime(2027, 10, 31, 0, 30, tzinfo=UTC) == instant_of(
        date(2027, 10, 31), time(2, 30), zone
    )


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"days": []}, "days", "a cadence needs at least one day"),
        ({"days": "MO"}, "days", "a cadence needs at least one day"),
        ({"days": ["XX"]}, "days", "invalid day 'XX'"),
        ({"times": []}, "times", "a cadence needs at least one time"),
        ({"times": ["24:00"]}, "times", "invalid time '24:00'"),
        ({"tz": "Europe/Roma"}, "tz", "unknown time zone"),
        ({"tz": "../etc/passwd"}, "tz", "unknown time zone"),
        ({"tz": None}, "tz", "unknown time zone"),
        ({"until": "2026-10-01"}, "until", "the end date is before the start date"),
        ({"until": "2026-11-01"}, "until", "there is no MO or TH"),
        ({"until": "2026-11-05", "skip_dates": ["2026-11-02", "2026-11-05"]}, "skip_dates",
         "every date of the cadence is skipped"),
        ({"start": "soon"}, "start", "invalid date 'soon'"),
        ({"skip_dates": ["2026-02-30"]}, "skip_dates", "invalid date"),
        ({"cron": "* * * * *"}, "cadence", "unknown field 'cron'"),
    ],
)  # fmt: skip
def test_q3_a_cadence_that_cannot_be_planned_names_the_field(
    change: dict[str, Any], field: str, sentence: str
) -> None:
    """No day, unknown zone, skip dates that leave nothing, an end before the start."""
    with pytest.raises(InvalidInput, match=sentence) as refused:
        cadence(**change)

    assert field == refused.value.where


def test_q3_a_cadence_is_stored_in_order_and_read_back_the_same() -> None:
    """Days in the order of the week, times ascending, without duplicates."""
    wanted = cadence(days=["th", "MO", "MO"], times=["18:00", "06:00"], skip_dates=["2026-12-24"])

    config = as_config(wanted)

    assert ["MO", "TH"] == config["days"]
    assert ["06:00", "18:00"] == config["times"]
    assert wanted == cadence_of(config, zones=zone_names(), today=TODAY)
    assert "FREQ=WEEKLY;BYDAY=MO,TH" == rrule(wanted)
    assert "Monday and Thursday at 06:00 and 18:00 (Europe/Rome)" == in_words(wanted)


def test_q3_skipped_dates_and_dates_outside_the_span_have_no_slot() -> None:
    """Start and end are inclusive."""
    wanted = cadence(start="2026-11-23", until="2026-12-03", skip_dates=["2026-11-26"])

    slots = slots_between(
        wanted,
        ZoneInfo("Europe/Rome"),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )

    expected = [date(2026, 11, 23), date(2026, 11, 30), date(2026, 12, 3)]
    assert expected == [slot.local_date for slot in slots]


def test_q6_only_slots_that_differ_are_replaced() -> None:
    """A correct slot keeps its id; a moved time or another zone replaces the slot."""
    first, second = (
        Slot(date(2026, 12, day), time(6), 0, datetime(2026, 12, day, 5, tzinfo=UTC))
        for day in (3, 7)
    )
    same = PendingSlot(uuid4(), first.local_date, time(6), 0, first.slot_at, "Europe/Rome")
    moved = PendingSlot(
        uuid4(), second.local_date, time(7), 0, datetime(2026, 12, 7, 6, tzinfo=UTC), "Europe/Rome"
    )

    change = difference([first, second], [same, moved], "Europe/Rome")

    assert ((second,), (moved,), (same,)) == (change.add, change.remove, change.kept)
    assert 2 == len(difference([first, second], [same, moved], "Europe/Vienna").remove)


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def overdue(*hours: int) -> list[Overdue]:
    return [Overdue(UUID(int=hour), NOW - timedelta(hours=hour)) for hour in hours]


@pytest.mark.parametrize(
    ("policy", "limit", "hours", "expected"),
    [
        ("run_latest", None, (72, 48, 30), (48, 72)),
        ("run_latest", None, (72, 48, 3), (48, 72)),
        ("run_latest", None, (3, 2, 1), ()),
        ("run_all", None, (72, 48, 30), ()),
        ("run_all", 2, (96, 72, 48, 30, 3), (72, 96)),
        ("skip", None, (72, 30, 3), (30, 72)),
        ("skip", None, (24,), ()),
    ],
)
def test_q7_the_policy_says_which_missed_slots_still_run(
    policy: str, limit: int | None, hours: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    """A slot that is up to 24 hours late runs; after that the policy decides."""
    ended = missed(overdue(*hours), NOW, policy=policy, limit=limit)

    assert sorted(expected) == sorted(slot_id.int for slot_id in ended)


@given(
    hours=st.lists(st.integers(0, 500), unique=True, max_size=30),
    policy=st.sampled_from(["run_latest", "run_all", "skip"]),
    limit=st.none() | st.integers(1, 10),
)
def test_q7_no_policy_ends_a_slot_that_is_only_late_or_runs_more_than_it_allows(
    hours: list[int], policy: str, limit: int | None
) -> None:
    """Every slot runs or is ended; none is lost."""
    slots = overdue(*hours)
    ended = set(missed(slots, NOW, policy=policy, limit=limit))
    running = [slot for slot in slots if slot.slot_id not in ended]
    too_late = [slot for slot in running if slot.slot_at < NOW - timedelta(hours=24)]

    assert len(slots) == len(running) + len(ended)
    assert all(slot.slot_at < NOW - timedelta(hours=24) for slot in slots if slot.slot_id in ended)
    most = {"run_latest": 1, "run_all": len(slots) if limit is None else limit, "skip": 0}[policy]
    assert len(too_late) <= most
