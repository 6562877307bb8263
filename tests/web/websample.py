"""Computed figures for the pages' tests: no randomness, no clock, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import cos, sin
from typing import Any

from wavehouse.accounts import Identity
from wavehouse.kernel.clock import days_between, start_of_day
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.kernel.ids import EpisodeId, OrganizationId, PodcastId, UserId, named
from wavehouse.kernel.money import Money
from wavehouse.measurement import DIMENSIONS, Figure
from wavehouse.web.services import (
    CampaignFigures,
    Check,
    EpisodeFigures,
    Figures,
    Freshness,
    Grain,
    Metric,
    NewSession,
    PodcastRef,
    Release,
    Series,
    Span,
    Split,
    Windows,
)

APP, COUNTRY = (each for each in DIMENSIONS if each.name in ("app", "country"))
NOW = datetime(2026, 11, 20, 14, 52, tzinfo=UTC)
HOUSE = OrganizationId(named("sample", "house"))
LANTERNA = PodcastId(named("sample", "lanterna"))
HARBOUR = PodcastId(named("sample", "harbour"))
PODCASTS = (
    PodcastRef(LANTERNA, "La Lanterna", 84, NOW - timedelta(minutes=6)),
    PodcastRef(HARBOUR, "Harbour <Lights> & Fog", 31, NOW - timedelta(minutes=11)),
)
_TITLES = (
    ("Inside the night train to Palermo", date(2026, 11, 18), 14_210),
    ("The subtitle hunters", date(2026, 11, 11), 21_840),
    ("What a lighthouse hears", date(2026, 11, 4), 19_320),
    ("Dialects that refuse to die", date(2026, 10, 28), 17_950),
    ("A town without clocks", date(2026, 10, 21), 16_400),
    ("The bell maker’s last order", date(2026, 10, 14), 6_120),
)
_APPS = (
    ("Apple Podcasts", 68_730), ("Spotify", 55_911), ("Overcast", 12_820), ("Pocket Casts", 10_506),
    ("YouTube Music", 9_081), ("Web player", 7_835), ("AntennaPod", 3_120), ("Castro", 1_204),
)  # fmt: skip
_COUNTRIES = (
    ("IT", 58_212), ("US", 41_830), ("GB", 16_911), ("DE", 11_402), ("AR", 6_120), ("CA", 5_480),
    ("FR", 4_910), ("ZA", 2_200), ("", 812),
)  # fmt: skip


def downloads_on(day: date) -> int:
    """A weekly wave with a peak on Wednesdays, slow growth and some variation."""
    age = (day - date(2026, 1, 1)).days
    wave = (1.0, 0.72, 2.2, 1.75, 1.35, 1.0, 0.85)[day.weekday()]
    return int(3300 * wave * (1 + age / 1800) + 420 * sin(age * 1.7) + 260 * cos(age * 0.6))


def figures(span: Span, podcast_id: PodcastId | None = None) -> Figures:
    """A span's figures; today is known until 14:00."""
    share = 3 if podcast_id == HARBOUR else 1
    days = days_between(span.first, span.last)
    downloads = [_so_far(day) // share for day in days]
    if span.grain is Grain.HOUR:
        downloads = _hours(span.first, downloads[0])
    listeners = [int(amount * 0.61) for amount in downloads]
    revenue = [Decimal(amount) * Decimal("0.148") for amount in downloads]
    total = sum(downloads)
    scale = Decimal(total) / Decimal(178_112)
    return Figures(
        span=span,
        series={
            Metric.DOWNLOADS: Series(total, tuple(downloads)),
            Metric.LISTENERS: Series(total * 24 // 100, tuple(listeners)),
            Metric.REVENUE: Series(sum(revenue, Decimal(0)), tuple(revenue)),
        },
        currency="EUR",
        episodes=[
            EpisodeFigures(
                EpisodeId(named("sample", title)),
                title,
                released,
                _part(amount * scale, span, n),
                None,
                84 - n,
            )
            for n, (title, released, amount) in enumerate(_TITLES)
        ],
        splits=[
            Split(APP, _figures(_APPS, scale, span)),
            Split(COUNTRY, _figures(_COUNTRIES, scale, span)),
        ],
        releases=[
            Release(start_of_day(released) + timedelta(hours=5), title)
            for title, released, _ in _TITLES
            if span.first <= released <= span.last
        ],
    )


def _figures(amounts: Any, scale: Decimal, span: Span) -> list[Figure]:
    return [Figure(key, _part(amount * scale, span, n)) for n, (key, amount) in enumerate(amounts)]


def _part(amount: Decimal, span: Span, place: int) -> int:
    """A row's downloads, a little different in each range."""
    return int(amount * Decimal(1 + 0.12 * sin(span.first.toordinal() + 2.4 * place)))


def _so_far(day: date) -> int:
    if day > NOW.date():
        return 0
    return downloads_on(day) * 58 // 100 if day == NOW.date() else downloads_on(day)


def _hours(day: date, total: int) -> list[int]:
    weights = [2, 1, 1, 1, 2, 4, 7, 9, 9, 7, 6, 6, 7, 7, 6, 6, 7, 8, 8, 7, 6, 5, 4, 3]
    last = NOW.hour if day == NOW.date() else 23
    shown = [weight if hour <= last else 0 for hour, weight in enumerate(weights)]
    return [total * weight // sum(shown) for weight in shown]


CAMPAIGNS = (
    CampaignFigures(
        "Nordlys Audio", "Autumn host-read", "active", 412,
        Money(Decimal("18240.00"), "EUR"), Decimal("3.04"),
    ),
    CampaignFigures(
        "Caffè Mirto", "Mid-roll, episodes 80–84", "active", 268,
        Money(Decimal("7910.40"), "EUR"), Decimal("1.98"),
    ),
    CampaignFigures(
        "Viaggi Lenti", "Promo code LENTO26", "completed", 149,
        Money(Decimal("5215.00"), "EUR"), Decimal("1.30"),
    ),
    CampaignFigures("Studio Forma", "Launch <b>week</b>", "scheduled", 0, None, None),
)  # fmt: skip
REMOVED = {"bot": 4120, "datacenter": 2210, "bad_method": 310, "probe_range": 44, "vpn": 9}
FRESHNESS = Freshness(
    events_to=NOW,
    rollup_at=datetime(2026, 11, 20, 14, 53, tzinfo=UTC),
    rule="PTMG-2.3/2",
    lists="user agents 2026-11-02 · networks 2026-11-15",
)


def nothing(span: Span, podcast_id: PodcastId | None = None) -> Figures:
    """The figures of an installation without data."""
    splits = [Split(APP, ()), Split(COUNTRY, ())]
    return Figures(span=span, series={}, splits=splits)


@dataclass
class SampleServices:
    """The services' Protocol with the invented figures; sign-in accepts one link."""

    empty: bool = False
    ready: bool = True
    version: str | None = "1"
    asked: list[Span] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=lambda: {"one-time": "cookie-1"})
    sessions: set[str] = field(default_factory=set)

    def data_version(self, who: Identity) -> str | None:
        return self.version

    def podcasts(self, who: Identity) -> Sequence[PodcastRef]:
        return () if self.empty else PODCASTS

    def figures(self, who: Identity, span: Span, podcast_id: PodcastId | None) -> Figures:
        self.asked.append(span)
        return (nothing if self.empty else figures)(span, podcast_id)

    def campaigns(
        self, who: Identity, span: Span, podcast_id: PodcastId | None
    ) -> Sequence[CampaignFigures]:
        return () if self.empty else CAMPAIGNS

    def removed(self, who: Identity, span: Span, podcast_id: PodcastId | None) -> Mapping[str, int]:
        if podcast_id is not None:
            return {"bot": 12}
        return {} if self.empty else REMOVED

    def windows(self, who: Identity, span: Span, podcast_id: PodcastId | None) -> Windows | None:
        """Three totals; None for more than two months."""
        if span.days > 62:
            return None
        return Windows(18_204, 17_981, 17_640, ("First-touch counts -223.", "Last-touch less."))

    def freshness(self, who: Identity) -> Freshness:
        return Freshness(None, None) if self.empty else FRESHNESS

    def slow_down(self, client: str) -> None:
        """The sample does not limit anyone."""

    def sign_in(self, token: str, browser: str = "") -> NewSession:
        cookie = self.links.pop(token, None)
        if cookie is None:
            raise NotSignedIn("this link was used already", command="wavehouse sign-in-link")
        self.sessions.add(cookie)
        return NewSession(cookie, NOW + timedelta(days=30))

    def session(self, cookie: str) -> Identity | None:
        return Identity(HOUSE, UserId(HOUSE), "Ada", "admin") if cookie in self.sessions else None

    def sign_out(self, cookie: str) -> None:
        self.sessions.discard(cookie)

    def readiness(self) -> Sequence[Check]:
        return [Check("database", self.ready, "" if self.ready else "does not respond")]
