"""Ordinary traffic: a day's sessions as requests, with their expected outcomes.

A session is planned completely, so its outcome is known before it is written. A unit (listener key,
day, episode) left below the threshold gets no more requests that day, so that two sessions cannot
add up to an unplanned download.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from wavehouse.simulation.adapters import world
from wavehouse.simulation.rules.audience import (
    APPS,
    BACK_CATALOGUE,
    COUNTRIES,
    FARMS,
    FRESH,
    GROWTH,
    WEEK,
)
from wavehouse.simulation.rules.scenes_filters import WATCH
from wavehouse.simulation.service.people import Device, Person, Population
from wavehouse.simulation.service.tally import Tally
from wavehouse.simulation.service.visits import Visit, fetch, stream
from wavehouse.simulation.types import Episode, Rendition, Request, Settings, Show

RELEASE_SECOND = 16_200
"""Episodes are published at 04:30 UTC; nobody listens before."""
OFFICE_AGENTS = 15
"""User agents of an office on a day: with more than 20 it would be an excess (R18)."""


@dataclass(slots=True)
class Traffic:
    """The days of all people."""

    settings: Settings
    shows: tuple[Show, ...]
    crowd: Population
    tally: Tally
    _dice: Random
    _units: dict[tuple[str, str], bool]
    _offices: dict[str, set[str]]
    _catalogue: list[list[Episode]]
    _fresh: list[list[tuple[float, int, Episode]]]
    _bad_addresses: list[str]
    _vpn_addresses: list[tuple[str, str]]

    @classmethod
    def of(
        cls, settings: Settings, shows: tuple[Show, ...], crowd: Population, tally: Tally
    ) -> Traffic:
        """Traffic to these shows by these people."""
        dice = Random(f"{settings.seed}/networks")
        bad = [world.listed4(dice, "datacenter")[0] for _ in range(120)]
        vpn = [world.listed4(dice, "vpn") for _ in range(60)]
        return cls(settings, shows, crowd, tally, dice, {}, {}, [], [], bad, vpn)

    def day(self, index: int) -> Iterator[Request]:
        """The requests of a day, person by person, not in time order."""
        day = self.settings.first_day + timedelta(days=index)
        self._dice = dice = Random(f"{self.settings.seed}/day/{index}")
        self._units, self._offices = {}, {}
        self._catalogue, self._fresh = [], []
        for show in self.shows:
            ages = [((day - e.published.date()).days, e) for e in show.episodes]
            self._catalogue.append([e for age, e in ages if age > 0])
            self._fresh.append([(FRESH[a], a, e) for a, e in ages if 0 <= a < len(FRESH)])
        week = WEEK[day.weekday()] * (0.9 + GROWTH * index / self.settings.days)
        weekday = day.weekday() < 5
        out: list[Request] = []
        for person in self.crowd.people:
            zeal = person.zeal * week
            for number in person.shows:
                for chance, age, episode in self._fresh[number]:
                    if dice.random() < chance * zeal:
                        self._session(out, person, episode, age, weekday)
            if dice.random() < BACK_CATALOGUE * zeal:
                shelf = self._catalogue[person.shows[int(dice.random() * len(person.shows))]]
                # Newer episodes are chosen more often: the square of a uniform number.
                episode = shelf[-1 - int(dice.random() ** 2 * len(shelf))]
                self._session(out, person, episode, 1, weekday)
            if out:
                yield from out
                out.clear()
        yield from self._machines()

    def _session(
        self, out: list[Request], person: Person, episode: Episode, age: int, weekday: bool
    ) -> None:
        dice = self._dice
        device = person.devices[0]
        if len(person.devices) > 1 and dice.random() < 0.35:
            device = person.devices[1]
        hours = self.crowd.hours[person.country]
        second = hours[int(dice.random() * len(hours))] * 3600 + int(dice.random() * 3600)
        if age == 0 and second < RELEASE_SECOND:
            second += RELEASE_SECOND
        country = COUNTRIES[person.country][0]
        chance = dice.random()
        if chance < 0.008:
            address, country = self._vpn_addresses[int(dice.random() * len(self._vpn_addresses))]
            who = f"{address}|{device.agent}"
            Visit(out, address, device.agent, country, second, who).ask(episode.media, "200")
            self.tally.filtered["vpn"] += 1
            return
        if chance < 0.25:
            carrier = self.crowd.carriers[person.country]
            address_of = address = carrier[int(dice.random() * len(carrier))]
        elif weekday and 25_000 < second < 64_000 and self._has_room(person.office, device.agent):
            address_of = address = person.office
        elif person.network:
            address_of, address = person.place, world.host6_plain(person.network, dice)
        else:
            address_of = address = person.address
        who = f"{address_of}|{device.agent}"
        visit = Visit(out, address, device.agent, country, second, who)
        self._listen(visit, who, person, device, episode)

    def _has_room(self, office: str, agent: str) -> bool:
        """True for an office where one more user agent that day is no excess (R18)."""
        seen = self._offices.setdefault(office, set())
        if not office or (len(seen) >= OFFICE_AGENTS and agent not in seen):
            return False
        seen.add(agent)
        return True

    def _listen(
        self, visit: Visit, key: str, person: Person, device: Device, episode: Episode
    ) -> None:
        """Play or fetch an episode, unless that could make the unit's outcome ambiguous."""
        unit = (key, episode.guid)
        before = self._units.get(unit)
        if before is False:
            return
        mark = len(visit.out)
        reached = (stream if device.streams else fetch)(visit, episode, self._dice)
        if not reached:
            if before is None:
                self._units[unit] = False
                self.tally.outcomes["below_threshold"] += len(visit.out) - mark
            return  # a unit that counts already also absorbs small requests
        if before is None:
            self._units[unit] = True
            self.tally.download(episode.guid, device.app, visit.country, key)
        self._afterwards(visit, person, device, episode)

    def _afterwards(self, visit: Visit, person: Person, device: Device, episode: Episode) -> None:
        """Requests after a download: again, a check, a watch, a probe. None of them counts."""
        dice, file, filtered = self._dice, episode.media, self.tally.filtered
        chance = dice.random()
        if chance < 0.04:
            visit.ask(file, "200", after=1800 + int(dice.random() * 7000))
        elif chance < 0.07:
            visit.ask(file, "304", after=3600, sent=0)
            filtered["not_modified"] += 1
        elif chance < 0.12:
            visit.ask(file, "200", sent=0, method="HEAD", seen=False)
            filtered["bad_method"] += 1
        elif chance < 0.13:
            visit.ask(file, "503", sent=0)
            filtered["bad_status"] += 1
        elif chance < 0.25 and device.probes:
            visit.ask(file, "206", first=0, last=1, seen=False)
            filtered["probe_range"] += 1
        if person.watch and device is person.devices[0]:
            visit.agent = WATCH
            visit.ask(file, "200", after=240, seen=False)
            filtered["watch"] += 1

    def _machines(self) -> Iterator[Request]:
        """Bots, data centres, empty agents and unknown paths, about one request in thirty."""
        dice, out, filtered = self._dice, list[Request](), self.tally.filtered
        farm = [agent for name in FARMS for agent in world.bots()[name]]
        lost = Rendition("", "media.lalanterna.example", "/favicon.ico", "text/html", 153, 0, 0, 0)
        for _ in range(1 + self.settings.people // 30):
            index = int(dice.random() * len(self.shows))
            episode = self._catalogue[index][-1 - int(dice.random() * 3)]
            address = self._bad_addresses[int(dice.random() * len(self._bad_addresses))]
            second, chance = int(dice.random() * 86_400), dice.random()
            visit = Visit(out, address, "", "US", second)
            if chance < 0.7:
                visit.agent = farm[int(dice.random() * len(farm))]
                visit.ask(episode.media, "200")
                filtered["bot"] += 1
            elif chance < 0.85:
                visit.agent = dice.choice(APPS[0].agents)
                visit.who = f"{address}|{visit.agent}"
                visit.ask(episode.media, "200")
                filtered["datacenter"] += 1
            elif chance < 0.92:
                visit.ask(episode.media, "200")
                filtered["empty_agent"] += 1
            else:
                visit.agent = "Mozilla/5.0 (compatible; AhrefsBot/7.0; http://ahrefs.com/robot/)"
                visit.ask(lost, "404")
                filtered["unknown_path"] += 1
            yield from out
            out.clear()
