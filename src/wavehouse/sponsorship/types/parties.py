"""Sponsors, campaigns, and the window in which a campaign's promo code is live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from wavehouse.kernel.ids import CampaignId, EpisodeId, PodcastId, SponsorId

GRACE_DAYS = 14
"""Days after a flight in which its promo code is still credited, unless the campaign differs."""


class CampaignStatus(StrEnum):
    """The state of a campaign."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def live(self) -> bool:
        """True when the campaign's code may be redeemed and must be unique (AT05)."""
        return self not in (CampaignStatus.DRAFT, CampaignStatus.CANCELLED)


class AttributionMethod(StrEnum):
    """The signal that tied a conversion to a campaign."""

    PROMO_CODE = "promo_code"
    PIXEL = "pixel"
    UTM = "utm"
    DIRECT = "direct"
    CUSTOM = "custom"

    @property
    def label(self) -> str:
        """The method's name in a report."""
        return _METHOD_LABELS[self]


_METHOD_LABELS = {
    AttributionMethod.PROMO_CODE: "Promo code",
    AttributionMethod.PIXEL: "Pixel match",
    AttributionMethod.UTM: "Tracked link",
    AttributionMethod.DIRECT: "Direct order API",
    AttributionMethod.CUSTOM: "Custom",
}


class Position(StrEnum):
    """The position of an ad in an episode."""

    PRE_ROLL = "pre_roll"
    MID_ROLL = "mid_roll"
    POST_ROLL = "post_roll"


class ReadType(StrEnum):
    """The person who reads an ad."""

    HOST_READ = "host_read"
    PRODUCED = "produced"
    PROGRAMMATIC = "programmatic"


class ConversionType(StrEnum):
    """The listener's action on the sponsor's site."""

    PURCHASE = "purchase"
    SIGNUP = "signup"
    DOWNLOAD = "download"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Sponsor:
    """A company that pays for campaigns."""

    sponsor_id: SponsorId
    name: str
    company: str | None = None
    email: str | None = None
    website: str | None = None
    industry: str | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """One sponsor's flight on one show: dates, money, episodes, codes. Dates are UTC, inclusive."""

    campaign_id: CampaignId
    sponsor_id: SponsorId
    podcast_id: PodcastId
    name: str
    status: CampaignStatus
    start_date: date
    end_date: date
    campaign_value: Decimal
    currency: str
    margin: Decimal
    guaranteed_impressions: int | None
    episode_ids: tuple[EpisodeId, ...]
    promo_codes: tuple[str, ...]
    grace_days: int = GRACE_DAYS

    @property
    def flight_days(self) -> int:
        """The number of days of the flight, first and last included."""
        return (self.end_date - self.start_date).days + 1


@dataclass(frozen=True, slots=True)
class EpisodeName:
    """An episode and its possible names: its guid, its title, its number in the show."""

    episode_id: EpisodeId
    guid: str
    title: str
    number: Decimal | None


@dataclass(frozen=True, slots=True)
class StateChange:
    """A campaign entered a state at an instant."""

    at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class CodeWindow:
    """A promo code (as normalised by AT05) and the days on which it names its campaign."""

    code: str
    campaign_id: CampaignId
    sponsor_id: SponsorId
    first_day: date
    last_day: date
    currency: str
    live: bool = True


@dataclass(frozen=True, slots=True)
class CampaignCard:
    """A campaign as stored and listed, with the names of its sponsor and show."""

    campaign_id: CampaignId
    sponsor_id: SponsorId
    podcast_id: PodcastId
    sponsor: str
    podcast: str
    name: str
    status: str
    start_date: date
    end_date: date
    campaign_value: Decimal
    currency: str
    margin: Decimal
    guaranteed_impressions: int | None
    episode_ids: list[EpisodeId]
    promo_codes: list[str]
    grace_days: int

    @property
    def campaign(self) -> Campaign:
        """The campaign in the form used by the rules."""
        return Campaign(
            campaign_id=self.campaign_id,
            sponsor_id=self.sponsor_id,
            podcast_id=self.podcast_id,
            name=self.name,
            status=CampaignStatus(self.status),
            start_date=self.start_date,
            end_date=self.end_date,
            campaign_value=self.campaign_value,
            currency=self.currency,
            margin=self.margin,
            guaranteed_impressions=self.guaranteed_impressions,
            episode_ids=tuple(self.episode_ids),
            promo_codes=tuple(self.promo_codes),
            grace_days=self.grace_days,
        )


@dataclass(frozen=True, slots=True)
class NewPlacement:
    """An ad of a campaign in a slot of an episode (from 0), and its promised impressions."""

    episode_id: EpisodeId
    slot: int = 0
    position: Position = Position.MID_ROLL
    read_type: ReadType = ReadType.HOST_READ
    guaranteed_impressions: int | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """A placement as stored, with the title of its episode."""

    placement_id: UUID
    campaign_id: CampaignId
    episode_id: EpisodeId
    episode_guid: str
    episode: str
    slot: int
    position: str
    read_type: str
    guaranteed_impressions: int | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A change of a campaign's state."""

    campaign_id: CampaignId
    name: str
    before: CampaignStatus
    after: CampaignStatus


@dataclass(frozen=True, slots=True)
class NewSponsor:
    """The data of a new sponsor; the name is its key in the organization."""

    name: str
    company: str | None = None
    email: str | None = None
    website: str | None = None
    industry: str | None = None


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """The data of a new or imported campaign; ``key`` makes that idempotent."""

    name: str
    sponsor_id: SponsorId
    podcast_id: PodcastId
    status: CampaignStatus
    start_date: date
    end_date: date
    campaign_value: Decimal
    currency: str
    margin: Decimal
    guaranteed_impressions: int | None
    episode_ids: tuple[EpisodeId, ...]
    promo_codes: tuple[str, ...]
    attribution_config: dict[str, object]
    grace_days: int = GRACE_DAYS
    key: str | None = None
    placements: tuple[NewPlacement, ...] | None = None
    """None: one host-read mid-roll in each of ``episode_ids`` that has no placement yet."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of an import of campaigns."""

    added: int
    updated: int
    unchanged: int
