from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from wavehouse.kernel.errors import InvalidInput
from wavehouse.sponsorship.rules import page, reporting, states, tables
from wavehouse.sponsorship.types import ReportInputs, Unconverted


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("impressions", "121,480"),
        ("pacing", "104\u00a0%"),
        ("conversions", "412"),
        ("conversion_rate", "0.34\u00a0%"),
        ("revenue", "€18,240"),
        ("net_return", "€13,725"),
        ("cost_per_conversion", "€10.96"),
        ("ecpm", "€37.17"),
        ("roi", "3.04×"),
    ],
)
def test_at21_the_report_shows_the_figures_worked_out_by_hand(
    whole: ReportInputs, figure: str, text: str
) -> None:
    """The requested example, figure by figure."""
    assert text == reporting.build(whole).figure(figure).text


def test_at21_a_part_of_a_flight_costs_its_part_of_the_fee(inputs: ReportInputs) -> None:
    """31 of 36 days: €4,515 × 31 ÷ 36 = €3,887.92; (18,240 − 3,887.92) ÷ 3,887.92 = 3.69."""
    data = reporting.build(inputs)
    spend, money = data.figure("spend"), next(n.text for n in data.notes if n.title == "Money")
    assert ("Sponsorship fee, 31 of 36 days", Decimal("3887.92"), "3.69×") == (
        spend.label,
        spend.value,
        data.figure("roi").text,
    )
    assert "the part of the fee of €4,515 for 31 of the 36 days" in money


def test_at21_pace_is_delivered_over_what_is_due_by_now(inputs: ReportInputs) -> None:
    """116,800 × 31 ÷ 36 = 100,577.8 are due; a report that begins later has no pace."""
    later = replace(inputs, first_day=inputs.first_day + timedelta(days=1))
    paces = [reporting.build(each).figure("pace").text for each in (inputs, later)]
    assert ["121\u00a0%", "–"] == paces


def test_a_day_without_data_is_a_gap_and_a_paused_day_delivers_nothing(
    inputs: ReportInputs,
) -> None:
    """The gap is drawn, left out of sums, and named; so is the pause."""
    first, second, *rest = inputs.days
    days = (replace(first, impressions=None), replace(second, impressions=0, paused=True), *rest)
    data = reporting.build(replace(inputs, days=days))
    note = next(n.text for n in data.notes if n.title == "Impressions")
    assert 121_480 - 7_800 == data.figure("impressions").value
    assert "No data for one day (21 October 2026)" in note
    assert "not active on one day (22 October 2026)" in note
    daily = next(table for table in tables.tables(data) if table.name == "daily")
    assert [(None, "no data"), (0, "not active")] == [row[1:] for row in daily.rows[:2]]


def test_a_campaign_without_episodes_says_that_the_whole_show_carries_it(
    inputs: ReportInputs,
) -> None:
    """The page states whose downloads are shown."""
    data = reporting.build(replace(inputs, whole_show=True))
    note = next(n.text for n in data.notes if n.title == "Impressions")
    assert "every episode of the show carries it" in note


def test_data_reaches_to_the_last_event(inputs: ReportInputs) -> None:
    """A later conversion makes downloads no more recent; without events the date is unknown."""
    late = replace(inputs, attribution=replace(inputs.attribution, data_as_of=inputs.generated_at))
    none = replace(inputs, counting=replace(inputs.counting, data_as_of=None))
    dates = [reporting.build(each).data_as_of for each in (late, none)]
    assert [inputs.counting.data_as_of, None] == dates
    assert "no data yet" in reporting.build(none).notes[0].text


def test_at24_every_figure_carries_its_definition_rule_versions_and_data_as_of(
    inputs: ReportInputs,
) -> None:
    """Each figure states how it was computed."""
    figures = reporting.build(inputs).figures
    incomplete = [
        f.id
        for f in figures
        if not (f.label and f.unit and f.definition and f.rule and f.rule_version and f.text)
    ]
    assert ([], True) == (incomplete, len({f.id for f in figures}) == len(figures))
    assert {inputs.counting.data_as_of} == {f.data_as_of for f in figures}
    impressions = reporting.build(inputs).figure("impressions")
    assert {"user_agents": "2026.10"} == dict(impressions.list_versions)


def test_at24_the_same_inputs_have_the_same_number_and_others_another(
    inputs: ReportInputs,
) -> None:
    """The report's number identifies its content."""
    other = replace(inputs, days=inputs.days[:-1])
    numbers = [reporting.build(i).number for i in (inputs, inputs, other)]
    assert numbers[0] == numbers[1] != numbers[2]


@pytest.mark.parametrize("figure", ["listening_time", "completion", "roi_interval"])
def test_at22_what_logs_cannot_say_is_a_dash(inputs: ReportInputs, figure: str) -> None:
    """Listening time, completion and the interval are listed without a value."""
    shown = reporting.build(inputs).figure(figure)
    assert (None, "–") == (shown.value, shown.text)


def test_at23_another_currency_is_counted_and_its_value_told_apart(inputs: ReportInputs) -> None:
    """Two orders in dollars raise the count, not the revenue, and the report says so."""
    apart = (Unconverted("USD", 2, Decimal("120.00")),)
    data = reporting.build(replace(inputs, results=replace(inputs.results, unconverted=apart)))
    money = next(note.text for note in data.notes if note.title == "Money")
    assert (2, "€18,240") == (data.figure("unconverted").value, data.figure("revenue").text)
    assert "Two conversions in other currencies ($120) are counted" in money
    assert Decimal("44.49") == data.figure("aov").value


def test_the_summary_says_the_figures_in_words(inputs: ReportInputs) -> None:
    """Delivery, money, and the best episode."""
    expected = (
        "The campaign has delivered 121,480 impressions, 104\u00a0% of the booked volume, with "
        "five days left. That is 121\u00a0% of what is due by now. 412 attributed conversions "
        "brought €18,240 on a fee of €3,887.92 for 31 of 36 days: each euro spent has returned "
        "€4.69. “The subtitle hunters” alone brought 75\u00a0% of all impressions."
    )
    assert expected == reporting.build(inputs).summary


def test_the_summary_of_a_silent_campaign_says_so(silent: ReportInputs) -> None:
    """No division by zero and no bare 0."""
    expected = (
        "No impression has been counted for this campaign in this period yet. "
        "No conversion has been credited to it, on a fee of €3,887.92 for 31 of 36 days."
    )
    assert expected == reporting.build(silent).summary


def test_a_free_campaign_has_no_roi(inputs: ReportInputs) -> None:
    """AT22: a fee of zero has no return."""
    free = replace(inputs, campaign=replace(inputs.campaign, campaign_value=Decimal(0)))
    view = page.view(reporting.build(free))
    assert ("–", "there is no fee to divide by") == (view["roi"]["result"], view["roi"]["formula"])


def test_the_page_shows_formula_and_inputs_of_the_roi(whole: ReportInputs) -> None:
    """Readers can check the figure by hand."""
    halved = replace(whole, campaign=replace(whole.campaign, margin=Decimal("0.5")))
    formulas = [page.view(reporting.build(i))["roi"]["formula"] for i in (whole, halved)]
    assert [
        "(€18,240 − €4,515) ÷ €4,515 = 3.04×",
        "(€18,240 × 50\u00a0% − €4,515) ÷ €4,515 = 1.02×",
    ] == formulas


def test_a_day_that_is_not_over_is_drawn_as_partial(inputs: ReportInputs) -> None:
    """The last point is dotted while its day is running."""
    chart = page.view(reporting.build(inputs))["chart"]
    ended = replace(inputs, days=(*inputs.days[:-1], replace(inputs.days[-1], partial=False)))
    assert 1 == chart["svg"].count("<circle") - page.view(reporting.build(ended))["chart"][
        "svg"
    ].count("<circle")
    assert "most on 20 November 2026 with 4,480" in chart["alt"]


@pytest.mark.parametrize(
    ("number", "title", "shown"),
    [
        (84, "#84 · Inside the night train", "Inside the night train"),
        (84, "84: Inside", "Inside"),
        (84, "#8 · Inside", "#8 · Inside"),
        (19, "1984 - a novel", "1984 - a novel"),
        (84, "#84", "#84"),
        (None, "#84 · Inside", "#84 · Inside"),
    ],
)
def test_an_episodes_number_is_not_said_twice(
    inputs: ReportInputs, number: int | None, title: str, shown: str
) -> None:
    """The number has its own column; a title that is only the number, or has another one, stays."""
    line = replace(inputs.episodes[0], number=number, title=title)
    view = page.view(reporting.build(replace(inputs, episodes=(line,))))
    assert shown == view["episodes"][0]["title"]


def test_a_part_of_the_flight_is_called_a_part(inputs: ReportInputs) -> None:
    """No days are left of a part, and its share of the booked volume is of the whole flight."""
    later = replace(inputs, first_day=inputs.campaign.start_date + timedelta(days=1))
    data = reporting.build(later)
    assert "in this part of its flight, 104\u00a0% of those booked for all of it." in data.summary
    assert "days left" not in data.summary
    assert page.view(data)["roi"]["spend"].startswith("the part of the campaign's value")


@pytest.mark.parametrize(("first", "last"), [(-40, -1), (14 + 1, 20)])
def test_a_report_outside_the_flight_is_refused(
    first: int, last: int, inputs: ReportInputs
) -> None:
    """Nothing can be delivered before it, and nothing credited after its codes' last day."""
    campaign = replace(inputs.campaign, grace_days=14)
    begins, ends = campaign.start_date, campaign.end_date
    origin = begins if last < 0 else ends
    with pytest.raises(InvalidInput, match="outside the campaign's flight"):
        states.check_period(
            campaign, first=origin + timedelta(days=first), last=origin + timedelta(days=last)
        )
    states.check_period(campaign, first=ends + timedelta(days=14), last=ends + timedelta(days=40))
