"""From the inputs of a sponsor report to its data: first numbers, then wording."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from wavehouse.sponsorship.rules import sentences, states, wording
from wavehouse.sponsorship.rules.figures import all_figures
from wavehouse.sponsorship.rules.numbers import numbers_of
from wavehouse.sponsorship.types import (
    Campaign,
    DayCount,
    Delivery,
    Figure,
    MethodLine,
    ReportData,
    ReportInputs,
    StateChange,
)

TEMPLATE = "sponsor"


def build(inputs: ReportInputs) -> ReportData:
    """The report's data: computed, then worded. The same inputs give the same data and number."""
    campaign, numbers = inputs.campaign, numbers_of(inputs)
    figures = all_figures(inputs, numbers)
    return ReportData(
        number=_number(inputs, figures),
        report_type=inputs.report_type,
        template_id=TEMPLATE,
        sponsor=inputs.sponsor.company or inputs.sponsor.name,
        podcast=inputs.podcast_title,
        campaign=campaign.name,
        campaign_id=campaign.campaign_id,
        status=campaign.status.value,
        flight_start=campaign.start_date,
        flight_end=campaign.end_date,
        first_day=inputs.first_day,
        last_day=inputs.last_day,
        currency=campaign.currency,
        generated_at=inputs.generated_at,
        data_as_of=inputs.counting.data_as_of,
        summary=sentences.summary(inputs, numbers),
        figures=figures,
        days=inputs.days,
        pace_per_day=numbers.pace_per_day,
        methods=_methods(inputs),
        unconverted=inputs.results.unconverted,
        episodes=inputs.episodes,
        notes=sentences.notes(inputs, numbers),
    )


def by_day(
    counted: Delivery,
    campaign: Campaign,
    history: Sequence[StateChange],
    *,
    first: date,
    last: date,
    now: datetime,
) -> tuple[DayCount, ...]:
    """Each day of the flight within the report and until now; today is partial.

    A day without a request for any show is a gap; a day on which the campaign was not
    active delivers nothing.
    """
    totals: dict[date, int] = {}
    for row in counted.days:
        totals[row.day] = totals.get(row.day, 0) + row.downloads
    today = now.date()
    start, end = max(first, campaign.start_date), min(last, campaign.end_date, today)
    days = []
    for day in (start + timedelta(days=n) for n in range((end - start).days + 1)):
        paused = not states.active_on(history, day)
        known = day in counted.with_data
        count = 0 if paused else totals.get(day, 0) if known else None
        days.append(DayCount(day, count, day == today, paused))
    return tuple(days)


def _methods(inputs: ReportInputs) -> tuple[MethodLine, ...]:
    currency = inputs.campaign.currency
    codes = inputs.campaign.promo_codes
    lines = sorted(inputs.results.by_method, key=lambda m: (-m.conversions, m.method))
    return tuple(
        MethodLine(
            method=line.method.value,
            label=f"{line.method.label} {codes[0]}"
            if line.method.value == "promo_code" and len(codes) == 1
            else line.method.label,
            conversions=line.conversions,
            revenue=line.revenue,
            revenue_text=wording.money(line.revenue, currency),
        )
        for line in lines
    )


def _number(inputs: ReportInputs, figures: tuple[Figure, ...]) -> str:
    """A reproducible report number: the year and a hash of the contents."""
    shown = [str(inputs.campaign.campaign_id), str(inputs.first_day), str(inputs.last_day)]
    shown += [inputs.generated_at.isoformat()]
    shown += [f"{figure.id}={figure.value}" for figure in figures]
    digest = hashlib.sha256("\x1f".join(shown).encode()).hexdigest()[:8].upper()
    return f"R-{inputs.generated_at.year}-{digest}"
