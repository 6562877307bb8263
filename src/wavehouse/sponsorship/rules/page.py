"""The printed page as data: texts and chart geometry, so that the template only does layout."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from wavehouse.charts import PRINT, Bar, Mark, Size, Timeseries, bars, timeseries
from wavehouse.charts import format as fmt
from wavehouse.kernel.money import ratio
from wavehouse.sponsorship.rules import wording
from wavehouse.sponsorship.rules.tables import sections, shown_figures
from wavehouse.sponsorship.types import AttributionMethod, DayCount, Figure, ReportData, ReportType

View = dict[str, Any]
_CHART = Size(660, 236)
_BARS = 320
_KPIS = {
    ReportType.SPONSOR: ("impressions", "conversions", "revenue", "roi"),
    ReportType.PERFORMANCE: ("impressions", "guaranteed", "pacing", "pace"),
    ReportType.ROI: ("spend", "revenue", "roas", "roi"),
}
_HEADS = {
    ReportType.SPONSOR: "Sponsor campaign report",
    ReportType.PERFORMANCE: "Performance summary",
    ReportType.ROI: "Return on investment",
}
_UNKNOWN = ("listening_time", "completion", "roi_interval")
_ROI_INPUTS = ("revenue", "spend", "net_return", "cost_per_conversion", "ecpm")


def view(data: ReportData) -> View:
    """Everything the sponsor template prints, as JSON values."""
    return {
        "number": data.number,
        "title": f"{data.sponsor} · {data.campaign}",
        "sponsor": data.sponsor,
        "campaign": data.campaign,
        "running": wording.shortened(f"{data.sponsor} · {data.campaign}", 68),
        "running_show": wording.shortened(data.podcast, 34),
        "podcast": data.podcast,
        "initials": _initials(data.podcast),
        "flight": wording.span(data.first_day, data.last_day),
        "generated": wording.moment(data.generated_at),
        "as_of": "–" if data.data_as_of is None else wording.moment(data.data_as_of),
        "summary": data.summary,
        "head": _HEADS[data.report_type],
        "sections": list(sections(data)),
        "cards": [_card(data, key) for key in _KPIS[data.report_type]],
        "chart": chart(data),
        "methods": _methods(data),
        "apart": _apart(data),
        "roi": _roi(data),
        "episodes": _episodes(data),
        "unknown": [_definition(data.figure(key)) for key in _UNKNOWN],
        "notes": [{"title": note.title, "text": note.text} for note in data.notes],
        "figures": [
            _definition(figure) for figure in shown_figures(data) if figure.id not in _UNKNOWN
        ],
    }


_CARD_NOTES = {
    "guaranteed": "for the whole flight",
    "pacing": "impressions ÷ booked",
    "pace": "of what is due by now",
    "roas": "revenue ÷ fee",
}


def _card(data: ReportData, key: str) -> View:
    figure = data.figure(key)
    text = figure.text
    if isinstance(figure.value, Decimal) and key == "revenue":
        text = wording.money(figure.value, data.currency, short=True)
    return {"label": figure.label, "text": text, "note": _card_note(data, key)}


def _card_note(data: ReportData, key: str) -> str:
    if key in ("conversions", "revenue") and not data.figure("conversions").value:
        return "none credited yet"
    if key == "impressions":
        booked = data.figure("guaranteed")
        if booked.value is None:
            return "none were booked"
        return f"{data.figure('pacing').text} of booked"
    if key == "conversions":
        return f"{data.figure('conversion_rate').text} of impressions"
    if key == "revenue":
        return f"{data.figure('aov').text} per conversion"
    if key == "spend":
        _, _, days = data.figure("spend").label.partition(", ")
        return f"for {days}" if days else "as booked"
    if key in _CARD_NOTES:
        return _CARD_NOTES[key]
    return f"95 % interval {data.figure('roi_interval').text}"


def chart(data: ReportData) -> View:
    """Impressions per day, drawn as on the web, in print colours."""
    marks = [Mark(wording.day(day.day), "", _height(day)) for day in data.days]
    partial = len(marks) - 1 if marks and data.days[-1].partial else None
    pace = None if data.pace_per_day is None else float(data.pace_per_day)
    series = Timeseries("Impressions", tuple(marks), fmt.axis, partial=partial, pace=pace)
    return {
        "svg": timeseries(series, theme=PRINT, size=_CHART),
        "silent": not any(day.impressions for day in data.days),
        "pace": pace is not None,
        "alt": _chart_alt(data.days),
    }


def _height(day: DayCount) -> float | None:
    return None if day.impressions is None else float(day.impressions)


def _chart_alt(days: tuple[DayCount, ...]) -> str:
    if not any(day.impressions for day in days):
        return "Impressions per day: none in this period."
    best = max(days, key=lambda day: day.impressions or 0)
    total = sum(day.impressions or 0 for day in days)
    return (
        f"Impressions per day: {wording.whole(total)} in {wording.counted(len(days), 'day')}, "
        f"most on {wording.full_day(best.day)} with {wording.whole(best.impressions)}."
    )


def _methods(data: ReportData) -> View:
    drawn = [
        Bar(AttributionMethod(line.method).label, line.conversions, wording.whole(line.conversions))
        for line in data.methods
    ]
    return {
        "svg": bars(drawn, theme=PRINT, label="Conversions by method", width=_BARS),
        "lines": [
            {
                "label": line.label,
                "conversions": wording.whole(line.conversions),
                "revenue": line.revenue_text,
            }
            for line in data.methods
        ],
        "total": {
            "conversions": data.figure("conversions").text,
            "revenue": data.figure("revenue").text,
        },
    }


def _apart(data: ReportData) -> list[View]:
    return [
        {
            "conversions": wording.whole(line.conversions),
            "value": wording.money(line.value, line.currency),
        }
        for line in data.unconverted
    ]


def _roi(data: ReportData) -> View:
    margin, fee = data.figure("margin"), data.figure("spend").text
    keys = list(_ROI_INPUTS)
    if margin.value != 1:
        keys.insert(1, "margin")
    gross = data.figure("revenue").text
    gross = gross if margin.value == 1 else f"{gross} × {margin.text}"
    result = data.figure("roi")
    formula = f"({gross} − {fee}) ÷ {fee} = {result.text}"
    return {
        "inputs": [
            {"label": data.figure(key).label, "text": data.figure(key).text} for key in keys
        ],
        "result": result.text,
        "formula": formula if result.value is not None else "there is no fee to divide by",
        "spend": "the campaign's whole value as booked"
        if data.first_day <= data.flight_start and data.flight_end <= data.last_day
        else "the part of the campaign's value for these days, spread evenly over the flight",
    }


def _episodes(data: ReportData) -> list[View]:
    total = sum(line.impressions for line in data.episodes)
    return [
        {
            "number": "" if line.number is None else str(line.number),
            "title": wording.without_number(line.title, line.number),
            "released": wording.day(line.released)
            + ("" if line.released.year == data.last_day.year else f" {line.released.year}"),
            "impressions": wording.whole(line.impressions),
            "share": fmt.percent(ratio(line.impressions, total)),
        }
        for line in data.episodes
    ]


def _definition(figure: Figure) -> View:
    return {
        "label": figure.label,
        "text": figure.text,
        "definition": figure.definition,
        "rule": figure.rule,
    }


def _initials(title: str) -> str:
    """Two letters for the show's logo."""
    words = [word for word in title.split() if word[:1].isalnum()]
    return (words[0][:2] if words else "–").strip()
