"""The page built from its data alone: no HTML, no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from tests.web.websample import (
    APP,
    CAMPAIGNS,
    FRESHNESS,
    LANTERNA,
    NOW,
    PODCASTS,
    REMOVED,
    figures,
    nothing,
)

from wavehouse.accounts import Identity
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.ids import OrganizationId, UserId
from wavehouse.measurement import Figure
from wavehouse.web import pages
from wavehouse.web.build import Material, overview
from wavehouse.web.ranges import Query, parsed, previous, span_of
from wavehouse.web.services import Freshness, Metric, PodcastRef, Series, Span, Split
from wavehouse.web.tables import country_name
from wavehouse.web.view import Overview

NBSP = "\N{NO-BREAK SPACE}"


def material(**raw: str) -> Material:
    query = parsed(raw)
    span = span_of(query, NOW.date())
    before = figures(previous(span)) if query.compare else None
    return Material(query, NOW, PODCASTS, figures(span), before, CAMPAIGNS, FRESHNESS, REMOVED)


def page(**raw: str) -> Overview:
    return overview(material(**raw))


def test_r43_the_listeners_total_is_taken_as_given_and_never_summed() -> None:
    """Distinct listeners of days must not be added."""
    shown = material()
    series = shown.current.series[Metric.LISTENERS]
    card = overview(shown).cards[1]
    assert f"{series.total:,}" == card.figure.shown
    assert series.total != sum(point or 0 for point in series.points)


def test_a_metric_without_data_has_no_card_but_a_reason() -> None:
    """Tiles without data would fill two fifths of the row; a line names their requirements."""
    shown = page()
    assert ["Downloads", "Unique listeners", "Sponsor revenue"] == [c.name for c in shown.cards]
    expected = "Not shown: listening time and completion rate (needs player events)."
    assert expected == shown.unknown


def test_a_metric_that_is_chosen_has_a_card_even_without_data() -> None:
    """A dash with its reason: unknown, not zero."""
    shown = page(metric="listening")
    listening = shown.cards[2]
    assert ("–", "needs player events", "", None) == (
        listening.figure.shown,
        listening.why_empty,
        listening.href,
        listening.trend,
    )
    assert listening.current
    assert "Not shown: completion rate (needs player events)." == shown.unknown


@pytest.mark.parametrize(
    ("podcasts", "fresh", "states"),
    [
        ((), Freshness(None, None), ["next", "later", "later"]),
        (PODCASTS, Freshness(None, None), ["done", "next", "later"]),
        ((), Freshness(NOW, None), ["next", "done", "later"]),
        (PODCASTS, Freshness(NOW, None), ["done", "done", "next"]),
        (PODCASTS, Freshness(NOW, NOW), []),
    ],
    ids=["nothing", "a show", "a log", "nothing counts", "all"],
)
def test_the_first_run_has_three_steps_that_the_data_verifies(
    podcasts: tuple[PodcastRef, ...], fresh: Freshness, states: list[str]
) -> None:
    """No box is ticked by hand; when all three are done, the card disappears."""
    steps = overview(replace(material(), podcasts=podcasts, freshness=fresh)).steps
    assert states == [step.state for step in steps]
    assert [] == [step for step in steps if step.state == "done" and step.command]


def test_a_card_selects_the_curve_by_its_address() -> None:
    """The chosen metric is in the URL; downloads are the default."""
    cards = page(metric="revenue").cards
    assert ["/", "/?metric=listeners", "/?metric=revenue"] == [c.href for c in cards if c.href]
    assert ["Sponsor revenue"] == [card.name for card in cards if card.current]
    assert "€" in page(metric="revenue").chart.wide


def test_changes_are_words_and_signs_not_only_colours() -> None:
    """The direction and the previous value are written out."""
    now = figures(Span(date(2026, 10, 23), date(2026, 11, 19)))
    half = replace(
        now, series={Metric.DOWNLOADS: Series(int(now.series[Metric.DOWNLOADS].total or 0) * 2)}
    )
    change = overview(replace(material(), previous=half)).cards[0].trend
    assert change is not None
    assert (f"−50.0{NBSP}%", "down") == (change.shown, change.direction)
    assert change.before.startswith("from ")


def test_without_comparing_there_is_no_change_anywhere() -> None:
    """``compare=off`` applies to cards, curve and tables."""
    shown = page(compare="off")
    assert [None] * 3 == [card.trend for card in shown.cards]
    assert {""} == {row.change for row in shown.chart.rows}
    bars = [row for split in shown.splits for row in split.rows]
    assert {None} == {row.trend for row in shown.episodes} | {row.trend for row in bars}
    assert "not compared" == shown.header.compare_label


def test_at22_a_change_from_nothing_is_left_out() -> None:
    """There is no infinite growth on the first day."""
    empty = nothing(previous(span_of(Query(), NOW.date())))
    shown = overview(replace(material(), previous=empty))
    assert [None] * 3 == [card.trend for card in shown.cards]


def test_today_is_compared_by_the_hours_that_are_over() -> None:
    """14:52 is compared with the 14 whole hours of the same weekday before; listeners are not."""
    shown = page(range="today")
    downloads, listeners = shown.cards[:2]
    assert downloads.trend is not None
    assert downloads.trend.before.endswith(" by 14:00")
    assert listeners.trend is None
    assert "Fri 13 Nov" == shown.header.compare_label
    assert 15 == len(shown.chart.rows)
    assert "Partial: not finished yet" == shown.chart.rows[-1].note
    assert "" == shown.chart.rows[-1].change


def test_a_range_that_reaches_today_is_compared_up_to_yesterday() -> None:
    """The current day is dotted and not part of any change."""
    shown = page(**{"from": "2026-10-21", "to": "2026-11-20"})
    change = shown.cards[0].trend
    assert change is not None
    assert change.before.endswith(" by 15 Oct")
    assert 'stroke-dasharray="2 3"' in shown.chart.wide
    assert {None} == {row.trend for row in shown.episodes}


def test_the_table_behind_the_chart_says_what_the_chart_shows() -> None:
    """A row for each point, exact figures, releases named."""
    shown = material()
    rows = overview(shown).chart.rows
    points = shown.current.series[Metric.DOWNLOADS].points
    assert [f"{point:,}" for point in points] == [row.value for row in rows]
    assert ["Released: The subtitle hunters"] == [
        row.note for row in rows if row.when == "Wed 11 Nov"
    ]


def test_a_bar_list_ends_with_the_rest_and_its_shares_sum_to_all() -> None:
    """The entries that do not fit are added up in one line."""
    shown = page(compare="off")
    apps = shown.splits[0].rows
    assert 7 == len(apps)
    assert "2 others" == apps[-1].label
    total = sum((Decimal(row.share.split(NBSP)[0]) for row in apps), Decimal(0))
    assert abs(total - 100) < Decimal("0.5")
    assert "100.0%" == apps[0].length


def test_countries_are_named_and_an_unknown_one_is_said_to_be() -> None:
    """A country has its name; a missing code is shown as unknown."""
    assert ["Italy", "Türkiye", "Unknown", "Unknown", "Q1"] == [
        country_name(code) for code in ("IT", "tr", None, "", "Q1")
    ]


def test_ties_are_broken_by_name_so_that_the_page_is_stable() -> None:
    """The same data in any order gives the same page."""
    rows = [Figure("B", 5), Figure("A", 5), Figure("C", 9)]
    for given in (rows, rows[::-1]):
        shown = replace(
            material(compare="off"),
            current=replace(figures(Span(NOW.date(), NOW.date())), splits=[Split(APP, given)]),
        )
        assert ["C", "A", "B"] == [row.label for row in overview(shown).splits[0].rows]


def test_latest_sorts_episodes_by_release() -> None:
    """The tab is in the URL too."""
    shown = page(episodes="latest")
    assert "18 Nov" == shown.episodes[0].released
    assert [False, True] == [tab.current for tab in shown.episode_tabs]


def test_an_empty_house_says_the_one_command_for_each_part() -> None:
    """Instead of a zero, the page says what will appear and how."""
    span = span_of(Query(), NOW.date())
    bare = Material(
        Query(), NOW, (), nothing(span), nothing(previous(span)), (), Freshness(None, None), {}
    )
    shown = overview(bare)
    assert {"–"} == {card.figure.shown for card in shown.cards}
    assert shown.chart.empty is not None
    assert "wavehouse ingest logs access.log.gz" == shown.chart.empty.command
    assert "wavehouse ingest feed https://example.com/feed.xml" == shown.empty_episodes.command
    assert "No data yet" == shown.fresh.headline
    assert "No shows yet" == shown.header.facts
    assert ((), ()) == (shown.episodes, shown.campaigns)
    assert [("Apps", ()), ("Countries", ())] == [(s.title, s.rows) for s in shown.splits]
    assert "No apps in this range" == shown.splits[0].empty.title


def test_a_show_that_is_not_there_is_not_found() -> None:
    """An address may be outdated or guessed."""
    with pytest.raises(NotFound):
        page(show="00000000-0000-0000-0000-000000000000")


def test_a_show_has_its_name_facts_and_key() -> None:
    """The picker lists all shows, the first nine with a digit."""
    shown = page(show=str(LANTERNA)).header
    assert ("La Lanterna", "La") == (shown.title, shown.initials)
    assert "84 episodes · feed checked 14:46 UTC" == shown.facts
    assert [("1", False), ("2", True), ("3", False)] == [(s.key, s.current) for s in shown.shows]


@pytest.mark.parametrize(
    ("headline", "freshness"),
    [
        ("Data is fresh", FRESHNESS),
        ("Recount is due", replace(FRESHNESS, dirty_hours=3)),
        ("No data yet", Freshness(None, None)),
    ],
)
def test_freshness_is_said_in_words(headline: str, freshness: Freshness) -> None:
    """The dot's colour repeats the words."""
    assert headline == overview(replace(material(), freshness=freshness)).fresh.headline


def test_another_day_is_named_beside_its_time() -> None:
    """14:52 of yesterday must not look like today's."""
    old = Freshness(NOW - timedelta(days=1), None)
    assert ("Events to 19 Nov 14:52 UTC",) == overview(
        replace(material(), freshness=old)
    ).fresh.lines


def test_what_was_removed_is_shown_by_reason() -> None:
    """The largest reasons by name, with an exact sum."""
    said = page().removed
    assert said.startswith("6,693 requests filtered: bots 4,120, data centres 2,210, ")
    assert said.endswith("other 53.")


def test_the_future_of_the_range_is_not_drawn() -> None:
    """At midnight of its first day no part of a range has passed."""
    midnight = datetime.combine(NOW.date(), datetime.min.time(), tzinfo=NOW.tzinfo)
    shown = overview(replace(material(range="today"), now=midnight))
    assert 1 == len(shown.chart.rows)
    assert None is shown.cards[0].trend


def test_a_house_with_one_show_is_titled_by_it() -> None:
    """“All shows” would be confusing when there is one."""
    shown = overview(replace(material(), podcasts=PODCASTS[:1])).header
    assert "La Lanterna" == shown.title


def test_a_day_without_hours_is_said_to_have_no_curve_rather_than_no_downloads() -> None:
    """The total is on its card; the chart must not contradict it."""
    bare = replace(material(range="today"), previous=None)
    day = replace(bare.current, series={Metric.DOWNLOADS: Series(3_276)})
    shown = overview(replace(bare, current=day))
    assert "3,276" == shown.cards[0].figure.shown
    assert shown.chart.empty is not None
    assert "No curve for a single day" == shown.chart.empty.title


@pytest.mark.parametrize(
    ("role", "is_there"), [("admin", True), ("user", False), ("viewer", False)]
)
def test_the_navigation_has_the_pages_that_a_role_may_open(role: str, is_there: bool) -> None:
    """Administrators' pages are hidden from others; pages for reading are for everybody."""
    who = Identity(OrganizationId(UUID(int=1)), UserId(UUID(int=2)), "Ada", role)
    titles = [each.title for each in pages.places(who)]

    assert {"Overview", "Jobs", "Studio"} <= set(titles)
    assert ({"Retention", "Entitlements"} <= set(titles)) == is_there


def test_a_day_without_data_is_a_gap_that_is_said_and_left_out_of_the_comparison() -> None:
    """Its downloads are unknown: drawing or comparing zero would show a fall that was none."""
    known = material(range="7d")
    series = known.current.series[Metric.DOWNLOADS]
    points = (*series.points[:2], None, *series.points[3:])
    gap = replace(
        known,
        current=replace(
            known.current,
            series={**known.current.series, Metric.DOWNLOADS: replace(series, points=points)},
        ),
    )

    shown = overview(gap)

    assert "1 day without data (gaps)" in shown.chart.note
    assert "–" == shown.chart.rows[2].value
    card = shown.cards[0]
    assert 2 == card.spark.count('stroke="var(--accent)"')
    assert card.trend is not None
    assert card.trend.before.endswith("on the days with data")
