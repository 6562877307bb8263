"""Parsing the small values of feeds: dates, durations, lengths, addresses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.catalog.rules.dates import instant
from wavehouse.catalog.rules.feed import parse_feed
from wavehouse.catalog.rules.values import positive_int, seconds
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.web_addresses import web_url

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "Tue, 03 Nov 2026 12:00:00 GMT",
        "Tue, 3 Nov 2026 12:00:00 +0000",
        "Mon, 03 Nov 2026 13:00:00 +0100",  # a wrong weekday
        "03 Nov 26 07:00 EST",
        "Tuesday, 03 November 2026 12:00:00 Z",
        "Tue,  03   Nov 2026\n 12:00:00 UT",
        "Nov 3, 2026 12:00:00",
        "Tue Nov 3 2026 12:00:00 GMT",
        "2026-11-03T12:00:00Z",
        "2026-11-03 12:00",
        "2026-11-03T17:30:00.250+05:30",
        "Tue, 03 Nov 2026 12:00:00 GMT+00:00",
        "Tue, 03 Nov 2026 12:00:00",
        "03-Nov-2026 12:00:00 GMT",
    ],
)
def test_one_instant_in_many_spellings(written: str) -> None:
    """Dates are read in the spellings that feeds use."""
    assert NOON == instant(written)


@pytest.mark.parametrize("written", [None, "", "soon", "99 Foo 2026", "31 Feb 2026 00:00:00 GMT"])
def test_what_is_no_date_is_none(written: str | None) -> None:
    """A guess would move an episode in time, so the result is None."""
    assert instant(written) is None


def test_twenty_four_hours_are_the_next_day() -> None:
    """24:00 is midnight at the end of the day."""
    assert datetime(2026, 11, 4, tzinfo=UTC) == instant("Tue, 03 Nov 2026 24:00:00 GMT")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("01:02:03", 3723),
        ("62:03", 3723),
        ("3723", 3723),
        ("3723.9", 3723),
        ("PT1H2M3S", 3723),
        ("0", None),
        ("00:00:00", None),
        ("-5", None),
        ("an hour", None),
        ("1:2:3:4", None),
        ("inf", None),
        ("9" * 30, None),
        (None, None),
    ],
)
def test_durations_in_every_spelling(written: str | None, expected: int | None) -> None:
    """hh:mm:ss, mm:ss and seconds; empty, zero and invalid values are unknown."""
    assert expected == seconds(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("0", None), ("", None), ("-1", None), ("12 345", 12345), ("1.234", 1234), ("٣", None)],
)
def test_a_length_of_zero_is_unknown(written: str, expected: int | None) -> None:
    """Feeds write 0 for an unknown length."""
    assert expected == positive_int(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("  https://a.example/x y.mp3 ", "https://a.example/x%20y.mp3"),
        ("/1.mp3", "https://base.example/1.mp3"),
        ("https://bücher.example/ö.mp3", "https://xn--bcher-kva.example/%C3%B6.mp3"),
        ("https://a.example/already%20escaped", "https://a.example/already%20escaped"),
        ("javascript:alert(1)", None),
        ("https://[broken", None),
        ("http://a.example:port/", None),
        ("mailto:me@a.example", None),
    ],
)
def test_an_address_is_absolute_and_of_the_web(written: str, expected: str | None) -> None:
    """Any other address is not fetched."""
    assert expected == web_url(written, "https://base.example/feed")


@given(st.text(max_size=60))
def test_no_text_is_too_strange_for_a_value(text: str) -> None:
    """Parsers of values return a value or None; they never raise."""
    result = instant(text)
    assert result is None or result.tzinfo is UTC
    length = seconds(text)
    assert length is None or length > 0
    assert web_url(text) is None or str(web_url(text)).lower().startswith("http")


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_are_too_strange_for_a_feed(noise: bytes, inside: bool) -> None:
    """Any bytes give a feed or one Wavehouse error."""
    data = b"<rss><channel><item>" + noise + b"</item></channel></rss>" if inside else noise
    try:
        feed = parse_feed(data)
    except InvalidInput:
        return
    assert len(feed.episodes) + len(feed.dropped) <= 1 + noise.count(b"<")
