from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from random import Random

import pytest

from wavehouse.kernel.reference import countries, networks
from wavehouse.simulation import Settings, simulate
from wavehouse.simulation.adapters import files, world
from wavehouse.simulation.rules.audience import APPS, COUNTRIES, FARMS
from wavehouse.simulation.rules.scenes_filters import WATCH
from wavehouse.simulation.rules.shows import ordinary_shows
from wavehouse.simulation.service.conversions import conversions
from wavehouse.simulation.service.people import population
from wavehouse.simulation.service.tally import Tally
from wavehouse.simulation.service.traffic import OFFICE_AGENTS, Traffic
from wavehouse.simulation.types import Campaign

SETTINGS = Settings(5, 150, 40, date(2026, 11, 19))
SHOWS = ordinary_shows(SETTINGS)


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    """The traffic of a small crowd."""
    return Traffic.of(SETTINGS, SHOWS, population(SETTINGS, SHOWS), Tally(SETTINGS, ()))


def test_a_day_is_a_stream(traffic: Traffic) -> None:
    """Requests are generated one by one, on demand."""
    traffic.tally.open_day(0)
    day = traffic.day(0)
    assert isinstance(day, Iterator)
    assert 0 == sum(traffic.tally.filtered.values())
    assert sum(1 for _ in day) > 50


def test_every_ordinary_request_is_inside_its_day(traffic: Traffic) -> None:
    """Sessions end in the UTC day in which they began."""
    for index in range(5):
        traffic.tally.open_day(index)
        assert all(0 <= request.second < 86_400 for request in traffic.day(index))


def test_a_busy_office_is_no_excess() -> None:
    """R18: an office with many eager people has few user agents a day; the others are at home."""
    crowd = population(SETTINGS, SHOWS)
    crowd.people = [
        replace(person, office="192.0.2.1", zeal=20.0) for person in crowd.people for _ in range(9)
    ]
    traffic = Traffic.of(SETTINGS, SHOWS, crowd, Tally(SETTINGS, ()))
    most = 0
    for index in range(5):
        traffic.tally.open_day(index)
        requests = [r for r in traffic.day(index) if r.address == "192.0.2.1"]
        most = max(most, len({r.agent for r in requests if r.agent != WATCH}))
    assert most == OFFICE_AGENTS


def test_longer_periods_hold_no_more_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five times the lines need hardly more memory: a chunk, the people and their keys."""
    monkeypatch.setattr(files, "CHUNK_LINES", 200)
    simulate(Settings(1, 60, 60, date(2026, 11, 19)), tmp_path / "warm")  # the lists are kept
    peaks, lines = [], []
    for days in (12, 60):
        tracemalloc.start()
        truth = simulate(Settings(1, 60, days, date(2026, 11, 19)), tmp_path / str(days))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        lines.append(truth["lines"])
    assert lines[1] > 4 * lines[0]
    assert peaks[1] < 2 * peaks[0]


@pytest.mark.parametrize("country", [code for code, _, _ in COUNTRIES])
def test_consumers_live_in_their_country_and_in_no_list(country: str) -> None:
    """R17: an address that must count is outside all ranges of data centres, VPNs and relays."""
    dice = Random(3)
    for _ in range(30):
        number = int(ip_address(world.consumer4(dice, country)))
        assert (country, None) == (
            countries().lookup(number, 4), networks().classify(number, 4)
        )  # fmt: skip
        network = world.consumer6(dice, country)
        assert (country, None) == (
            countries().lookup(network, 6), networks().classify(network, 6)
        )  # fmt: skip


def test_listed_addresses_are_in_their_list() -> None:
    """R17: a filtered address is in the list that filters it."""
    dice = Random(4)
    for network_class in ("datacenter", "vpn", "relay"):
        for _ in range(30):
            address, country = world.listed4(dice, network_class)
            number = int(ip_address(address))
            assert network_class == networks().classify(number, 4)
            assert country == countries().lookup(number, 4)


def test_r04_hosts_of_one_network_share_their_first_64_bits() -> None:
    """The short and the long spelling of a host are both in the /64."""
    dice = Random(5)
    network = world.consumer6(dice, "IT")
    for host in (world.host6, world.host6_plain):
        text = {host(network, dice) for _ in range(20)}
        assert 20 == len(text)
        assert {network} == {int(IPv6Address(t)) >> 64 for t in text}


def test_each_app_is_one_name_of_the_list() -> None:
    """All user agents of an app have one name in the list; shares add up to one."""
    for app in APPS:
        assert 1 == len({world.app_of(agent) for agent in app.agents} - {"Unknown"})
    assert 1 == pytest.approx(sum(app.share for app in APPS))
    assert set(FARMS) <= set(world.bots())


def test_at02_a_shop_repeats_orders_and_each_counts_once() -> None:
    """One shop's orders have as many different numbers as there are conversions."""
    campaign = _campaign()
    shop = conversions(SETTINGS, (campaign,))
    inside = [r for r in shop.rows if r.order_id.isdigit() and r.conversion_value >= 0]
    assert shop.by_campaign["one"] == len({row.order_id for row in inside}) == 200
    assert shop.duplicates == len(inside) - 200 > 0


def test_at02_refunds_name_their_order_and_are_no_conversions() -> None:
    """Each negative row refunds an earlier order with its number; revenue is the difference."""
    shop = conversions(SETTINGS, (_campaign(),))
    sold = {r.order_id: r for r in shop.rows if r.conversion_value > 0}
    refunds = [r for r in shop.rows if r.conversion_value < 0]
    assert shop.refunds == len(refunds) > 0
    for row in refunds:
        assert sold[row.order_id].conversion_value == -row.conversion_value
    kept = sum(r.conversion_value for r in sold.values() if r.order_id.isdigit())
    assert shop.revenue["one"] == kept + sum(r.conversion_value for r in refunds)


def test_at05_codes_are_typed_in_many_ways_inside_their_days() -> None:
    """Case, spaces and full-width letters; before the flight or after the grace is unmatched."""
    campaign = _campaign()
    shop = conversions(SETTINGS, (campaign,))
    ours = [r for r in shop.rows if r.order_id.isdigit()]
    assert len({row.promo_code for row in ours}) >= 4
    for row in ours:
        assert campaign.start <= row.occurred_at.date() <= campaign.last_redemption
    outside = [r for r in shop.rows if r.order_id.startswith(("early", "late"))]
    assert {"early", "late"} == {r.order_id.split("-")[0] for r in outside}
    for row in outside:
        day = row.occurred_at.date()
        assert day < campaign.start or day > campaign.last_redemption
    assert all(SETTINGS.first_day <= r.occurred_at.date() <= SETTINGS.until for r in shop.rows)


def _campaign() -> Campaign:
    from decimal import Decimal

    return Campaign(
        "one", {"name": "One"}, SHOWS[0].guid, "One", "completed", date(2026, 10, 15),
        date(2026, 10, 28), Decimal(100), Decimal(1), 10, (), "ONE10", 200, Decimal(30),
    )  # fmt: skip
