"""Ranges: the URL, its days, and the period of comparison."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.errors import InvalidInput
from wavehouse.web.ranges import Query, parsed, previous, span_of
from wavehouse.web.services import Grain, Metric, Span

TODAY = date(2026, 11, 20)
DATES = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), "today"),
        (date(2026, 11, 13), date(2026, 11, 19), "7d"),
        (date(2026, 10, 23), date(2026, 11, 19), "28d"),
        (date(2026, 8, 21), date(2026, 11, 19), "91d"),
        (date(2026, 11, 1), date(2026, 11, 19), "month"),
    ],
)
def test_relative_ranges_end_yesterday_except_today(first: date, last: date, name: str) -> None:
    """An unfinished day would make every range look like a fall."""
    assert Span(first, last) == span_of(Query(range=name), TODAY)


def test_on_the_first_of_a_month_the_month_is_the_one_that_ended() -> None:
    """The range ends yesterday, so it is yesterday's month."""
    result = span_of(Query(range="month"), date(2026, 11, 1))
    assert Span(date(2026, 10, 1), date(2026, 10, 31)) == result


def test_a_single_day_is_told_by_the_hour() -> None:
    """A single point is not a curve."""
    assert (Grain.HOUR, 24) == (Span(TODAY, TODAY).grain, Span(TODAY, TODAY).buckets)
    assert (Grain.DAY, 2) == (Span(TODAY, TODAY + timedelta(1)).grain, 2)


@given(DATES, st.integers(0, 400))
def test_the_previous_period_meets_weekdays_and_does_not_overlap(first: date, more: int) -> None:
    """As many days, moved by the fewest whole weeks that avoid an overlap."""
    span = Span(first, first + timedelta(days=more))
    before = previous(span)
    assert span.days == before.days
    assert span.first.weekday() == before.first.weekday()
    assert before.last < span.first
    assert (span.first - before.last).days <= 7


@pytest.mark.parametrize(
    ("names", "raw"),
    [
        ("range=week", {"range": "week"}),
        ("metric=likes", {"metric": "likes"}),
        ("compare=yes", {"compare": "yes"}),
        ("episodes=best", {"episodes": "best"}),
        ("from", {"range": "custom", "to": "2026-11-01"}),
        ("to", {"from": "2026-11-01", "to": "yesterday"}),
        ("The end date is before", {"from": "2026-11-02", "to": "2026-11-01"}),
        ("future", {"from": "2027-01-01", "to": "2027-02-01"}),
        ("at most 731", {"from": "2020-01-01", "to": "2026-01-01"}),
    ],
)
def test_a_wrong_address_is_answered_with_what_is_right(names: str, raw: dict[str, str]) -> None:
    """The sentence names the fault, the hint the next step."""
    with pytest.raises(InvalidInput, match=names) as caught:
        span_of(parsed(raw), TODAY)
    assert caught.value.hint


def test_a_custom_range_is_cut_at_today() -> None:
    """Future days have no figures."""
    span = span_of(parsed({"from": "2026-11-01", "to": "2026-12-31"}), TODAY)
    assert Span(date(2026, 11, 1), TODAY) == span


@given(
    st.sampled_from(["today", "7d", "28d", "91d", "month", "custom"]),
    st.sampled_from(list(Metric)),
    st.booleans(),
    st.sampled_from(["top", "latest"]),
    st.text("abc-&= ?/", max_size=8),
)
def test_an_address_reads_back_to_the_query_that_wrote_it(
    name: str, metric: Metric, compare: bool, episodes: str, show: str
) -> None:
    """The URL has the page's complete state."""
    from urllib.parse import parse_qsl, urlsplit

    days = ("2026-10-01", "2026-10-31") if name == "custom" else ("", "")
    query = Query(show, name, *days, compare, metric, episodes)
    raw = dict(parse_qsl(urlsplit(query.url()).query))
    assert query == parsed(raw)


def test_defaults_stay_out_of_the_address() -> None:
    """The default page has no parameters."""
    assert "/" == Query().url()
    assert "/?compare=off" == Query().url(compare=False)
    assert "/" == Query(range="7d").url(range="28d")


def test_a_range_before_the_calendar_of_any_show_is_refused() -> None:
    """The period before it would have no dates; the page says so and does not fail."""
    query = parsed({"from": "0001-01-01", "to": "0001-01-05"})

    with pytest.raises(InvalidInput, match="starts before 1970"):
        span_of(query, date(2026, 11, 20))
