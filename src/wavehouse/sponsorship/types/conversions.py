"""Conversions as reported, the touches that explain them, and the derived credits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from wavehouse.kernel.ids import CampaignId, ConversionId, OrganizationId, SponsorId, UserId
from wavehouse.sponsorship.types.parties import AttributionMethod, ConversionType


@dataclass(frozen=True, slots=True)
class RawRow:
    """An unparsed row of a file: its location, and its cells by column name."""

    line: int
    offset: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """An unusable row: its location and the reason. Its content is not repeated here."""

    line: int
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Click:
    """A followed tracked link: the time, and its UTM fields (AT06)."""

    at: datetime
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PixelSeen:
    """The pixel that reported a conversion, with the known data about the visitor."""

    pixel_id: UUID
    campaign_id: CampaignId
    network_key: int | None = None
    network_key_prev: int | None = None
    visitor: str = ""


@dataclass(frozen=True, slots=True)
class ConversionInput:
    """A conversion as reported, with all its signals (AT04).

    A negative value is a refund (AT02). ``promo_code`` is empty when there is none.
    """

    occurred_at: datetime
    promo_code: str
    conversion_type: ConversionType
    value: Decimal
    currency: str
    order_id: str | None
    campaign_id: CampaignId | None = None
    clicks: tuple[Click, ...] = ()
    pixel: PixelSeen | None = None

    @property
    def is_refund(self) -> bool:
        """True when the row refunds an earlier order."""
        return self.value < 0


class ConversionOutcome(StrEnum):
    """The outcome of a conversion: an unmatched one is stored but not yet credited.

    A dropped one is an order of a buyer who was erased, or a refund of an order that is not stored:
    it is counted in the ledger.
    """

    STORED = "stored"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"
    DROPPED = "dropped"


class CreditModel(StrEnum):
    """How a conversion's credit is shared among the campaigns that touched it (AT09)."""

    LAST = "last_touch"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class Touch:
    """Evidence that a campaign reached the buyer at an instant."""

    campaign_id: CampaignId
    touched_at: datetime
    method: AttributionMethod


@dataclass(frozen=True, slots=True)
class Credit:
    """A campaign's share of one conversion: its weight and its cents."""

    campaign_id: CampaignId
    method: AttributionMethod
    weight: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Claim:
    """A stored signal other than a promo code: its content, and the campaigns it names now."""

    method: AttributionMethod
    detail: Mapping[str, Any]
    touches: tuple[Touch, ...] = ()

    @property
    def campaign_id(self) -> CampaignId | None:
        """The campaign of the last touch."""
        return self.touches[-1].campaign_id if self.touches else None


@dataclass(frozen=True, slots=True)
class Flight:
    """The days on which signals may name a campaign, grace included, and its links' UTM fields.

    ``window_days`` is how long a followed link counts (AT03), 1 to 60.
    """

    campaign_id: CampaignId
    sponsor_id: SponsorId
    first_day: date
    last_day: date
    live: bool
    utm: Mapping[str, str]
    window_days: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stored conversion with the evidence that credit needs."""

    conversion_id: ConversionId
    sponsor_id: SponsorId | None
    order_reference: str
    occurred_at: datetime
    conversion_type: str
    value: Decimal
    currency: str
    campaign_id: CampaignId | None
    promo_code: str
    order_id: str | None
    claims: tuple[Claim, ...] = ()
    code_reported_by: str = ""
    """``pixel`` when only a page reported the code, which is less trusted than a shop's code."""

    @property
    def reported(self) -> ConversionInput:
        """The conversion as it was reported."""
        return ConversionInput(
            self.occurred_at,
            self.promo_code,
            ConversionType(self.conversion_type),
            self.value,
            self.currency,
            self.order_id,
        )


@dataclass(frozen=True, slots=True)
class DisplacedReport:
    """A report of an order that does not count, beside the order as it counts.

    ``reason`` is ``outranked`` (a shop's own report outranks a page's) or ``over_limit`` (a
    page's value above the setting ``pixel_value_limit``).
    """

    displaced_id: UUID
    conversion_id: UUID
    order_id: str
    source: str
    source_name: str
    occurred_at: datetime
    conversion_value: Decimal
    currency: str
    promo_code: str
    reason: str
    displaced_at: datetime
    counted_source: str
    counted_value: Decimal
    counted_currency: str


@dataclass(frozen=True, slots=True)
class ListedConversion:
    """A conversion in a list: the methods of its evidence, and its last-touch campaign.

    Without a campaign it is not yet credited.
    """

    conversion_id: UUID
    occurred_at: datetime
    conversion_type: str
    conversion_value: Decimal
    currency: str
    order_id: str
    source: str
    methods: list[str]
    campaign_id: UUID | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of one conversion, and its credits. The id of a dropped one is not stored."""

    outcome: ConversionOutcome
    conversion_id: ConversionId
    campaign_id: CampaignId | None


@dataclass(frozen=True, slots=True)
class IngestResult:
    """The outcomes of a file's rows. ``read`` is the sum of the five others."""

    read: int
    stored: int
    duplicate: int
    unmatched: int
    quarantined: int
    dropped: int = 0
    problems: tuple[BadRow, ...] = ()
    unknown_codes: Mapping[str, int] = field(default_factory=dict)
    """Codes that matched no campaign, with their row counts; ``nearest`` is the likely spelling."""
    nearest: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unconverted:
    """Conversions in a currency without a stored rate: counted, their value separate (AT23)."""

    currency: str
    conversions: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Pixel:
    """A pixel: its key in the sponsor's page, and the conversion that a load reports."""

    pixel_id: UUID
    organization_id: OrganizationId
    user_id: UserId
    campaign_id: CampaignId
    campaign: str
    currency: str
    public_key: str
    name: str
    conversion_type: str
    allowed_origins: list[str]
    is_active: bool


@dataclass(frozen=True, slots=True)
class CreditTotal:
    """The credit of a model to a campaign in a currency; conversions by weight."""

    campaign_id: CampaignId
    campaign: str
    model: str
    method: str
    currency: str
    conversions: Decimal
    amount: Decimal
