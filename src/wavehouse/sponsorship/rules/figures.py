"""The numbers of a sponsor report as figures: wording, definition and provenance (AT21–AT24)."""

from __future__ import annotations

from decimal import Decimal

from wavehouse.kernel.money import rounded, smallest
from wavehouse.sponsorship.rules import wording
from wavehouse.sponsorship.types import Fee, Figure, Provenance, ReportInputs, ReportNumbers

ATTRIBUTION_VERSION = "attribution-1"
_MICRO = Decimal("0.000001")


def all_figures(inputs: ReportInputs, numbers: ReportNumbers) -> tuple[Figure, ...]:
    """Every figure of the report, in reading order."""
    return (
        *_delivery(inputs, numbers),
        *_outcome(inputs, numbers),
        *_money(inputs, numbers),
        *_unknowable(inputs),
    )


def _delivery(inputs: ReportInputs, numbers: ReportNumbers) -> list[Figure]:
    campaign, proof = inputs.campaign, inputs.counting
    count, share = numbers.impressions, numbers.share_of_booked
    pace, on_pace = numbers.pace_per_day, numbers.pace
    return [
        _figure(
            "impressions", "Impressions", count, "downloads", wording.whole(count), proof,
            "Downloads of the episodes that carried the campaign, on the days of its flight.",
            "R01–R34",
        ),
        _figure(
            "guaranteed", "Booked impressions", campaign.guaranteed_impressions, "downloads",
            wording.whole(campaign.guaranteed_impressions), inputs.attribution,
            "The number of impressions promised to the sponsor for the whole flight.", "AT21",
        ),
        _figure(
            "pacing", "Share of booked", share, "ratio", wording.percent(share), proof,
            "Impressions ÷ booked impressions.", "AT21",
        ),
        _figure(
            "pace", "Pace", on_pace, "ratio", wording.percent(on_pace), proof,
            "Impressions ÷ the booked impressions due by the report's last day.", "AT21",
        ),
        _figure(
            "pace_per_day", "Pace needed", pace, "downloads/day",
            wording.whole(None if pace is None else int(rounded(pace, Decimal(1)))), proof,
            "Booked impressions ÷ days of the flight.", "AT21",
        ),
    ]  # fmt: skip


def _outcome(inputs: ReportInputs, numbers: ReportNumbers) -> list[Figure]:
    results, proof = inputs.results, inputs.attribution
    rate, apart = numbers.conversion_rate, numbers.foreign_conversions
    currency = inputs.campaign.currency
    return [
        _figure(
            "conversions", "Conversions", results.conversions, "conversions",
            wording.whole(results.conversions), proof,
            "Orders and sign-ups credited to the campaign, each order once; refunds are not "
            "conversions.", "AT02, AT10",
        ),
        _figure(
            "refunds", "Refunds", results.refunds, "rows", wording.whole(results.refunds), proof,
            "Rows with a negative value: they lower the revenue.", "AT02",
        ),
        _figure(
            "revenue", "Attributed revenue", results.revenue, currency,
            wording.money(results.revenue, currency), proof,
            "Order values credited to the campaign in its currency, minus refunds.",
            "AT05, AT09",
        ),
        _figure(
            "unconverted", "Conversions in other currencies", apart, "conversions",
            wording.whole(apart), proof,
            "Counted as conversions; their value is reported separately and not "
            "added, as no exchange rate is stored for their day.", "AT23",
        ),
        _figure(
            "conversion_rate", "Conversions per impression", rate, "ratio",
            wording.percent(rate), proof, "Conversions ÷ impressions.", "AT21",
        ),
    ]  # fmt: skip


def _money(inputs: ReportInputs, numbers: ReportNumbers) -> list[Figure]:
    campaign, proof, part = inputs.campaign, inputs.attribution, numbers.fee
    currency, margin, roas, roi = campaign.currency, campaign.margin, numbers.roas, numbers.roi
    return [
        _amount("spend", _fee_label(part), part.amount, currency, proof, _fee_definition(part)),
        _figure("margin", "Margin", margin, "ratio", wording.percent(margin), proof,
                "The share of revenue that the sponsor keeps; 100 % unless the sponsor names one.",
                "AT21"),
        _amount("net_return", "Net return", numbers.net_return, currency, proof,
                "Attributed revenue × margin − sponsorship fee."),
        _amount("cost_per_conversion", "Cost per conversion",
                numbers.cost_per_conversion, currency, proof,
                "Sponsorship fee ÷ conversions."),
        _amount("ecpm", "Effective cost per thousand",
                numbers.ecpm, currency, proof,
                "Sponsorship fee ÷ impressions × 1,000."),
        _amount("aov", "Revenue per conversion", numbers.aov, currency,
                proof, "Attributed revenue ÷ conversions in the campaign's currency."),
        _figure("roas", "Return on ad spend", roas, "×", wording.times(roas),
                proof, "Attributed revenue ÷ sponsorship fee.", "AT21"),
        _figure("roi", "ROI", roi, "×", wording.times(roi), proof,
                "(Attributed revenue × margin − sponsorship fee) ÷ sponsorship fee.",
                "AT21, AT22"),
    ]  # fmt: skip


def _fee_label(part: Fee) -> str:
    """The name of the fee, with the days when only part of it counts."""
    if part.is_whole:
        return "Sponsorship fee"
    return f"Sponsorship fee, {part.days} of {part.flight_days} days"


def _fee_definition(part: Fee) -> str:
    if part.is_whole:
        return "The campaign's value as booked, for the whole flight."
    return (
        f"The part of the campaign's booked value for {part.days} of the {part.flight_days} days "
        "of its flight, spread evenly over the days."
    )


def _unknowable(inputs: ReportInputs) -> list[Figure]:
    named = {
        "listening_time": ("Listening time", "hours"),
        "completion": ("Heard to end", "ratio"),
        "roi_interval": ("95 % interval of ROI", "×"),
    }
    reasons = {
        "listening_time": "Server logs show what was fetched, not what was heard.",
        "completion": "Server logs show what was fetched, not what was heard.",
        "roi_interval": "An interval needs a control group; codes alone have none.",
    }
    return [
        _figure(key, label, None, unit, wording.UNKNOWN, inputs.counting, reasons[key], "AT22")
        for key, (label, unit) in named.items()
    ]


def _amount(
    key: str, label: str, value: Decimal | None, currency: str, proof: Provenance, definition: str
) -> Figure:
    exact = None if value is None else rounded(value, smallest(currency))
    text = wording.money(value, currency)
    return _figure(key, label, exact, currency, text, proof, definition, "AT21")


def _figure(
    key: str,
    label: str,
    value: Decimal | int | None,
    unit: str,
    text: str,
    proof: Provenance,
    definition: str,
    rule: str,
) -> Figure:
    exact = rounded(value, _MICRO) if isinstance(value, Decimal) and unit in _RATIOS else value
    return Figure(
        id=key,
        label=label,
        value=exact,
        unit=unit,
        text=text,
        definition=definition,
        rule=rule,
        rule_version=proof.rule_version,
        list_versions=proof.list_versions,
        data_as_of=proof.data_as_of,
    )


_RATIOS = ("ratio", "×", "downloads/day")
