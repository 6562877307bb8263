"""The sentences of a sponsor report: its summary and its notes, worded from its numbers."""

from __future__ import annotations

from datetime import timedelta

from wavehouse.sponsorship.rules import wording
from wavehouse.sponsorship.types import Note, ReportInputs, ReportNumbers, ReportType, Unconverted

_UNITS = {"EUR": "euro", "USD": "dollar", "GBP": "pound"}


def summary(inputs: ReportInputs, numbers: ReportNumbers) -> str:
    """The report as text, with the sections of its type."""
    delivery, money = _delivery(inputs, numbers), _money(inputs, numbers)
    parts = {
        ReportType.SPONSOR: (delivery, money, _outstanding(numbers)),
        ReportType.PERFORMANCE: (delivery, _outstanding(numbers)),
        ReportType.ROI: (money,),
    }
    return " ".join(part for part in parts[inputs.report_type] if part)


def _delivery(inputs: ReportInputs, numbers: ReportNumbers) -> str:
    count, share, left = numbers.impressions, numbers.share_of_booked, numbers.days_left
    if not count:
        return "No impression has been counted for this campaign in this period yet."
    noun = "impression" if count == 1 else "impressions"
    if inputs.first_day > inputs.campaign.start_date:
        whole = f", {wording.percent(share)} of those booked for all of it" if share else ""
        part = f"{wording.whole(count)} {noun} in this part of its flight"
        return f"The campaign delivered {part}{whole}."
    verb = "has delivered" if left else "delivered"
    booked = f", {wording.percent(share)} of the booked volume" if share is not None else ""
    ending = f", with {wording.counted(left, 'day')} left" if left else ""
    due = f" That is {wording.percent(numbers.pace)} of what is due by now."
    on_pace = due if numbers.pace and left else ""
    return f"The campaign {verb} {wording.whole(count)} {noun}{booked}{ending}.{on_pace}"


def _money(inputs: ReportInputs, numbers: ReportNumbers) -> str:
    campaign, results, part = inputs.campaign, inputs.results, numbers.fee
    currency = campaign.currency
    fee = wording.money(part.amount, currency, short=True)
    if not part.is_whole:
        fee = f"{fee} for {part.days} of {part.flight_days} days"
    if not results.conversions:
        return f"No conversion has been credited to it, on a fee of {fee}."
    noun = "conversion" if results.conversions == 1 else "conversions"
    count = f"{wording.whole(results.conversions)} attributed {noun}"
    brought = f"{count} brought {wording.money(results.revenue, currency, short=True)}"
    if numbers.roas is None:
        return f"{brought}."
    unit, back = _UNITS.get(currency, currency), wording.money(numbers.roas, currency)
    return f"{brought} on a fee of {fee}: each {unit} spent has returned {back}."


def _outstanding(numbers: ReportNumbers) -> str:
    best = numbers.outstanding
    if best is None:
        return ""
    title = wording.without_number(best.episode.title, best.episode.number)
    return f"“{title}” alone brought {wording.percent(best.share)} of all impressions."


def notes(inputs: ReportInputs, numbers: ReportNumbers) -> tuple[Note, ...]:
    """The paragraphs on how the numbers were computed, for the report's type."""
    counting, campaign = inputs.counting, inputs.campaign
    lists = ", ".join(f"{name} {version}" for name, version in sorted(_lists(inputs).items()))
    every = [
        Note(
            "Impressions",
            "An impression is a counted download of an episode that carried the "
            "campaign, on a day of its flight (UTC). A download counts once per "
            "listener, episode and day when one minute of audio was sent; known "
            "bots, data centres and watches are excluded. Rules R01–R34, version "
            f"{counting.rule_version}"
            + (f"; lists: {lists}" if lists else "")
            + f"; {wording.data_to(counting.data_as_of)}."
            + _delivery_note(inputs, numbers),
        ),
        Note(
            "Conversions",
            "A promo code names its campaign from the first day of the flight to "
            f"{wording.counted(campaign.grace_days, 'day')} after the last; spelling is compared "
            "without case and blanks (AT05). An order counts once per sponsor (AT02) and its "
            "credit goes to the last touch (AT09). Rules version "
            f"{inputs.attribution.rule_version}; "
            f"{wording.data_to(inputs.attribution.data_as_of)}." + _after_flight(inputs),
        ),
        Note("Money", _money_note(inputs, numbers)),
        Note(
            "Not in this report",
            "Server logs cannot show listening time or who heard an ad to its end, and codes have "
            "no control group to give an interval: these figures show “–” rather than a guess. "
            "No personal data of listeners is in this report.",
        ),
    ]
    about_money = ("Conversions", "Money")
    no_money = inputs.report_type is ReportType.PERFORMANCE
    return tuple(note for note in every if not (no_money and note.title in about_money))


def _delivery_note(inputs: ReportInputs, numbers: ReportNumbers) -> str:
    """Notes on the days: gaps, pauses, and whose downloads they are."""
    parts = []
    missing, paused = numbers.gaps, numbers.paused
    if missing:
        parts.append(
            f"No data for {wording.counted(len(missing), 'day')} ({wording.days(missing)}): their "
            "impressions are unknown and shown as a gap."
        )
    if paused:
        parts.append(
            f"The campaign was not active on {wording.counted(len(paused), 'day')} "
            f"({wording.days(paused)}), which deliver nothing."
        )
    if inputs.whole_show:
        parts.append("The campaign names no episodes: every episode of the show carries it.")
    return "".join(f" {part}" for part in parts)


def _after_flight(inputs: ReportInputs) -> str:
    """A sentence about orders with the campaign's codes after the report's last day."""
    later, campaign = inputs.after_flight, inputs.campaign
    if later is None or not (later.conversions or later.refunds):
        return ""
    until = campaign.end_date + timedelta(days=campaign.grace_days)
    brought = wording.money(later.revenue, campaign.currency)
    return (
        f" After this report's last day, until {wording.full_day(until)}, the campaign was "
        f"credited with {wording.counted(later.conversions, 'conversion')} worth {brought}, which "
        "are not in this report."
    )


def _money_note(inputs: ReportInputs, numbers: ReportNumbers) -> str:
    part, campaign = numbers.fee, inputs.campaign
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
        return f"{text} All order values were in {campaign.currency}."
    named = wording.capitalised(_apart(apart, numbers.foreign_conversions))
    return (
        f"{text} {named} counted, but not added to the revenue, as no exchange "
        "rate is stored for their day (AT23)."
    )


def _apart(lines: tuple[Unconverted, ...], total: int) -> str:
    each = ", ".join(wording.money(line.value, line.currency) for line in lines)
    noun = wording.counted(total, "conversion")
    return f"{noun} in other currencies ({each}) {'is' if total == 1 else 'are'}"


def _lists(inputs: ReportInputs) -> dict[str, str]:
    return {**inputs.attribution.list_versions, **inputs.counting.list_versions}
