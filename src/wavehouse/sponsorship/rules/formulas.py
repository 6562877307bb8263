"""The money formulas of AT21, one function each; over zero there is no answer (AT22)."""

from __future__ import annotations

from decimal import Decimal

from wavehouse.kernel.money import ratio


def cpm(spend: Decimal, impressions: int) -> Decimal | None:
    """Cost per thousand impressions: spend / impressions · 1000."""
    return ratio(spend * 1000, impressions)


def ecpm(fee: Decimal, delivered: int) -> Decimal | None:
    """Effective cost per thousand: fee / delivered impressions · 1000."""
    return ratio(fee * 1000, delivered)


def cost_per_conversion(spend: Decimal, conversions: int) -> Decimal | None:
    """What one conversion of any type cost: spend / conversions."""
    return ratio(spend, conversions)


def cpa(spend: Decimal, purchases: int) -> Decimal | None:
    """Cost per acquisition: spend / purchases."""
    return ratio(spend, purchases)


def aov(revenue: Decimal, purchases: int) -> Decimal | None:
    """Average order value: revenue / purchases."""
    return ratio(revenue, purchases)


def conversion_rate(conversions: int, impressions: int) -> Decimal | None:
    """Conversions per impression. Reach by household is not known from server logs."""
    return ratio(conversions, impressions)


def roas(revenue: Decimal, spend: Decimal) -> Decimal | None:
    """Return on ad spend: revenue / spend."""
    return ratio(revenue, spend)


def net_return(revenue: Decimal, spend: Decimal, margin: Decimal = Decimal(1)) -> Decimal:
    """What is left after the fee: revenue · margin − spend."""
    return revenue * margin - spend


def roi(revenue: Decimal, spend: Decimal, margin: Decimal = Decimal(1)) -> Decimal | None:
    """Return on investment: (revenue · margin − spend) / spend."""
    return ratio(net_return(revenue, spend, margin), spend)


def pacing(delivered: int, guaranteed: int | None) -> Decimal | None:
    """Share of the booked impressions that was delivered; None when none were booked."""
    return ratio(delivered, guaranteed) if guaranteed else None


def pace_per_day(guaranteed: int | None, flight_days: int) -> Decimal | None:
    """Impressions a day that deliver the booking on the last day of the flight."""
    return ratio(guaranteed, flight_days) if guaranteed else None
