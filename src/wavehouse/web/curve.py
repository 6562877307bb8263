"""The main chart of the selected metric, and the equivalent table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

from markupsafe import Markup

from wavehouse.charts import MEDIUM, NARROW, WEB, WIDE, Mark, Size, Timeseries, timeseries
from wavehouse.charts import format as fmt
from wavehouse.kernel.clock import days_between, start_of_day
from wavehouse.web.metrics import KINDS, Partial, figure, series_of
from wavehouse.web.ranges import Query
from wavehouse.web.services import Figures, Grain, Metric, Number, Release, Series, Span
from wavehouse.web.view import ChartPanel, ChartRow, Empty

NO_CHART = Empty(
    "No downloads in this range",
    "The curve appears once an access log has been read. Reading a log twice changes nothing.",
    "wavehouse ingest logs access.log.gz",
)
_NO_HOURS = Empty(
    "No curve for a single day",
    "This figure is only known for whole days, not by the hour. Choose a longer range for a curve.",
)


def chart(query: Query, current: Figures, before: Figures | None, partial: Partial) -> ChartPanel:
    """The selected metric's chart and its table."""
    metric = query.metric
    series = series_of(current, metric)
    labels = _labels(current.span)
    old_labels = _labels(before.span) if before else []
    old = series_of(before, metric) if before else Series()
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
    gaps = _gaps(series.points[: partial.whole]) if current.span.grain is Grain.DAY else ""
    return _panel(metric, data, tuple(rows[:shown]), before, partial, gaps, counted=counted)


def _gaps(points: Sequence[Number | None]) -> str:
    """A sentence about days without data between days with data; empty when there are none."""
    known = [index for index, value in enumerate(points) if value is not None]
    missing = known[-1] + 1 - known[0] - len(known) if known else 0
    return f"{missing} day{'' if missing == 1 else 's'} without data (gaps)" if missing else ""


def _panel(
    metric: Metric,
    data: Timeseries,
    rows: tuple[ChartRow, ...],
    before: Figures | None,
    partial: Partial,
    gaps: str,
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
        note=" · ".join(
            each for each in ("The last point is partial (dotted)" * partial.running, gaps) if each
        ),
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
            "Orders appear here once conversions have been imported and credited to a campaign.",
            "wavehouse ingest conversions orders.csv",
        )
    return Empty(
        f"No {KINDS[metric].name.lower()} yet",
        "Access logs show what was delivered, not what was played. Player events will fill this "
        "chart.",
    )


def _labels(span: Span) -> list[tuple[str, str]]:
    """For each bucket: its axis label and its tooltip heading."""
    if span.grain is Grain.HOUR:
        day = fmt.weekday(span.first)
        return [(f"{hour:02}:00", f"{day}, {hour:02}:00 UTC") for hour in range(24)]
    return [(fmt.day(day), fmt.weekday(day)) for day in days_between(span.first, span.last)]


def _at(series: Series, index: int) -> Number | None:
    return series.points[index] if index < len(series.points) else None


def _releases(figures: Figures) -> list[tuple[str, ...]]:
    """The titles published in each bucket."""
    by_bucket: list[list[str]] = [[] for _ in range(figures.span.buckets)]
    for release in figures.releases:
        bucket = _bucket(figures.span, release)
        if 0 <= bucket < len(by_bucket):
            by_bucket[bucket].append(release.title)
    return [tuple(titles) for titles in by_bucket]


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
        notes.append("Partial: not finished yet")
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
    """The tooltip: a heading, the value, the previous value, releases."""
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
