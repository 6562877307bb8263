"""The truth as it grows: every expected download is entered once, where it is created."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from wavehouse.simulation.types import UNSEEN, Campaign, Request, Settings, Show
from wavehouse.simulation.writers import writer

AUDIENCE_DAYS = 28


@dataclass
class Tally:
    """Counts of a simulation. Listener keys are kept only for a day and for the last 28 days."""

    settings: Settings
    campaigns: tuple[Campaign, ...]
    shows: tuple[Show, ...] = ()
    lines: int = 0
    by_day: list[int] = field(default_factory=list)
    listeners_by_day: list[int] = field(default_factory=list)
    by_episode: Counter[str] = field(default_factory=Counter)
    by_app: Counter[str] = field(default_factory=Counter)
    by_country: Counter[str] = field(default_factory=Counter)
    filtered: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    impressions: Counter[str] = field(default_factory=Counter)
    hours: dict[str, Counter[str]] = field(default_factory=dict)
    audience: set[str] = field(default_factory=set)
    estimates: Counter[str] = field(default_factory=Counter)
    _sent_on: set[tuple[str, str]] = field(default_factory=set)
    _today: set[str] = field(default_factory=set)
    _carrying: dict[str, list[str]] = field(default_factory=dict)

    def open_day(self, index: int) -> None:
        """Start a UTC day."""
        day = self.settings.first_day + timedelta(days=index)
        self.by_day.append(0)
        self._today = set()
        self._carrying = self._campaigns_of(day)

    def _campaigns_of(self, day: date) -> dict[str, list[str]]:
        campaigns: dict[str, list[str]] = {}
        for campaign in self.campaigns:
            self.impressions.setdefault(campaign.key, 0)
            if campaign.start <= day <= campaign.end:
                for guid in campaign.episode_guids:
                    campaigns.setdefault(guid, []).append(campaign.key)
        return campaigns

    def download(self, guid: str, app: str, country: str, key: str) -> None:
        """Enter a download of the open day; a redirect's log does not prove any (R30)."""
        if writer(self.settings.format).redirects:
            return
        self.by_day[-1] += 1
        self.by_episode[guid] += 1
        self.by_app[app] += 1
        self.by_country[country] += 1
        self._today.add(key)
        for campaign in self._carrying.get(guid, ()):
            self.impressions[campaign] += 1

    def close_day(self) -> None:
        """Close the open day."""
        self.listeners_by_day.append(len(self._today))
        if len(self.by_day) > self.settings.days - AUDIENCE_DAYS:
            self.audience |= self._today

    @cached_property
    def _guids(self) -> dict[str, str]:
        return {
            f"{file.host}{file.path}": episode.guid
            for show in self.shows
            for episode in show.episodes
            for rendition in episode.renditions
            for file in (rendition, *rendition.segments)
        }

    def redirect(self, request: Request) -> None:
        """Enter a request of the open day as a redirect's log shows it."""
        if not writer(self.settings.format).redirects or not request.who:
            return
        bare = f"{request.host}{request.path}".rpartition("/wh/e/")[2]
        self.outcomes["prefix_estimate"] += 1
        self._sent_on.add((request.who, self._guids[bare]))

    def close_redirects(self) -> None:
        """Close the open day of redirects: one estimate per listener and episode."""
        self.estimates.update(guid for _, guid in self._sent_on)
        self._sent_on.clear()

    def settle(self) -> None:
        """For a redirect's log, keep only what it can show."""
        if writer(self.settings.format).redirects:
            self.outcomes = Counter(prefix_estimate=self.outcomes["prefix_estimate"])
            self.filtered = Counter({r: n for r, n in self.filtered.items() if r not in UNSEEN})
