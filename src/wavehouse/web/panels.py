"""The metric cards and the big chart of the overview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from markupsafe import Markup

from wavehouse.charts import (
    MEDIUM,
    NARROW,
    WEB,
    WIDE,
    Mark,
    Size,
    Timeseries,
    spark,
    timeseries,
)
from wavehouse.charts import format as fmt
from wavehouse.kernel.clock import days_between, start_of_day
from wavehouse.kernel.money import Money
from wavehouse.web.ranges import Query
from wavehouse.web.services import Figures, Grain, Metric, Number, Release, Series, Span
from wavehouse.web.view import Card, ChartPanel, ChartRow, Empty, Figure, Trend

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a metric is called, explained and written."""

    name: str
    meaning: str
    additive: bool
    why_empty: str = ""
    why_unknown: str = ""


KINDS = {
    Metric.DOWNLOADS: _Kind(
        "Downloads",
        "One per listener, episode and UTC day, with at least one minute of audio received.",
        additive=True,
    ),
    Metric.LISTENERS: _Kind(
        "Unique listeners",
        "Distinct combinations of address and user agent over the whole range; days do not add up.",
        additive=False,
        why_unknown="not computable beyond two months",
    ),
    Metric.LISTENING: _Kind(
        "Listening time",
        "Time played, as players report it.",
        additive=True,
        why_empty="needs player events",
    ),
    Metric.COMPLETION: _Kind(
        "Completion rate",
        "The average share of an episode that is played, as players report it.",
        additive=False,
        why_empty="needs player events",
    ),
    Metric.REVENUE: _Kind(
        "Sponsor revenue",
        "Order value credited to sponsors’ campaigns, by the day of the order.",
        additive=True,
    ),
}
NO_CHART = Empty(
    "No downloads in this range",
    "The curve appears when an access log has been read. Reading one twice changes nothing.",
    "wavehouse ingest logs access.log.gz",
)


_NO_HOURS = Empty(
    "No curve for a single day",
    "This figure is known for the whole day and not by the hour. A longer range has a curve.",
)


@dataclass(frozen=True, slots=True)
class Partial:
    """How many of the span's buckets are over, and whether the last one shown is not."""

    whole: int
    running: bool


def partial_buckets(span: Span, now: datetime) -> Partial:
    """What part of the span can be compared: buckets that have ended."""
    if span.grain is Grain.HOUR:
        gone = int((now - start_of_day(span.first)).total_seconds() // _HOUR)
    else:
        gone = (now.date() - span.first).days
    whole = max(0, min(gone, span.buckets))
    return Partial(whole, whole < span.buckets)


def figure(metric: Metric, value: Number | None, currency: str | None) -> Figure:
    """A value of a metric, short and exact."""
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


def cards(
    query: Query, current: Figures, before: Figures | None, partial: Partial
) -> tuple[Card, ...]:
    """One card for each metric, in the order of ``Metric``."""
    return tuple(_card(metric, query, current, before, partial) for metric in Metric)


def _card(
    metric: Metric, query: Query, current: Figures, before: Figures | None, partial: Partial
) -> Card:
    kind, series = KINDS[metric], _series(current, metric)
    shown = figure(metric, series.total, current.currency)
    return Card(
        name=kind.name,
        figure=shown,
        trend=_trend(metric, current, before, partial),
        spark=_spark(series, partial),
        href=query.url(metric=metric) if series.points else "",
        current=metric is query.metric,
        meaning=kind.meaning,
        why_empty=_why(kind, series),
    )


def _why(kind: _Kind, series: Series) -> str:
    """Why there is no total; R44 for listeners whose days are known."""
    if series.total is not None:
        return ""
    return kind.why_unknown if series.points else kind.why_empty


def _series(figures: Figures, metric: Metric) -> Series:
    return figures.series.get(metric, Series())


def _spark(series: Series, partial: Partial) -> Markup:
    """The shape of what is over: a bucket that still runs would look like a fall."""
    known = [None if value is None else float(value) for value in series.points[: partial.whole]]
    return Markup(spark(known, theme=WEB))  # noqa: S704 - our own drawing


def _trend(
    metric: Metric, current: Figures, before: Figures | None, partial: Partial
) -> Trend | None:
    """The change over the part of the range that is over: the same hours or days of both.

    A metric that does not add up has no partial total, hence no change while a range runs.
    """
    if before is None or not before.covered:
        return None
    now, then = _series(current, metric), _series(before, metric)
    if metric is Metric.REVENUE and current.currency != before.currency:
        return None
    if not partial.running:
        new, old = now.total, then.total
    elif KINDS[metric].additive:
        new, old = _sum(now, partial.whole), _sum(then, partial.whole)
    else:
        return None
    was = f"from {figure(metric, old, before.currency).shown}{_until(before.span, partial)}"
    if metric is Metric.COMPLETION and new is not None and old is not None:
        step = Decimal(new) - Decimal(old)
        direction = "up" if step > 0 else "down" if step < 0 else "same"
        return Trend(fmt.points(Decimal(new), Decimal(old)), direction, was)
    return trend(fmt.change(new, old), was)


def _until(span: Span, partial: Partial) -> str:
    """Up to where the earlier range was taken, when the present one is not over."""
    if not partial.running:
        return ""
    if span.grain is Grain.HOUR:
        return f" by {partial.whole:02}:00"
    return f" by {fmt.day(span.first + timedelta(days=partial.whole - 1))}"


def _sum(series: Series, buckets: int) -> Number | None:
    known = [value for value in series.points[:buckets] if value is not None]
    return sum(known, Decimal(0)) if known else None


def chart(query: Query, current: Figures, before: Figures | None, partial: Partial) -> ChartPanel:
    """The chosen metric's curve and the table behind it."""
    metric = query.metric
    series = _series(current, metric)
    labels = _labels(current.span)
    old_labels = _labels(before.span) if before else []
    old = _series(before, metric) if before else Series()
    rows: list[ChartRow] = []
    marks: list[Mark] = []
    shown = partial.whole + 1 if partial.running else len(labels)
    releases = _releases(current)
    for index, (label, heading) in enumerate(labels):
        value = _at(series, index) if index < shown else None
        then = _at(old, index)
        running = partial.running and index == partial.whole
        row = _row(metric, heading, value, then, current, before, releases[index], running=running)
        rows.append(row)
        was = f"{row.previous} on {old_labels[index][1]}" if row.previous else ""
        marks.append(
            Mark(
                label,
                _tip(KINDS[metric].name, row, was),
                None if value is None else float(value),
                None if then is None else float(then),
                releases[index],
            )
        )
    drawn = tuple(marks[:shown] if current.span.grain is Grain.DAY else marks)
    data = Timeseries(
        KINDS[metric].name,
        drawn,
        _axis(metric, current.currency),
        whole=metric in (Metric.DOWNLOADS, Metric.LISTENERS),
        partial=partial.whole if partial.running else None,
    )
    counted = bool(series.total) and not series.points
    return _panel(metric, data, tuple(rows[:shown]), before, partial, counted=counted)


def _panel(
    metric: Metric,
    data: Timeseries,
    rows: tuple[ChartRow, ...],
    before: Figures | None,
    partial: Partial,
    *,
    counted: bool,
) -> ChartPanel:
    known = [mark for mark in data.marks if mark.value]
    name = KINDS[metric].name
    return ChartPanel(
        metric=name,
        wide=_drawn(data, "wide", WIDE),
        medium=_drawn(data, "medium", MEDIUM),
        narrow=_drawn(data, "narrow", NARROW),
        rows=rows,
        note="The last point is partial (dotted)" if partial.running else "",
        compared=fmt.period(before.span.first, before.span.last) if before else "",
        has_releases=any(mark.releases for mark in data.marks),
        empty=None if known else _NO_HOURS if counted else _no_curve(metric),
    )


def _drawn(data: Timeseries, name: str, size: Size) -> Markup:
    return Markup(  # noqa: S704 - our own drawing, escaped there
        timeseries(data, theme=WEB, size=size, chart_id=name)
    )


def _no_curve(metric: Metric) -> Empty:
    if metric in (Metric.DOWNLOADS, Metric.LISTENERS):
        return NO_CHART
    if metric is Metric.REVENUE:
        return Empty(
            "No sponsor revenue in this range",
            "Orders appear here when conversions have been read and credited to a campaign.",
            "wavehouse ingest conversions orders.csv",
        )
    return Empty(
        f"No {KINDS[metric].name.lower()} yet",
        "Access logs show what was delivered, not what was played. Players’ events will fill this.",
    )


def _labels(span: Span) -> list[tuple[str, str]]:
    """For each bucket: its axis label and its heading."""
    if span.grain is Grain.HOUR:
        day = fmt.weekday(span.first)
        return [(f"{hour:02}:00", f"{day}, {hour:02}:00 UTC") for hour in range(24)]
    return [(fmt.day(day), fmt.weekday(day)) for day in days_between(span.first, span.last)]


def _at(series: Series, index: int) -> Number | None:
    return series.points[index] if index < len(series.points) else None


def _releases(figures: Figures) -> list[tuple[str, ...]]:
    """The titles that came out in each bucket."""
    found: list[list[str]] = [[] for _ in range(figures.span.buckets)]
    for release in figures.releases:
        place = _bucket(figures.span, release)
        if 0 <= place < len(found):
            found[place].append(release.title)
    return [tuple(titles) for titles in found]


def _bucket(span: Span, release: Release) -> int:
    since = release.released_at - start_of_day(span.first)
    step = timedelta(hours=1) if span.grain is Grain.HOUR else timedelta(days=1)
    return since // step


def _row(
    metric: Metric,
    heading: str,
    value: Number | None,
    then: Number | None,
    current: Figures,
    before: Figures | None,
    releases: tuple[str, ...],
    *,
    running: bool,
) -> ChartRow:
    notes = [f"Released: {title}" for title in releases]
    if running:
        notes.append("Partial: not over yet")
    return ChartRow(
        when=heading,
        value=_exact(metric, value, current.currency),
        previous=_exact(metric, then, before.currency) if before else "",
        change="" if before is None or running else fmt.delta(fmt.change(value, then)),
        note=" · ".join(notes),
    )


def _exact(metric: Metric, value: Number | None, currency: str | None) -> str:
    shown = figure(metric, value, currency)
    return shown.exact or shown.shown


def _tip(name: str, row: ChartRow, was: str) -> str:
    """The words on hover: a heading, the value, what it was, what happened."""
    value = f"{row.value} {name.lower()}" if row.value != fmt.NOTHING else "no data"
    if row.change and row.change != fmt.NOTHING:
        value += f" · {row.change}"
    return "\n".join(line for line in (row.when, value, was, row.note) if line)


def _axis(metric: Metric, currency: str | None) -> Callable[[float], str]:
    if metric is Metric.REVENUE and currency:
        return lambda value: fmt.money_axis(value, currency)
    if metric is Metric.COMPLETION:
        return lambda value: fmt.percent(Decimal(str(value)), 0)
    if metric is Metric.LISTENING:
        return lambda value: fmt.hours(Decimal(str(value)))
    return fmt.axis
