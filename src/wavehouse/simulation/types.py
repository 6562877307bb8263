"""Data types of the simulation: settings, shows, listeners, requests and expectations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

UNSEEN = frozenset({"not_modified", "bad_status", "datacenter", "vpn"})
"""Reasons that a redirect's log cannot show: the response came later, the address is a hash."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a simulation: equal settings give equal bytes."""

    seed: int
    people: int
    days: int
    until: date
    format: str = "cloudfront"
    shows: int = 3
    rules_apart: bool = False
    """Whether the rules' show and its log lines go into a separate folder, ``rules``."""

    @property
    def first_day(self) -> date:
        """The first UTC day of the period."""
        return self.until - timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True)
class Rendition:
    """One media file: its address in the feed, its path on the server, and its sizes.

    An HLS rendition is its playlist; the segments are separate files.
    """

    url: str
    host: str
    path: str
    kind: str
    bytes: int
    header_bytes: int
    duration_ms: int
    threshold: int
    segments: tuple[Rendition, ...] = ()


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode of an invented show, with the files that a listener may request."""

    guid: str
    number: int
    title: str
    summary: str
    published: datetime
    media: Rendition
    alternates: tuple[Rendition, ...] = ()

    @property
    def renditions(self) -> tuple[Rendition, ...]:
        """The enclosure and every alternateEnclosure."""
        return (self.media, *self.alternates)


@dataclass(frozen=True, slots=True)
class Show:
    """An invented show."""

    key: str
    guid: str
    title: str
    author: str
    description: str
    category: str
    language: str
    site: str
    people: tuple[tuple[str, str], ...]
    episodes: tuple[Episode, ...]
    weight: float = 1.0


class Listener(NamedTuple):
    """An address and user agent, and the expected result of a correct counter.

    ``key`` is the listener key by construction: listeners with the same key are the same listener.
    """

    address: str
    agent: str
    app: str
    country: str
    key: str

    def with_agent(self, agent: str, app: str) -> Listener:
        """Another user agent behind the same address: another listener."""
        address = self.key.partition("|")[0]
        return self._replace(agent=agent, app=app, key=f"{address}|{agent}")


class Request(NamedTuple):
    """One request as seen by a server. ``first``/``last`` are the Content-Range, -1 when none.

    ``who`` is the listener's key, empty when even a redirect's log shows a reason to filter.
    """

    second: int
    address: str
    agent: str
    country: str
    method: str
    host: str
    path: str
    query: str
    status: str
    asked: str
    first: int
    last: int
    size: int
    sent: int
    kind: str
    who: str = ""
    referer: str = ""


class Staged(NamedTuple):
    """A request of a scene: its day (0 or 1), how often it is written, and whether out of order."""

    day: int
    request: Request
    copies: int
    shuffled: bool


class Expected(NamedTuple):
    """A download that a correct counter finds."""

    day: int
    guid: str
    second: int
    listener: Listener


@dataclass(frozen=True, slots=True)
class Campaign:
    """A sponsor's flight on a show, with the code that its listeners enter."""

    key: str
    sponsor: dict[str, str]
    podcast_guid: str
    name: str
    status: str
    start: date
    end: date
    value: Decimal
    margin: Decimal
    guaranteed_impressions: int
    episode_guids: tuple[str, ...]
    code: str
    orders: int
    basket: Decimal
    grace_days: int = 14

    @property
    def last_redemption(self) -> date:
        """The last day on which the code still counts."""
        return self.end + timedelta(days=self.grace_days)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a simulation."""

    day: int
    days: int
    lines: int
