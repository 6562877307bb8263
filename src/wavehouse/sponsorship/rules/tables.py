"""A report as tables, one per sheet or file of a spreadsheet or CSV export."""

from __future__ import annotations

from decimal import Decimal

from wavehouse.sponsorship.types import DayCount, Figure, ReportData, Table


def tables(data: ReportData) -> tuple[Table, ...]:
    """The tables of a report with exact values; sections outside its type are left out."""
    parts = sections(data)
    rows = [_cover(data), _figures(data)]
    if "delivery" in parts:
        rows.append(_daily(data))
    if "episodes" in parts:
        rows.append(_episodes(data))
    if "conversions" in parts:
        rows.append(_conversions(data))
    return (*rows, _definitions(data))


SECTIONS = {
    "sponsor_report": ("delivery", "conversions", "roi", "episodes", "unknown"),
    "performance_summary": ("delivery", "episodes", "unknown"),
    "roi_report": ("conversions", "roi"),
}
_PART_OF = {
    "delivery": (
        "impressions",
        "guaranteed",
        "pacing",
        "pace",
        "pace_per_day",
    ),
    "conversions": ("conversions", "refunds", "revenue", "unconverted", "conversion_rate", "aov"),
    "roi": (
        "revenue",
        "spend",
        "margin",
        "net_return",
        "cost_per_conversion",
        "ecpm",
        "roas",
        "roi",
        "roi_interval",
    ),
    "unknown": ("listening_time", "completion"),
}


def sections(data: ReportData) -> tuple[str, ...]:
    """The sections of a report type."""
    return SECTIONS[data.report_type]


def shown_figures(data: ReportData) -> tuple[Figure, ...]:
    """The figures of the report's sections; delivered impressions are always included."""
    wanted = {"impressions"}
    for section in sections(data):
        wanted.update(_PART_OF.get(section, ()))
    return tuple(figure for figure in data.figures if figure.id in wanted)


def _cover(data: ReportData) -> Table:
    rows: list[tuple[object, ...]] = [
        ("report", data.number),
        ("type", data.report_type.value),
        ("sponsor", data.sponsor),
        ("campaign", data.campaign),
        ("show", data.podcast),
        ("status", data.status),
        ("flight_start", data.flight_start),
        ("flight_end", data.flight_end),
        ("first_day", data.first_day),
        ("last_day", data.last_day),
        ("currency", data.currency),
        ("generated_at", data.generated_at),
        ("data_as_of", data.data_as_of),
        ("summary", data.summary),
    ]
    return Table("cover", "Report", ("field", "value"), tuple(rows))


def _figures(data: ReportData) -> Table:
    rows = tuple((f.id, f.label, f.value, f.unit) for f in shown_figures(data))
    return Table("figures", "Figures", ("figure", "label", "value", "unit"), rows)


def _daily(data: ReportData) -> Table:
    rows: list[tuple[object, ...]] = [
        (day.day, day.impressions, _day_note(day)) for day in data.days
    ]
    rows.append(("total", sum(day.impressions or 0 for day in data.days), ""))
    return Table("daily", "Impressions per day", ("day", "impressions", "note"), tuple(rows))


def _day_note(day: DayCount) -> str:
    if day.paused:
        return "not active"
    if day.impressions is None:
        return "no data"
    return "partial" if day.partial else ""


def _episodes(data: ReportData) -> Table:
    rows: list[tuple[object, ...]] = [
        (line.number, line.title, line.released, line.impressions) for line in data.episodes
    ]
    rows.append(("total", "", None, sum(line.impressions for line in data.episodes)))
    columns = ("number", "episode", "released", "impressions")
    return Table("episodes", "Episodes", columns, tuple(rows))


def _conversions(data: ReportData) -> Table:
    rows: list[tuple[object, ...]] = [
        (line.method, line.label, line.conversions, line.revenue, data.currency)
        for line in data.methods
    ]
    conversions = sum(line.conversions for line in data.methods)
    revenue = sum((line.revenue for line in data.methods), Decimal(0))
    rows.append(("total", "", conversions, revenue, data.currency))
    rows += [
        ("not converted", f"worth {u.value} {u.currency}", u.conversions, None, u.currency)
        for u in data.unconverted
    ]
    columns = ("method", "label", "conversions", "revenue", "currency")
    return Table("conversions", "Conversions", columns, tuple(rows))


def _definitions(data: ReportData) -> Table:
    rows = tuple(
        (f.id, f.definition, f.rule, f.rule_version, f.data_as_of) for f in shown_figures(data)
    )
    columns = ("figure", "definition", "rule", "rule_version", "data_as_of")
    return Table("definitions", "Definitions", columns, rows)
