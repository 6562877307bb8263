"""From the inputs of a sponsor report to its data: figures, sentences, tables, notes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from wavehouse.sponsorship.rules import formulas, states, wording
from wavehouse.sponsorship.rules.figures import all_figures, delivered, fee_of, pace_of
from wavehouse.sponsorship.types import (
    Campaign,
    DayCount,
    Delivery,
    Figure,
    MethodLine,
    Note,
    ReportData,
    ReportInputs,
    ReportType,
    StateChange,
    Unconverted,
)

TEMPLATE = "sponsor"
_STANDS_OUT = Decimal("1.25")  # an episode is named when it brought a quarter more than its share


def build(inputs: ReportInputs) -> ReportData:
    """The report's data. The same inputs give the same data, number and all."""
    campaign, figures = inputs.campaign, all_figures(inputs)
    pace = formulas.pace_per_day(campaign.guaranteed_impressions, campaign.flight_days)
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
        summary=summary(inputs),
        figures=figures,
        days=inputs.days,
        pace_per_day=pace,
        methods=_methods(inputs),
        unconverted=inputs.results.unconverted,
        episodes=inputs.episodes,
        notes=_notes(inputs),
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
    """Each day of the flight within the report and up to now; today is not over yet.

    A day on which nothing was counted for any show is a gap; a day on which the campaign was not
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


def gaps(days: Iterable[DayCount]) -> tuple[date, ...]:
    """Days without data, not counting the one that is not over."""
    return tuple(day.day for day in days if day.impressions is None and not day.partial)


def summary(inputs: ReportInputs) -> str:
    """The report in words, built from the figures it shows."""
    parts = []
    if inputs.report_type is not ReportType.ROI:
        parts.append(_delivery_sentence(inputs))
    if inputs.report_type is not ReportType.PERFORMANCE:
        parts.append(_money_sentence(inputs))
    if inputs.report_type is not ReportType.ROI:
        parts.append(_episode_sentence(inputs))
    return " ".join(part for part in parts if part)


def _delivery_sentence(inputs: ReportInputs) -> str:
    campaign, count = inputs.campaign, delivered(inputs)
    if not count:
        return "No impression has been counted for this campaign in this period yet."
    share = formulas.pacing(count, campaign.guaranteed_impressions)
    of_booked = f", {wording.percent(share)} of the booked volume" if share is not None else ""
    left = (campaign.end_date - min(inputs.last_day, inputs.generated_at.date())).days
    ending = f", with {wording.counted(left, 'day')} left" if left > 0 else ""
    noun = "impression" if count == 1 else "impressions"
    verb = "has delivered" if left > 0 else "delivered"
    pace = pace_of(inputs)
    on_pace = (
        f" That is {wording.percent(pace)} of what is due by now." if pace and left > 0 else ""
    )
    return f"The campaign {verb} {wording.whole(count)} {noun}{of_booked}{ending}.{on_pace}"


def _money_sentence(inputs: ReportInputs) -> str:
    campaign, results, part = inputs.campaign, inputs.results, fee_of(inputs)
    fee = wording.money(part.amount, campaign.currency, short=True)
    if not part.is_whole:
        fee = f"{fee} for {part.days} of {part.flight_days} days"
    if not results.conversions:
        return f"No conversion has been credited to it, on a fee of {fee}."
    revenue = wording.money(results.revenue, campaign.currency, short=True)
    noun = "conversion" if results.conversions == 1 else "conversions"
    count = f"{wording.whole(results.conversions)} attributed {noun}"
    back = formulas.roas(results.revenue, part.amount)
    if back is None:
        return f"{count} brought {revenue}."
    unit = _UNITS.get(campaign.currency, campaign.currency)
    each = wording.money(back, campaign.currency)
    return f"{count} brought {revenue} on a fee of {fee}: each {unit} spent has returned {each}."


def _episode_sentence(inputs: ReportInputs) -> str:
    count = delivered(inputs)
    if len(inputs.episodes) < 2 or not count:
        return ""
    best = max(inputs.episodes, key=lambda line: (line.impressions, line.episode_id.int))
    share = Decimal(best.impressions) / count
    if share * len(inputs.episodes) < _STANDS_OUT:
        return ""
    title = wording.without_number(best.title, best.number)
    return f"“{title}” alone brought {wording.percent(share)} of all impressions."


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


def _notes(inputs: ReportInputs) -> tuple[Note, ...]:
    counting, campaign = inputs.counting, inputs.campaign
    lists = ", ".join(f"{name} {version}" for name, version in sorted(_lists(inputs).items()))
    notes = [
        Note(
            "Impressions",
            "An impression is a counted download of an episode that carried the campaign, on a "
            "day of its flight (UTC). A download counts once per listener, episode and day when "
            "one minute of audio was sent; known bots, data centres and watches are left out. "
            f"Rules R01–R34, version {counting.rule_version}"
            + (f"; lists: {lists}" if lists else "")
            + f"; {wording.data_to(counting.data_as_of)}."
            + _delivery_note(inputs),
        ),
        Note(
            "Conversions",
            "A promo code names its campaign from the first day of the flight to "
            f"{wording.counted(campaign.grace_days, 'day')} after the last; spelling is compared "
            "without case and blanks (AT05). An order counts once per sponsor (AT02) and its "
            "credit goes to the last touch (AT09). Rules version "
            f"{inputs.attribution.rule_version}; "
            f"{wording.data_to(inputs.attribution.data_as_of)}.",
        ),
        Note("Money", _money_note(inputs)),
        Note(
            "Not in this report",
            "Server logs cannot show listening time or who heard an ad to its end, and codes have "
            "no control group to give an interval: these figures show “–” rather than a guess. "
            "No personal data of listeners is in this report.",
        ),
    ]
    about_money = ("Conversions", "Money")
    no_money = inputs.report_type is ReportType.PERFORMANCE
    return tuple(note for note in notes if not (no_money and note.title in about_money))


def _delivery_note(inputs: ReportInputs) -> str:
    """What a reader must know of the days: gaps, pauses, and whose downloads they are."""
    parts = []
    missing = gaps(inputs.days)
    if missing:
        parts.append(
            f"No data for {wording.counted(len(missing), 'day')} ({wording.days(missing)}): their "
            "impressions are unknown and shown as a gap."
        )
    paused = [day.day for day in inputs.days if day.paused]
    if paused:
        parts.append(
            f"The campaign was not active on {wording.counted(len(paused), 'day')} "
            f"({wording.days(paused)}), which deliver nothing."
        )
    if inputs.whole_show:
        parts.append("The campaign names no episodes: every episode of the show carries it.")
    return "".join(f" {part}" for part in parts)


def _money_note(inputs: ReportInputs) -> str:
    part, campaign = fee_of(inputs), inputs.campaign
    spend = "Spend is the campaign's whole value as booked."
    if not part.is_whole:
        whole = wording.money(campaign.campaign_value, campaign.currency)
        spend = (
            f"Spend is the part of the fee of {whole} for {part.days} of the {part.flight_days} "
            "days of the flight, spread evenly."
        )
    text = (
        f"{spend} ROI is net return divided by that fee. A ratio over zero is shown as “–” (AT22)."
    )
    apart = inputs.results.unconverted
    if not apart:
        return f"{text} All order values were in {inputs.campaign.currency}."
    return (
        f"{text} {wording.capitalised(_apart(apart))} counted, but not added to the revenue: no "
        "exchange rate is stored for their day (AT23)."
    )


def _apart(lines: tuple[Unconverted, ...]) -> str:
    total = sum(line.conversions for line in lines)
    each = ", ".join(wording.money(line.value, line.currency) for line in lines)
    noun = wording.counted(total, "conversion")
    return f"{noun} in other currencies ({each}) {'is' if total == 1 else 'are'}"


def _lists(inputs: ReportInputs) -> dict[str, str]:
    return {**inputs.attribution.list_versions, **inputs.counting.list_versions}


def _number(inputs: ReportInputs, figures: tuple[Figure, ...]) -> str:
    """A number that says the same inputs again: year, and a hash of what is shown."""
    shown = [str(inputs.campaign.campaign_id), str(inputs.first_day), str(inputs.last_day)]
    shown += [inputs.generated_at.isoformat()]
    shown += [f"{figure.id}={figure.value}" for figure in figures]
    digest = hashlib.sha256("\x1f".join(shown).encode()).hexdigest()[:8].upper()
    return f"R-{inputs.generated_at.year}-{digest}"


_UNITS = {"EUR": "euro", "USD": "dollar", "GBP": "pound"}
