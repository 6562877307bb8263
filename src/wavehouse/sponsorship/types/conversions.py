"""Conversions as they arrive, the touches that explain them and the credits derived from these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from wavehouse.kernel.ids import CampaignId, ConversionId, SponsorId
from wavehouse.sponsorship.types.parties import AttributionMethod, ConversionType


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row of a file before it is understood: where it stands and its cells by column name."""

    line: int
    offset: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: where it stands and why. Its content is not repeated here."""

    line: int
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class ConversionInput:
    """A conversion as a sponsor reports it. A negative value is a refund (AT02)."""

    occurred_at: datetime
    promo_code: str
    conversion_type: ConversionType
    value: Decimal
    currency: str
    order_id: str | None

    @property
    def is_refund(self) -> bool:
        """True when the row takes money back from an earlier order."""
        return self.value < 0


class ConversionOutcome(StrEnum):
    """What became of a conversion: an unmatched one is stored, and credited to nobody yet."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"


class CreditModel(StrEnum):
    """How one conversion's credit is shared by the campaigns that touched it (AT09)."""

    LAST = "last_touch"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class Touch:
    """Evidence that a campaign reached whoever converted, at an instant."""

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
class Evidence:
    """A stored conversion with the evidence for it, as far as credit needs them."""

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

    @property
    def told(self) -> ConversionInput:
        """The conversion as it was told."""
        return ConversionInput(
            self.occurred_at,
            self.promo_code,
            ConversionType(self.conversion_type),
            self.value,
            self.currency,
            self.order_id,
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one conversion, and what it is credited to."""

    outcome: ConversionOutcome
    conversion_id: ConversionId
    campaign_id: CampaignId | None


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of the rows of a file. ``read`` is the sum of the four others."""

    read: int
    stored: int
    duplicate: int
    unmatched: int
    quarantined: int
    problems: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Unconverted:
    """Conversions in a currency without a stored rate: counted, their value told apart (AT23)."""

    currency: str
    conversions: int
    value: Decimal
