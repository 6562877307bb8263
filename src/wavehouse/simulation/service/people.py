"""The people of a simulation: location, devices, subscriptions and eagerness.

They are kept in memory, as they are few compared with their requests (about 1 per 100 lines of a
period).
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from wavehouse.simulation.adapters import world
from wavehouse.simulation.rules.audience import APPS, COUNTRIES, LISTENING_HOURS, WEB
from wavehouse.simulation.types import Settings, Show

OFFICE_SIZE = 25
OFFICE_LARGEST = 60
"""An office must not look like R18's excess: it has at most a third of these agents a day."""
_APP_SHARES = list(accumulate(app.share for app in APPS))
_COUNTRY_SHARES = list(accumulate(share for _, share, _ in COUNTRIES))


@dataclass(frozen=True, slots=True)
class Device:
    """A user agent, its app in the reference list, and how it fetches."""

    agent: str
    app: str
    streams: bool
    probes: bool


@dataclass(slots=True)
class Person:
    """One person. ``network`` is an IPv6 /64, in which every session has a different address."""

    country: int
    address: str
    network: int
    place: str
    devices: tuple[Device, ...]
    shows: tuple[int, ...]
    zeal: float
    office: str
    watch: bool


@dataclass(slots=True)
class Population:
    """All people, and their shared data."""

    people: list[Person]
    carriers: list[list[str]]
    hours: list[list[int]]


def population(settings: Settings, shows: tuple[Show, ...]) -> Population:
    """Draw all people. Two people may share an address and an agent: then they are one listener."""
    dice = Random(f"{settings.seed}/people")
    offices: dict[int, list[str]] = {}
    crews: Counter[str] = Counter()
    people = [_person(dice, number, shows, offices, crews) for number in range(settings.people)]
    carriers = [
        [world.consumer4(dice, code) for _ in range(max(40, int(settings.people * share / 8)))]
        for code, share, _ in COUNTRIES
    ]
    return Population(people, carriers, [_local_hours(offset) for _, _, offset in COUNTRIES])


def _person(
    dice: Random,
    number: int,
    shows: tuple[Show, ...],
    offices: dict[int, list[str]],
    crews: Counter[str],
) -> Person:
    country = bisect(_COUNTRY_SHARES, dice.random() * _COUNTRY_SHARES[-1])
    code = COUNTRIES[country][0]
    network = world.consumer6(dice, code) if dice.random() < 0.35 else 0
    address = "" if network else world.consumer4(dice, code)
    devices: tuple[Device, ...] = (
        _device(dice, bisect(_APP_SHARES, dice.random() * _APP_SHARES[-1])),
    )
    if dice.random() < 0.08:
        devices = (*devices, _device(dice, WEB))
    taken = tuple(i for i, show in enumerate(shows) if dice.random() < 0.9 * show.weight)
    office = ""
    if dice.random() < 0.1:
        known = offices.setdefault(country, [])
        full = not known or crews[known[-1]] >= OFFICE_LARGEST
        if full or dice.random() < 1 / OFFICE_SIZE:
            known.append(world.consumer4(dice, code))
        office = known[-1]
        crews[office] += 1
    return Person(
        country, address, network, f"6:{network:x}" if network else address, devices,
        taken or (number % len(shows),), 0.4 + 1.2 * dice.random(), office,
        devices[0].app == "Apple Podcasts" and dice.random() < 0.12,
    )  # fmt: skip


def _device(dice: Random, index: int) -> Device:
    return dice.choice(_devices(index))


@cache
def _devices(index: int) -> tuple[Device, ...]:
    """The devices of an app, shared by its people: an agent does not identify a person."""
    app = APPS[index]
    return tuple(Device(a, world.app_of(a), app.streams, app.probes) for a in app.agents)


def _local_hours(offset: int) -> list[int]:
    """UTC hours, each as often as people with that offset start to listen in it."""
    return [
        (hour - offset) % 24 for hour, weight in enumerate(LISTENING_HOURS) for _ in range(weight)
    ]
