"""The numbers of a sponsor report, computed once from its inputs (AT21, AT22), without wording."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from wavehouse.kernel.money import ratio
from wavehouse.sponsorship.rules import formulas
from wavehouse.sponsorship.types import DayCount, Outstanding, ReportInputs, ReportNumbers

_STANDS_OUT = Decimal("1.25")  # an episode stands out when it brought a quarter more than its share


def numbers_of(inputs: ReportInputs) -> ReportNumbers:
    """Every number of the report. The same inputs give the same numbers."""
    campaign, results = inputs.campaign, inputs.results
    count = sum(day.impressions or 0 for day in inputs.days)
    last = min(inputs.last_day, inputs.generated_at.date())
    fee = formulas.fee(campaign, inputs.first_day, last)
    foreign = sum(line.conversions for line in results.unconverted)
    booked, spend, revenue = campaign.guaranteed_impressions, fee.amount, results.revenue
    return ReportNumbers(
        impressions=count,
        share_of_booked=formulas.pacing(count, booked),
        pace=_pace(inputs, count, last),
        pace_per_day=formulas.pace_per_day(booked, campaign.flight_days),
        fee=fee,
        conversion_rate=formulas.conversion_rate(results.conversions, count),
        foreign_conversions=foreign,
        net_return=formulas.net_return(revenue, spend, campaign.margin),
        cost_per_conversion=formulas.cost_per_conversion(spend, results.conversions),
        ecpm=formulas.ecpm(spend, count),
        aov=formulas.aov(revenue, results.conversions - foreign),
        roas=formulas.roas(revenue, spend),
        roi=formulas.roi(revenue, spend, campaign.margin),
        days_left=max((campaign.end_date - last).days, 0),
        gaps=gaps(inputs.days),
        paused=tuple(day.day for day in inputs.days if day.paused),
        outstanding=_outstanding(inputs, count),
    )


def gaps(days: Iterable[DayCount]) -> tuple[date, ...]:
    """Days without data, except today."""
    return tuple(day.day for day in days if day.impressions is None and not day.partial)


def _pace(inputs: ReportInputs, count: int, last: date) -> Decimal | None:
    """Delivered ÷ due; None unless the report starts with the flight."""
    campaign = inputs.campaign
    due = None if inputs.first_day > campaign.start_date else formulas.expected(campaign, last)
    return ratio(Decimal(count), due) if due else None


def _outstanding(inputs: ReportInputs, count: int) -> Outstanding | None:
    """The best of several episodes, if its share is clearly above average."""
    lines = inputs.episodes
    if len(lines) < 2 or not count:
        return None
    best = max(lines, key=lambda line: (line.impressions, line.episode_id.int))
    share = Decimal(best.impressions) / count
    return Outstanding(best, share) if share * len(lines) >= _STANDS_OUT else None
