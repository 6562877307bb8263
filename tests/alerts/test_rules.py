"""The rules of alerts: when each fires, its threshold, and its text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from wavehouse.alerts import RULES, RuleName, rules
from wavehouse.kernel import settings
from wavehouse.kernel.ids import PodcastId, named
from wavehouse.measurement import (
    QuietSource,
    RequestShares,
    RollupPasses,
    WaitingWork,
    WeeklyDownloads,
)

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
SHOW = PodcastId(named("tests", "show"))


def at(hour: int, minute: int = 0, day: int = 10) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_every_threshold_is_a_setting_that_exists() -> None:
    """Every rule also has a title, a unit and advice."""
    known = {option.name for option in settings.OPTIONS}

    assert set(RuleName) == set(RULES)
    assert {rule.setting for rule in RULES.values()} - known == {None}
    assert all(rule.title and rule.unit and rule.advice for rule in RULES.values())


@pytest.mark.parametrize(("minutes", "firing"), [(0, False), (60, False), (61, True)])
def test_figures_are_late_after_an_hour(minutes: int, firing: bool) -> None:
    """Measured from the time of the oldest stored request that is not yet in a figure."""
    since = NOON - timedelta(minutes=minutes)
    seen = rules.figures_late(WaitingWork(since, None), now=NOON, limit=60)

    assert (minutes, firing) == (seen.value, seen.firing)


def test_nothing_that_waits_is_no_delay() -> None:
    """A clock behind the server's does not change that."""
    assert 0 == rules.figures_late(WaitingWork(None, None), now=NOON, limit=60).value
    future = WaitingWork(NOON + timedelta(minutes=5), None)
    assert 0 == rules.figures_late(future, now=NOON, limit=60).value


@pytest.mark.parametrize(
    ("since", "now", "firing"),
    [
        (at(23, day=9), at(1, 59), False),  # it is not 02:00 yet
        (at(23, day=9), at(2), True),
        (at(1, 30), at(2, 1), True),
        (at(2, 30), at(9), False),  # yesterday's log arrived late: the rule figures_late covers it
        (None, at(9), False),
    ],
)
def test_daily_rollups_are_due_at_two(since: datetime | None, now: datetime, firing: bool) -> None:
    """The rule covers requests stored before 02:00 for days that have ended."""
    seen = rules.daily_rollups_late(WaitingWork(since, since), now=now, by_hour=2)

    assert firing == seen.firing


def test_a_rollup_is_slow_above_its_limit() -> None:
    """The longest pass of a day counts; without a pass the rule does not fire."""
    none = rules.rollup_slow(RollupPasses(0, None, None, None), limit=15)
    slow = RollupPasses(3, timedelta(minutes=16), timedelta(minutes=20), NOON)

    assert (None, False) == (none.value, none.firing)
    assert (16, True) == (
        rules.rollup_slow(slow, limit=15).value,
        rules.rollup_slow(slow, limit=15).firing,
    )


def test_a_quiet_source_is_named() -> None:
    """Each quiet source has an alert; without any, the rule reports that all is well."""
    quiet = QuietSource("/logs/cdn/", "combined", NOON - timedelta(hours=30))
    (seen,) = rules.sources_quiet([quiet], now=NOON, limit=24)
    (fine,) = rules.sources_quiet([], now=NOON, limit=24)

    assert (True, "/logs/cdn/ combined", 30) == (seen.firing, seen.subject, seen.value)
    assert "no log has come from /logs/cdn/ (combined) for 30 hours" == seen.message
    assert not fine.firing


@pytest.mark.parametrize(
    ("candidates", "unknown", "firing"),
    [(1000, 201, True), (1000, 200, False), (99, 99, False), (100, 100, True), (0, 0, False)],
)
def test_a_share_of_unknown_files_fires_above_its_limit_and_a_least_number(
    candidates: int, unknown: int, firing: bool
) -> None:
    """The share of requests that count, or would count if their file were known."""
    requests = RequestShares(24, candidates, candidates, unknown, 0)
    first, _ = rules.shares(requests, unknown_limit=20, bad_ip_limit=30, least=100)

    assert firing == first.firing


@pytest.mark.parametrize(("bad", "firing"), [(300, False), (301, True)])
def test_a_share_of_machines_fires_above_its_limit(bad: int, firing: bool) -> None:
    """The share of all requests."""
    requests = RequestShares(24, 1000, 700, 0, bad)
    _, second = rules.shares(requests, unknown_limit=20, bad_ip_limit=30, least=100)

    assert firing == second.firing


@pytest.mark.parametrize(
    ("before", "last", "firing"), [(100, 59, True), (100, 60, False), (99, 0, False)]
)
def test_downloads_that_fall_by_two_fifths_are_an_alert(
    before: int, last: int, firing: bool
) -> None:
    """Compared week by week; shows with fewer downloads than the minimum are left out."""
    weeks = [WeeklyDownloads(SHOW, last, before, date(2026, 11, 9))]
    (seen,) = rules.downloads_falling(weeks, {SHOW: "Harbour"}, limit=40, least=100)

    assert firing == seen.firing
    assert ("Harbour" in seen.message) == (before >= 100)


def test_an_email_says_what_happened_and_what_to_do() -> None:
    """The text has a sentence, the next step and the page; a resolution has no next step."""
    rule = RULES[RuleName.FEED_FAILING]
    subject, text = rules.email_text(
        'the feed of "Harbour" is gone', rule, resolved=False, address="https://pod.example"
    )
    assert "Alert: A feed cannot be read" == subject
    assert text.startswith(
        'The feed of "Harbour" is gone.\n\nOpen the address; wavehouse feeds list'
    )
    assert "https://pod.example/alerts" in text

    subject, text = rules.email_text("x", rule, resolved=True, address="https://pod.example")
    assert ("Resolved: A feed cannot be read", True) == (subject, "resolved by itself" in text)
