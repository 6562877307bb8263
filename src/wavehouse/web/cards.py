"""The row of metric cards: total, change, sparkline, and the link that selects the chart."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from markupsafe import Markup

from wavehouse.charts import WEB, spark
from wavehouse.charts import format as fmt
from wavehouse.web.metrics import KINDS, Kind, Partial, figure, series_of, trend
from wavehouse.web.ranges import Query
from wavehouse.web.services import Figures, Grain, Metric, Series, Span
from wavehouse.web.view import Card, Trend


def cards(
    query: Query, current: Figures, before: Figures | None, partial: Partial
) -> tuple[Card, ...]:
    """A card for each metric with data, in the order of ``Metric``.

    Downloads and the chosen metric always have one.
    """
    kept = [m for m in Metric if m not in unknown(query, current)]
    return tuple(_card(metric, query, current, before, partial) for metric in kept)


def unknown(query: Query, current: Figures) -> tuple[Metric, ...]:
    """The metrics without a card, because they have no data in the range."""
    always = {Metric.DOWNLOADS, query.metric}
    return tuple(m for m in Metric if m not in always and not _known(series_of(current, m)))


def _known(series: Series) -> bool:
    return series.total is not None or bool(series.points)


def unknown_explained(query: Query, current: Figures) -> str:
    """A sentence about the metrics without a card and what they need; empty if there are none."""
    by_reason: dict[str, list[str]] = {}
    for metric in unknown(query, current):
        reason = KINDS[metric].why_empty or "no data in this range"
        by_reason.setdefault(reason, []).append(KINDS[metric].name.lower())
    parts = [f"{' and '.join(names)} ({reason})" for reason, names in by_reason.items()]
    return f"Not shown: {'; '.join(parts)}." if parts else ""


def _card(
    metric: Metric, query: Query, current: Figures, before: Figures | None, partial: Partial
) -> Card:
    kind, series = KINDS[metric], series_of(current, metric)
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


def _why(kind: Kind, series: Series) -> str:
    """The reason why there is no total; R44 for listeners with known days."""
    if series.total is not None:
        return ""
    return kind.why_unknown if series.points else kind.why_empty


def _spark(series: Series, partial: Partial) -> Markup:
    """The sparkline of completed buckets: a running one would look like a fall."""
    known = [None if value is None else float(value) for value in series.points[: partial.whole]]
    return Markup(spark(known, theme=WEB))  # noqa: S704 - our own drawing


def _trend(
    metric: Metric, current: Figures, before: Figures | None, partial: Partial
) -> Trend | None:
    """The change over the completed part of the range: the same hours or days of both.

    Buckets without data in either range are left out of both. A metric that is not additive has no
    change while the range is running or has such buckets.
    """
    if before is None or not before.covered:
        return None
    now, then = series_of(current, metric), series_of(before, metric)
    if metric is Metric.REVENUE and current.currency != before.currency:
        return None
    pairs = list(zip(now.points, then.points, strict=False))[: partial.whole]
    both = [(new, old) for new, old in pairs if new is not None and old is not None]
    has_gaps = len(both) < len(pairs)
    if not partial.running and not has_gaps:
        new, old = now.total, then.total
    elif KINDS[metric].additive and both:
        new, old = sum(Decimal(p[0]) for p in both), sum(Decimal(p[1]) for p in both)
    else:
        return None
    was = f"from {figure(metric, old, before.currency).shown}{_until(before.span, partial)}"
    was += " on the days with data" if has_gaps else ""
    if metric is Metric.COMPLETION and new is not None and old is not None:
        step = Decimal(new) - Decimal(old)
        direction = "up" if step > 0 else "down" if step < 0 else "same"
        return Trend(fmt.points(Decimal(new), Decimal(old)), direction, was)
    return trend(fmt.change(new, old), was)


def _until(span: Span, partial: Partial) -> str:
    """The end of the earlier range's compared part, when the current range is not over."""
    if not partial.running:
        return ""
    if span.grain is Grain.HOUR:
        return f" by {partial.whole:02}:00"
    return f" by {fmt.day(span.first + timedelta(days=partial.whole - 1))}"
