"""The Protocol that the dashboard needs, and its plain data.

``web/live.py`` implements it on the contexts' public interfaces. Pages ask for figures of a span of
UTC days and show them. None always means "not known", never zero.
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
    """A metric with a card and a chart."""

    DOWNLOADS = "downloads"
    LISTENERS = "listeners"
    LISTENING = "listening"
    COMPLETION = "completion"
    REVENUE = "revenue"


class Grain(StrEnum):
    """The length of one point of a series."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Span:
    """Whole UTC days, both ends included; a single day is drawn by the hour."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """The number of days, both ends included."""
        return (self.last - self.first).days + 1

    @property
    def grain(self) -> Grain:
        """Hours for a single day, otherwise days."""
        return Grain.HOUR if self.days == 1 else Grain.DAY

    @property
    def buckets(self) -> int:
        """The number of points in a series of this span."""
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
    """Downloads split by a dimension that has a card, as measurement returns them.

    An empty member means unknown.
    """

    dimension: Dimension
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Release:
    """An episode published within the span."""

    released_at: datetime
    title: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything counted in a span, for one show or for all.

    ``covered`` is false when the data begins within or after the span: such a span is not used for
    comparison, as any change would reflect the data and not the audience.
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
    """A show to select. ``checked_at`` is when its feed was last read."""

    podcast_id: PodcastId
    title: str
    episodes: int
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """A campaign and its credits in the span; ROI by AT21, None by AT22."""

    sponsor: str
    name: str
    status: str
    conversions: int
    revenue: Money | None
    roi: Decimal | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How recent the data is, and the versions of rules and lists used.

    ``sample_data`` puts a banner on every page: so that demo data is not mistaken for real data.
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
    """Downloads of a span by each counting window, and the reasons for the differences."""

    calendar: int
    first_touch: int
    last_touch: int
    why: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session: the cookie's value and expiry."""

    cookie: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Check:
    """A readiness check."""

    name: str
    ok: bool
    message: str = ""


class Services(Protocol):
    """The use cases behind the pages. Methods are called from worker threads."""

    def slow_down(self, client: str) -> None:
        """TooManyRequests when a client has used up its attempts to sign in."""
        ...

    def data_version(self, who: Identity) -> str | None:
        """Changes whenever a figure, a show or a campaign may have changed; part of every ETag.

        None when that cannot be determined cheaply: pages are then rendered and compared by
        content.
        """
        ...

    def podcasts(self, who: Identity) -> Sequence[PodcastRef]:
        """The shows of the visitor's organization, by title."""
        ...

    def figures(self, who: Identity, span: Span, podcast_id: PodcastId | None) -> Figures:
        """Figures of a span, for one show or for all (None)."""
        ...

    def campaigns(
        self, who: Identity, span: Span, podcast_id: PodcastId | None
    ) -> Sequence[CampaignFigures]:
        """Campaigns active within the span, highest revenue first."""
        ...

    def removed(self, who: Identity, span: Span, podcast_id: PodcastId | None) -> Mapping[str, int]:
        """Requests of a span that were not counted, by reason, for one show or for all (None)."""
        ...

    def windows(self, who: Identity, span: Span, podcast_id: PodcastId | None) -> Windows | None:
        """Downloads of a span by the three counting windows; None beyond two months (R44)."""
        ...

    def freshness(self, who: Identity) -> Freshness:
        """The times of the newest data."""
        ...

    def sign_in(self, token: str, browser: str) -> NewSession:
        """Consume a one-time link; NotSignedIn when it is unknown, used, or another browser's."""
        ...

    def session(self, cookie: str) -> Identity | None:
        """The identity of a session cookie, or None."""
        ...

    def sign_out(self, cookie: str) -> None:
        """End a session; does nothing for an unknown one."""
        ...

    def readiness(self) -> Sequence[Check]:
        """The readiness checks."""
        ...
