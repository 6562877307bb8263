"""The metrics: names, meanings, and number formats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from wavehouse.charts import format as fmt
from wavehouse.kernel.clock import start_of_day
from wavehouse.kernel.money import Money
from wavehouse.web.services import Figures, Grain, Metric, Number, Series, Span
from wavehouse.web.view import Figure, Trend

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Kind:
    """The name, explanation and format of a metric."""

    name: str
    meaning: str
    additive: bool
    why_empty: str = ""
    why_unknown: str = ""


KINDS = {
    Metric.DOWNLOADS: Kind(
        "Downloads",
        "One per listener, episode and UTC day, with at least one minute of audio received.",
        additive=True,
    ),
    Metric.LISTENERS: Kind(
        "Unique listeners",
        "Distinct combinations of address and user agent over the whole range; days do not add up.",
        additive=False,
        why_empty="needs downloads in this range",
        why_unknown="not computable beyond two months",
    ),
    Metric.LISTENING: Kind(
        "Listening time",
        "Time played, as players report it.",
        additive=True,
        why_empty="needs player events",
    ),
    Metric.COMPLETION: Kind(
        "Completion rate",
        "The average share of an episode that is played, as players report it.",
        additive=False,
        why_empty="needs player events",
    ),
    Metric.REVENUE: Kind(
        "Sponsor revenue",
        "Order value credited to sponsors’ campaigns, by the day of the order.",
        additive=True,
        why_empty="needs a campaign with conversions",
    ),
}


@dataclass(frozen=True, slots=True)
class Partial:
    """The number of completed buckets in the span, and whether the last one shown is partial."""

    whole: int
    running: bool


def partial_buckets(span: Span, now: datetime) -> Partial:
    """The comparable part of the span: completed buckets."""
    if span.grain is Grain.HOUR:
        gone = int((now - start_of_day(span.first)).total_seconds() // _HOUR)
    else:
        gone = (now.date() - span.first).days
    whole = max(0, min(gone, span.buckets))
    return Partial(whole, whole < span.buckets)


def figure(metric: Metric, value: Number | None, currency: str | None) -> Figure:
    """Format a value of a metric, short and exact."""
    if value is None:
        return Figure(fmt.NOTHING)
    if metric is Metric.REVENUE:
        if currency is None:
            return Figure(fmt.NOTHING)
        amount = Money(Decimal(value), currency)
        return Figure(fmt.money(amount), fmt.money_exact(amount))
    if metric is Metric.LISTENING:
        return Figure(fmt.hours(value), fmt.duration(value))
    if metric is Metric.COMPLETION:
        return Figure(fmt.percent(Decimal(value)), fmt.percent(Decimal(value), 3))
    return Figure(fmt.compact(value), fmt.count(value))


def trend(share: Decimal | None, before: str) -> Trend | None:
    """A change in words and direction; None when it is undefined."""
    if share is None:
        return None
    shown = fmt.delta(share)
    direction = "down" if shown.startswith(fmt.MINUS) else "up" if shown[0] == "+" else "same"
    return Trend(shown, direction, before)


def series_of(figures: Figures, metric: Metric) -> Series:
    """A metric's series, empty when there is no data."""
    return figures.series.get(metric, Series())
