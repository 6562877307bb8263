"""A report as data: the content of the PDF and the JSON, each figure with provenance (AT24)."""

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
    """The type of a report; each shows its part of the same figures."""

    SPONSOR = "sponsor_report"
    PERFORMANCE = "performance_summary"
    ROI = "roi_report"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The provenance of a figure: rules and lists by version, and the time of the data."""

    rule_version: str
    list_versions: Mapping[str, str]
    data_as_of: datetime | None
    """The last event in the data; None when there is none yet."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its definition and provenance. ``value`` None means: unknown."""

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

    ``impressions`` is None on a day without data: nothing was logged for any show, so the number is
    unknown, not zero. ``partial`` is true until the day has ended; ``paused`` when the campaign was
    not active on the day, whose downloads then are not impressions.
    """

    day: date
    impressions: int | None
    partial: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class EpisodeLine:
    """An episode that carried the campaign, with its impressions."""

    episode_id: EpisodeId
    number: int | None
    title: str
    released: date
    impressions: int
    conversions: int | None = None


@dataclass(frozen=True, slots=True)
class MethodResult:
    """Conversions and money of one attribution method; a conversion has only one method."""

    method: AttributionMethod
    conversions: int
    refunds: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class CampaignResults:
    """A campaign's results in a period, by the credits of one model."""

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
        """Revenue in the campaign's currency, minus refunds."""
        return sum((line.revenue for line in self.by_method), Decimal(0))


@dataclass(frozen=True, slots=True)
class EpisodeDay:
    """Counted downloads of one episode on one UTC day."""

    episode_id: EpisodeId
    day: date
    downloads: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The downloads of a campaign's episodes in its flight, and their provenance.

    ``with_data`` are the UTC days on which the organization has requests or downloads.
    """

    days: tuple[EpisodeDay, ...]
    provenance: Provenance
    with_data: frozenset[date] = frozenset()


class DeliverySource(Protocol):
    """The source of counted downloads: the rollups of ``measurement``."""

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
class Fee:
    """The share of a campaign's fee in a period: its amount, and its number of days."""

    amount: Decimal
    days: int
    flight_days: int

    @property
    def is_whole(self) -> bool:
        """Whether the period covers the whole flight."""
        return self.days == self.flight_days


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """A campaign with its results in a period, for a list of campaigns.

    ``fee`` is the share of the fee for the period's days of the flight, and ``roi`` the return on
    that share (AT21). ``after_flight`` is what orders after a period that reaches the end of the
    flight brought; it is not in ``results``.
    """

    card: CampaignCard
    results: CampaignResults
    fee: Fee
    roi: Decimal | None
    after_flight: CampaignResults | None = None


@dataclass(frozen=True, slots=True)
class RevenueDay:
    """Credited revenue of one UTC day in one currency."""

    day: date
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report that was written to a file."""

    report_id: ReportId
    format: str
    path: Path
    size: int
    content_hash: bytes
    missing_signs: str = ""
    """The signs that the PDF's fonts lack: printed as □ there, complete in the other formats."""

    @property
    def warning(self) -> str:
        """The sentence about missing signs; empty when there is none."""
        if not self.missing_signs:
            return ""
        shown = " ".join(self.missing_signs[:20]) + (" …" if len(self.missing_signs) > 20 else "")
        return (
            f"the fonts of the PDF have no glyph for {len(self.missing_signs)} signs ({shown}): "
            "they are printed as □; the JSON, CSV and Excel forms have every name in full"
        )


@dataclass(frozen=True, slots=True)
class ListedReport:
    """A report in a list: its content, its provenance, the path of its file."""

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
    """All inputs of a sponsor report; nothing else may influence it."""

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
    after_flight: CampaignResults | None = None
    """What orders after the report's last day brought, when it reaches the end of the flight."""


@dataclass(frozen=True, slots=True)
class Outstanding:
    """The episode with clearly more impressions than its share, and that share."""

    episode: EpisodeLine
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportNumbers:
    """Every number of a report, computed once from its inputs (AT21); None: unknown (AT22).

    Figures, sentences, notes and pages only word these numbers. ``foreign_conversions`` are in
    currencies other than the campaign's; ``days_left`` counts from the last day of data to the end
    of the flight.
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
    """A paragraph on how the numbers were computed."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportData:
    """The one object behind every format of a report. The same object gives the same bytes."""

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
        """The figure with this id."""
        return next(figure for figure in self.figures if figure.id == figure_id)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a report for programs: a name, columns, rows of exact values.

    An amount is a Decimal in the report's currency, a ratio a Decimal, a count an int.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
