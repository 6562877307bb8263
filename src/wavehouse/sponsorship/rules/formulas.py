"""The money formulas of AT21, one function each; division by zero gives None (AT22)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from wavehouse.kernel.money import ratio, rounded, smallest
from wavehouse.sponsorship.types import Campaign, Fee


def fee(campaign: Campaign, first: date, last: date) -> Fee:
    """The fee for the days of the flight between two UTC days, both included.

    A fee is spread evenly over the days of its flight. Amounts are rounded cumulatively, so the
    fees of consecutive periods add up to the whole fee, to the cent.
    """
    whole, step = campaign.campaign_value, smallest(campaign.currency)
    start = max(first, campaign.start_date)
    end = min(last, campaign.end_date)
    total = campaign.flight_days
    if end < start:
        return Fee(Decimal(0), 0, total)
    days = (end - start).days + 1
    if days == total:
        return Fee(whole, days, total)
    before = (start - campaign.start_date).days
    amount = rounded(whole * (before + days) / total, step) - rounded(whole * before / total, step)
    return Fee(amount, days, total)


def expected(campaign: Campaign, last: date) -> Decimal | None:
    """Impressions due by the end of a UTC day; None when none were booked."""
    if not campaign.guaranteed_impressions:
        return None
    elapsed = min(last, campaign.end_date) - campaign.start_date + timedelta(days=1)
    days = max(elapsed.days, 0)
    return Decimal(campaign.guaranteed_impressions) * days / campaign.flight_days


def cpm(spend: Decimal, impressions: int) -> Decimal | None:
    """Cost per thousand impressions: spend / impressions · 1000."""
    return ratio(spend * 1000, impressions)


def ecpm(fee: Decimal, delivered: int) -> Decimal | None:
    """Effective cost per thousand: fee / delivered impressions · 1000."""
    return ratio(fee * 1000, delivered)


def cost_per_conversion(spend: Decimal, conversions: int) -> Decimal | None:
    """Cost of one conversion of any type: spend / conversions."""
    return ratio(spend, conversions)


def cpa(spend: Decimal, purchases: int) -> Decimal | None:
    """Cost per acquisition: spend / purchases."""
    return ratio(spend, purchases)


def aov(revenue: Decimal, purchases: int) -> Decimal | None:
    """Average order value: revenue / purchases."""
    return ratio(revenue, purchases)


def conversion_rate(conversions: int, impressions: int) -> Decimal | None:
    """Conversions per impression. Server logs do not show reach by household."""
    return ratio(conversions, impressions)


def roas(revenue: Decimal, spend: Decimal) -> Decimal | None:
    """Return on ad spend: revenue / spend."""
    return ratio(revenue, spend)


def net_return(revenue: Decimal, spend: Decimal, margin: Decimal = Decimal(1)) -> Decimal:
    """Net return after the fee: revenue · margin − spend."""
    return revenue * margin - spend


def roi(revenue: Decimal, spend: Decimal, margin: Decimal = Decimal(1)) -> Decimal | None:
    """Return on investment: (revenue · margin − spend) / spend."""
    return ratio(net_return(revenue, spend, margin), spend)


def pacing(delivered: int, guaranteed: int | None) -> Decimal | None:
    """Delivered share of the booked impressions; None when none were booked."""
    return ratio(delivered, guaranteed) if guaranteed else None


def pace_per_day(guaranteed: int | None, flight_days: int) -> Decimal | None:
    """Impressions per day needed to complete the booking on the last day of the flight."""
    return ratio(guaranteed, flight_days) if guaranteed else None
