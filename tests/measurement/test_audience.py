"""Audiences of a stated period: distinct over the whole of it, or not computable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from click.testing import CliRunner
from tests import acting

from wavehouse import measurement
from wavehouse.measurement import cli

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def opened(desk: Any) -> Any:
    """The open workspace, as every command gets it."""

    @contextmanager
    def workspace() -> Iterator[Any]:
        yield desk.place

    return workspace


def seen(desk: Any, first: date, last: date) -> measurement.Audience:
    return acting.operational(desk.place, measurement.audience, first=first, last=last)


def test_r43_who_hears_two_episodes_on_two_days_is_one_listener(desk: Any, hit: Any) -> None:
    """The total is of people: it is smaller than the sum of episodes, and is labelled so."""
    two = hit.but(path="/two.mp3")
    desk.judge(
        hit.but(at=NOON),
        two.but(at=NOON + timedelta(hours=1)),
        hit.but(at=NOON - timedelta(days=1)),
        hit.but(at=NOON, ip="198.51.100.77"),
    )

    found = seen(desk, date(2026, 11, 17), date(2026, 11, 18))

    assert 2 == found.total
    assert [2] == [line.listeners for line in found.shows]
    assert {"Episode one": 2, "Episode two": 1} == {e.label: e.listeners for e in found.episodes}
    done = CliRunner().invoke(
        cli.audience, ["--from", "2026-11-17", "--to", "2026-11-18", "--json"], obj=opened(desk)
    )
    told = json.loads(done.stdout)
    assert (2, False) == (told["listeners"], told["additive"])


def test_r43_six_agents_behind_one_address_are_six_consumers(desk: Any, hit: Any) -> None:
    """Address and user agent identify a listener, as for downloads (R33)."""
    agents = [f"Pocket Casts/7.{number}" for number in range(6)]
    desk.judge(*(hit.but(at=NOON, agent=agent) for agent in agents))

    assert 6 == seen(desk, date(2026, 11, 18), date(2026, 11, 18)).total


def test_r44_two_adjacent_months_are_one_period_and_three_are_not(desk: Any, hit: Any) -> None:
    """Across one month's end a listener is known by the older key; across two, no sum is given."""
    october = datetime(2026, 10, 31, 12, tzinfo=UTC)
    september = datetime(2026, 9, 30, 12, tzinfo=UTC)
    desk.judge(hit.but(at=september), hit.but(at=october), hit.but(at=NOON))

    assert 1 == seen(desk, date(2026, 10, 1), date(2026, 11, 20)).total
    three = seen(desk, date(2026, 9, 1), date(2026, 11, 20))
    assert None is three.total
    assert {"2026-09": 1, "2026-10": 1, "2026-11": 1} == {
        month.member: month.listeners for month in three.months
    }
    told = CliRunner().invoke(
        cli.audience, ["--from", "2026-09-01", "--to", "2026-11-20"], obj=opened(desk)
    )
    assert "months cannot be added (R44)" in told.stderr


def test_r44_without_the_months_secret_it_is_not_computable(desk: Any, hit: Any) -> None:
    """Without the destroyed key there is no figure, rather than one that is too large."""
    desk.judge(hit.but(at=datetime(2026, 10, 31, 12, tzinfo=UTC)), hit.but(at=NOON))
    with desk.place.stores.operational.worker() as tx:
        tx.execute("UPDATE measurement.listener_events SET listener_key_prev = NULL")

    assert None is seen(desk, date(2026, 10, 1), date(2026, 11, 20)).total
    assert 1 == seen(desk, date(2026, 11, 1), date(2026, 11, 20)).total


def test_r43_a_period_without_downloads_has_no_listeners(desk: Any) -> None:
    """Zero is a known figure: no download was counted."""
    assert 0 == seen(desk, date(2026, 11, 1), date(2026, 11, 2)).total


def test_a_day_without_a_log_is_unknown_and_one_without_downloads_is_zero(
    desk: Any, hit: Any
) -> None:
    """Charts and reports draw the first as a gap: its figures are not zero."""
    at = [hit.at + timedelta(days=n) for n in range(-3, 1)]
    desk.tell(hit.but(at=at[0]), hit.but(at=at[1], status=404, size=100), hit.but(at=at[3]))

    days = acting.both(
        desk.place, measurement.days_with_data, first=at[0].date(), last=at[3].date()
    )

    assert {at[0].date(), at[1].date(), at[3].date()} == days
