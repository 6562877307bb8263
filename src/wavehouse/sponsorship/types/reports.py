"""A report as data: everything the PDF and the JSON show, each figure with its proof (AT24)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from uuid import UUID

from wavehouse.kernel.ids import CampaignId, EpisodeId, ReportId
from wavehouse.sponsorship.types.conversions import Unconverted
from wavehouse.sponsorship.types.parties import AttributionMethod, Campaign, CampaignCard, Sponsor


class ReportType(StrEnum):
    """What a report is about; each shows its part of the same figures."""

    SPONSOR = "sponsor_report"
    PERFORMANCE = "performance_summary"
    ROI = "roi_report"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What makes a figure reproducible: rules and lists by version, and how fresh the data is."""

    rule_version: str
    list_versions: Mapping[str, str]
    data_as_of: datetime | None
    """The last event that is in the data; None when there is none yet."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its definition and proof. ``value`` None means: cannot be known."""

    id: str
    label: str
    value: Decimal | int | None
    unit: str
    text: str
    definition: str
    rule: str
    rule_version: str
    list_versions: Mapping[str, str]
    data_as_of: datetime | None


@dataclass(frozen=True, slots=True)
class DayCount:
    """A UTC day of the flight and its impressions.

    ``impressions`` is None on a day without data: nothing was logged for any show, so the number
    is unknown, not zero. ``partial`` while the day is not over; ``paused`` when the campaign was
    not active on the day, whose downloads are then no impressions.
    """

    day: date
    impressions: int | None
    partial: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class EpisodeLine:
    """An episode that carried the campaign, and what was delivered in it."""

    episode_id: EpisodeId
    number: int | None
    title: str
    released: date
    impressions: int
    conversions: int | None = None


@dataclass(frozen=True, slots=True)
class MethodResult:
    """Conversions and money of one attribution method; a conversion is in one method only."""

    method: AttributionMethod
    conversions: int
    refunds: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class CampaignResults:
    """What a campaign brought in a period, by credits of one model."""

    campaign_id: CampaignId
    by_method: tuple[MethodResult, ...]
    unconverted: tuple[Unconverted, ...]

    @property
    def conversions(self) -> int:
        """Conversions of every method and currency; refunds are not conversions."""
        return sum(line.conversions for line in self.by_method)

    @property
    def refunds(self) -> int:
        """Refund rows of every method."""
        return sum(line.refunds for line in self.by_method)

    @property
    def revenue(self) -> Decimal:
        """Revenue in the campaign's currency, refunds taken off."""
        return sum((line.revenue for line in self.by_method), Decimal(0))


@dataclass(frozen=True, slots=True)
class EpisodeDay:
    """Counted downloads of one episode on one UTC day."""

    episode_id: EpisodeId
    day: date
    downloads: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The downloads of a campaign's episodes in its flight, and how they were counted.

    ``with_data`` are the UTC days on which anything was counted for the organization.
    """

    days: tuple[EpisodeDay, ...]
    provenance: Provenance
    with_data: frozenset[date] = frozenset()


class DeliverySource(Protocol):
    """Where counted downloads come from: the rollups of ``measurement``."""

    def __call__(self, *, episode_ids: Sequence[EpisodeId], first: date, last: date) -> Delivery:
        """Downloads per episode and day from ``first`` to ``last``, both included."""


@dataclass(frozen=True, slots=True)
class CreditSum:
    """Credits of one campaign, method and currency in a period."""

    campaign_id: CampaignId
    method: str
    currency: str
    conversions: int
    refunds: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """A campaign with what it brought in a period, for a list of campaigns.

    ``spend`` is the part of the fee that falls on the period's days of the flight, and ``roi``
    the return on that part (AT21).
    """

    card: CampaignCard
    results: CampaignResults
    spend: Decimal
    roi: Decimal | None


@dataclass(frozen=True, slots=True)
class RevenueDay:
    """Credited revenue of one UTC day in one currency."""

    day: date
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report that was made and written to a file."""

    report_id: ReportId
    format: str
    path: Path
    size: int
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class ListedReport:
    """A report as it is listed: what it shows, how it is proved, where its file was written."""

    report_id: UUID
    number: str
    campaign_id: UUID
    campaign: str
    sponsor: str
    report_type: str
    format: str
    first_day: date
    last_day: date
    generated_at: datetime
    data_as_of: datetime | None
    file_url: str | None
    file_size: int | None
    sha256: str
    rule_versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """All that a sponsor report is made from; nothing else may influence it."""

    sponsor: Sponsor
    campaign: Campaign
    podcast_title: str
    whole_show: bool
    first_day: date
    last_day: date
    days: tuple[DayCount, ...]
    episodes: tuple[EpisodeLine, ...]
    results: CampaignResults
    counting: Provenance
    attribution: Provenance
    generated_at: datetime
    report_type: ReportType = ReportType.SPONSOR


@dataclass(frozen=True, slots=True)
class Fee:
    """The part of a campaign's fee that falls on a period: its amount, and on how many days."""

    amount: Decimal
    days: int
    flight_days: int

    @property
    def is_whole(self) -> bool:
        """Whether the period covers the whole flight."""
        return self.days == self.flight_days


@dataclass(frozen=True, slots=True)
class Outstanding:
    """The episode that brought clearly more impressions than its share, and that share."""

    episode: EpisodeLine
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportNumbers:
    """Every number of a report, computed once from its inputs (AT21); None: unknown (AT22).

    Figures, sentences, notes and pages phrase these numbers and compute none of their own.
    ``foreign_conversions`` are in other currencies than the campaign's; ``days_left`` counts from
    the last day that the report can know to the end of the flight.
    """

    impressions: int
    share_of_booked: Decimal | None
    pace: Decimal | None
    pace_per_day: Decimal | None
    fee: Fee
    conversion_rate: Decimal | None
    foreign_conversions: int
    net_return: Decimal
    cost_per_conversion: Decimal | None
    ecpm: Decimal | None
    aov: Decimal | None
    roas: Decimal | None
    roi: Decimal | None
    days_left: int
    gaps: tuple[date, ...]
    paused: tuple[date, ...]
    outstanding: Outstanding | None


@dataclass(frozen=True, slots=True)
class MethodLine:
    """A row of "conversions by method", ready to print."""

    method: str
    label: str
    conversions: int
    revenue: Decimal
    revenue_text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph on how the numbers were made."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportData:
    """The one object behind every format of a report. Same object, same bytes."""

    number: str
    report_type: ReportType
    template_id: str
    sponsor: str
    podcast: str
    campaign: str
    campaign_id: CampaignId
    status: str
    flight_start: date
    flight_end: date
    first_day: date
    last_day: date
    currency: str
    generated_at: datetime
    data_as_of: datetime | None
    summary: str
    figures: tuple[Figure, ...]
    days: tuple[DayCount, ...]
    pace_per_day: Decimal | None
    methods: tuple[MethodLine, ...]
    unconverted: tuple[Unconverted, ...]
    episodes: tuple[EpisodeLine, ...]
    notes: tuple[Note, ...]

    def figure(self, figure_id: str) -> Figure:
        """The figure of that id."""
        return next(figure for figure in self.figures if figure.id == figure_id)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a report in a form that programs read: a name, columns, rows of exact values.

    An amount is a Decimal in the report's currency, a ratio a Decimal, a count an int.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
