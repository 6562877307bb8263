"""Addresses and user agents from the bundled reference lists, drawn with a given dice.

Addresses come from the country list itself, so the country of each is correct by construction; an
address in any network list (data centres, VPNs, relays) is never a consumer's.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address
from itertools import accumulate
from random import Random
from typing import Literal

from wavehouse.kernel.reference import (
    NetworkClass,
    agent_examples,
    agent_patterns,
    countries,
    networks,
)

Version = Literal[4, 6]


class _Pool:
    """Address ranges, drawn in proportion to their sizes."""

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        self._ranges = ranges
        self._ends = list(accumulate(last - first + 1 for first, last in ranges))

    def draw(self, dice: Random) -> int:
        """Any address of the pool."""
        point = int(dice.random() * self._ends[-1])
        first, last = self._ranges[bisect_right(self._ends, point)]
        return first + int(dice.random() * (last - first + 1))


@cache
def _country_pool(country: str, version: Version) -> _Pool:
    return _Pool(countries().ranges_of(country, version))


@cache
def _class_pool(network_class: NetworkClass) -> _Pool:
    return _Pool(networks().ranges_of(network_class, 4))


def consumer4(dice: Random, country: str) -> str:
    """An ordinary IPv4 address of a country."""
    pool = _country_pool(country, 4)
    while True:
        number = pool.draw(dice)
        if 0 < number & 255 < 255 and _ordinary(number, country, 4):
            return _dotted(number)


def consumer6(dice: Random, country: str) -> int:
    """The first 64 bits of an ordinary IPv6 network of a country."""
    pool = _country_pool(country, 6)
    while True:
        number = pool.draw(dice)
        if _ordinary(number, country, 6):
            return number


def _ordinary(number: int, country: str, version: Version) -> bool:
    ours = countries().lookup(number, version) == country
    return ours and networks().classify(number, version) is None and _public(number, version)


def _public(number: int, version: Version) -> bool:
    address = IPv4Address(number) if version == 4 else IPv6Address(number << 64)
    return address.is_global


def listed4(dice: Random, network_class: NetworkClass) -> tuple[str, str]:
    """An IPv4 address of a network class, and its country."""
    pool = _class_pool(network_class)
    while True:
        number = pool.draw(dice)
        country = countries().lookup(number, 4)
        if country and _public(number, 4):
            return _dotted(number), country


def _dotted(number: int) -> str:
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def host6(network: int, dice: Random) -> str:
    """Any host of a /64, in the short form used in logs."""
    return str(IPv6Address((network << 64) | dice.getrandbits(64) | 1))


def host6_plain(network: int, dice: Random) -> str:
    """Any host of a /64, formatted quickly: eight groups, not shortened."""
    tail = dice.getrandbits(64) | 1 << 60
    return (
        f"{network >> 48:x}:{network >> 32 & 65535:x}:{network >> 16 & 65535:x}:"
        f"{network & 65535:x}:{tail >> 48:x}:{tail >> 32 & 65535:x}:"
        f"{tail >> 16 & 65535:x}:{tail & 65535:x}"
    )


@lru_cache(maxsize=4096)
def app_of(agent: str) -> str:
    """The name of the list's first pattern that a user agent matches."""
    for entry in agent_patterns():
        # Compiling all 900 expressions of the list would take most of the time of a small
        # simulation.
        possible = not entry.needles or any(needle in agent for needle in entry.needles)
        if possible and re.search(entry.pattern, agent):
            return entry.name
    return "Unknown"


@cache
def bots() -> dict[str, tuple[str, ...]]:
    """The list's own examples of bots, by name, without the watch's, which R20 filters."""
    agents: dict[str, tuple[str, ...]] = {}
    for example in agent_examples():
        if example.kind == "bot" and "Watch" not in example.app and example.user_agent.isascii():
            agents[example.app] = (*agents.get(example.app, ()), example.user_agent)
    return agents
