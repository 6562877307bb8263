"""The words of sponsorship: parties, conversions, credits, and the data of a report."""

from wavehouse.sponsorship.types.conversions import (
    BadRow,
    ConversionInput,
    ConversionOutcome,
    Credit,
    CreditModel,
    RawRow,
    Touch,
    Unconverted,
)
from wavehouse.sponsorship.types.currencies import CURRENCIES
from wavehouse.sponsorship.types.parties import (
    GRACE_DAYS,
    AttributionMethod,
    Campaign,
    CampaignStatus,
    CodeWindow,
    ConversionType,
    Sponsor,
)
from wavehouse.sponsorship.types.reports import (
    CampaignResults,
    DayCount,
    EpisodeLine,
    Figure,
    MethodLine,
    MethodResult,
    Note,
    Provenance,
    ReportData,
    ReportInputs,
)

__all__ = [
    "CURRENCIES",
    "GRACE_DAYS",
    "AttributionMethod",
    "BadRow",
    "Campaign",
    "CampaignResults",
    "CampaignStatus",
    "CodeWindow",
    "ConversionInput",
    "ConversionOutcome",
    "ConversionType",
    "Credit",
    "CreditModel",
    "DayCount",
    "EpisodeLine",
    "Figure",
    "MethodLine",
    "MethodResult",
    "Note",
    "Provenance",
    "RawRow",
    "ReportData",
    "ReportInputs",
    "Sponsor",
    "Touch",
    "Unconverted",
]
