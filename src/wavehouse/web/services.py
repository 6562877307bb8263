"""What the dashboard needs from the rest of the house, as one Protocol and its plain data.

``web/live.py`` implements it on the contexts' doors. Pages ask for figures of a span of UTC days
and show them. None always means "not known", never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from wavehouse.accounts import Identity
from wavehouse.kernel.ids import EpisodeId, PodcastId
from wavehouse.kernel.money import Money
from wavehouse.measurement import Dimension, Figure

Number = int | Decimal


class Metric(StrEnum):
    """A figure that has a card and a curve."""

    DOWNLOADS = "downloads"
    LISTENERS = "listeners"
    LISTENING = "listening"
    COMPLETION = "completion"
    REVENUE = "revenue"


class Grain(StrEnum):
    """How long one point of a series is."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Span:
    """Whole UTC days, both ends included; a single day is drawn by the hour."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days there are, both ends counted."""
        return (self.last - self.first).days + 1

    @property
    def grain(self) -> Grain:
        """Hours for one day, else days."""
        return Grain.HOUR if self.days == 1 else Grain.DAY

    @property
    def buckets(self) -> int:
        """How many points a series of this span has."""
        return 24 if self.grain is Grain.HOUR else self.days


@dataclass(frozen=True, slots=True)
class Series:
    """A metric over a span: its total, and one value per bucket, oldest first.

    ``points`` has ``span.buckets`` entries or none at all. The total is given, not summed:
    distinct listeners do not add up over days (R43). Listening is in seconds, completion a
    share from 0 to 1, revenue an amount in ``Figures.currency``.
    """

    total: Number | None = None
    points: tuple[Number | None, ...] = ()


@dataclass(frozen=True, slots=True)
class EpisodeFigures:
    """An episode and its downloads in the span."""

    episode_id: EpisodeId
    title: str
    released: date | None
    downloads: int
    completion: Decimal | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Downloads split by a dimension with a card, as measurement returns them.

    An empty member is an unknown one.
    """

    dimension: Dimension
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Release:
    """An episode that came out within the span."""

    released_at: datetime
    title: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything counted in a span, for one show or for all.

    ``covered`` is false when the data begins within or after the span: nothing is compared with
    such a one, as any change would be of the data and not of the audience.
    """

    span: Span
    series: Mapping[Metric, Series]
    currency: str | None = None
    episodes: Sequence[EpisodeFigures] = ()
    splits: Sequence[Split] = ()
    releases: Sequence[Release] = ()
    covered: bool = True


@dataclass(frozen=True, slots=True)
class PodcastRef:
    """A show to pick. ``checked_at`` is when its feed was last read."""

    podcast_id: PodcastId
    title: str
    episodes: int
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """A campaign and what is credited to it in the span; ROI by AT21, None by AT22."""

    sponsor: str
    name: str
    status: str
    conversions: int
    revenue: Money | None
    roi: Decimal | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the data reaches, and by which rule and lists it was counted.

    ``sample_data`` puts a banner on every page: so that a demo is not mistaken for real data.
    """

    events_to: datetime | None
    rollup_at: datetime | None
    dirty_hours: int = 0
    quarantined: int = 0
    rule: str = ""
    lists: str = ""
    sample_data: bool = False


@dataclass(frozen=True, slots=True)
class Windows:
    """Downloads of a span by each counting window, and why they differ."""

    calendar: int
    first_touch: int
    last_touch: int
    why: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened: the cookie's value and when it ends."""

    cookie: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold before traffic may come."""

    name: str
    ok: bool
    message: str = ""


class Services(Protocol):
    """The use cases behind the pages. Methods are called from worker threads."""

    def data_version(self, who: Identity) -> str | None:
        """Changes whenever a figure, a show or a campaign may have; part of every ETag.

        None when that is not known cheaply: pages are then made and compared by content.
        """
        ...

    def podcasts(self, who: Identity) -> Sequence[PodcastRef]:
        """The shows of the visitor's organisation, by title."""
        ...

    def figures(self, who: Identity, span: Span, podcast_id: PodcastId | None) -> Figures:
        """Figures of a span, for one show or for all (None)."""
        ...

    def campaigns(
        self, who: Identity, span: Span, podcast_id: PodcastId | None
    ) -> Sequence[CampaignFigures]:
        """Campaigns that touch the span, best revenue first."""
        ...

    def removed(self, who: Identity, span: Span, podcast_id: PodcastId | None) -> Mapping[str, int]:
        """Requests of a span that were not counted, by reason, for one show or for all (None)."""
        ...

    def windows(self, who: Identity, span: Span, podcast_id: PodcastId | None) -> Windows | None:
        """Downloads of a span by the three counting windows; None beyond two months (R44)."""
        ...

    def freshness(self, who: Identity) -> Freshness:
        """How far the data reaches."""
        ...

    def sign_in(self, token: str, browser: str) -> NewSession:
        """Use up a one-time link; NotSignedIn when it is unknown, used, or another browser's."""
        ...

    def session(self, cookie: str) -> Identity | None:
        """The identity of a session cookie, or None."""
        ...

    def sign_out(self, cookie: str) -> None:
        """End a session; an unknown one is already ended."""
        ...

    def readiness(self) -> Sequence[Check]:
        """What must hold before traffic may come."""
        ...
