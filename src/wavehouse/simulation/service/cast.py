"""The people who play the rules' scenes, each with a unique address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from wavehouse.kernel.reference import NetworkClass
from wavehouse.simulation.adapters import world
from wavehouse.simulation.rules.audience import APPS, COUNTRIES
from wavehouse.simulation.types import Listener

_AGENTS = tuple(agent for app in APPS for agent in app.agents)


@dataclass(slots=True)
class Company:
    """Draws listeners with one dice; implements the stage's ``Cast``."""

    dice: Random
    _given: set[str] = field(default_factory=set)
    _networks: dict[str, int] = field(default_factory=dict)

    def listener(self, agent: str | None = None) -> Listener:
        """A listener with a separate IPv4 address."""
        country = self._country()
        address = self._fresh(lambda: world.consumer4(self.dice, country))
        return self._with_agent(address, country, address, agent)

    def listener6(self, agent: str | None = None) -> Listener:
        """A listener in a separate IPv6 /64."""
        country = self._country()
        network = 0
        while not network or str(network) in self._given:
            network = world.consumer6(self.dice, country)
        self._given.add(str(network))
        key = f"6:{network:x}"
        self._networks[key] = network
        return self._with_agent(world.host6(network, self.dice), country, key, agent)

    def neighbour(self, listener: Listener) -> Listener:
        """Another host of the same /64: by R04 the same listener."""
        network = self._networks[listener.key.partition("|")[0]]
        return listener._replace(address=world.host6(network, self.dice))

    def datacentre(self) -> Listener:
        """An ordinary user agent in a data centre."""
        return self._listed("datacenter")

    def vpn(self) -> Listener:
        """An ordinary user agent behind a VPN."""
        return self._listed("vpn")

    def relay(self) -> Listener:
        """A person behind a privacy relay."""
        return self._listed("relay")

    def agents(self, count: int) -> list[tuple[str, str]]:
        """A number of different user agents, each with its app."""
        return [(agent, world.app_of(agent)) for agent in self.dice.sample(_AGENTS, count)]

    def bot(self) -> str:
        """The user agent of a known bot."""
        names = sorted(world.bots())
        return self.dice.choice(world.bots()[self.dice.choice(names)])

    def _country(self) -> str:
        return self.dice.choice(COUNTRIES)[0]

    def _fresh(self, draw: Callable[[], str]) -> str:
        address = draw()
        while address in self._given:
            address = draw()
        self._given.add(address)
        return address

    def _listed(self, network_class: NetworkClass) -> Listener:
        country = ""

        def draw() -> str:
            nonlocal country
            address, country = world.listed4(self.dice, network_class)
            return address

        address = self._fresh(draw)
        return self._with_agent(address, country, address, None)

    def _with_agent(self, address: str, country: str, location: str, agent: str | None) -> Listener:
        chosen = self.dice.choice(_AGENTS) if agent is None else agent
        app = world.app_of(chosen) if chosen else ""
        return Listener(address, chosen, app, country, f"{location}|{chosen}")
