"""The truth as it grows: every expected download is entered once, where it is made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from wavehouse.simulation.types import Campaign, Settings

AUDIENCE_DAYS = 28


@dataclass(slots=True)
class Tally:
    """Counts of a simulation. Listener keys are kept for a day and for the last 28 days only."""

    settings: Settings
    campaigns: tuple[Campaign, ...]
    lines: int = 0
    by_day: list[int] = field(default_factory=list)
    listeners_by_day: list[int] = field(default_factory=list)
    by_episode: Counter[str] = field(default_factory=Counter)
    by_app: Counter[str] = field(default_factory=Counter)
    by_country: Counter[str] = field(default_factory=Counter)
    filtered: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    impressions: Counter[str] = field(default_factory=Counter)
    hours: dict[str, Counter[str]] = field(default_factory=dict)
    audience: set[str] = field(default_factory=set)
    _today: set[str] = field(default_factory=set)
    _carrying: dict[str, list[str]] = field(default_factory=dict)

    def open_day(self, index: int) -> None:
        """Begin a UTC day."""
        day = self.settings.first_day + timedelta(days=index)
        self.by_day.append(0)
        self._today = set()
        self._carrying = self._campaigns_of(day)

    def _campaigns_of(self, day: date) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for campaign in self.campaigns:
            self.impressions.setdefault(campaign.key, 0)
            if campaign.start <= day <= campaign.end:
                for guid in campaign.episode_guids:
                    found.setdefault(guid, []).append(campaign.key)
        return found

    def download(self, guid: str, app: str, country: str, key: str) -> None:
        """One download of the open day."""
        self.by_day[-1] += 1
        self.by_episode[guid] += 1
        self.by_app[app] += 1
        self.by_country[country] += 1
        self._today.add(key)
        for campaign in self._carrying.get(guid, ()):
            self.impressions[campaign] += 1

    def close_day(self) -> None:
        """End the open day."""
        self.listeners_by_day.append(len(self._today))
        if len(self.by_day) > self.settings.days - AUDIENCE_DAYS:
            self.audience |= self._today
