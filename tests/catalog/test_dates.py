"""Dates: a table with a source for every row, and comparison with two other parsers."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import feedparser.datetimes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.catalog.rules.dates import read_date
from wavehouse.kernel.reference import month_names

TABLE = Path(__file__).with_name("dates.tsv").read_text(encoding="utf-8")
ROWS = [tuple(line.split("\t")) for line in TABLE.splitlines() if line and not line.startswith("#")]
MONTHS = [
    name
    for name, months in month_names().items()
    # "9 am mart" is Gaelic, and also nine in the morning: it is not read.
    if len(months) == 1 and len(name) > 2 and not name.startswith("am ")
]


@pytest.mark.parametrize(("written", "expected", "source"), ROWS, ids=[row[0] for row in ROWS])
def test_a_date_means_what_its_source_says(written: str, expected: str, source: str) -> None:
    """Each row cites a source outside this project."""
    assert source
    at = read_date(written).at
    assert expected == ("-" if at is None else at.strftime("%Y-%m-%dT%H:%M:%S"))


MOMENTS = st.integers(800_000_000, 2_800_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))
OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda q: timezone(timedelta(minutes=15 * q)))


@given(MOMENTS, OFFSETS, st.booleans())
def test_dates_of_mail_are_what_the_standard_library_reads(
    at: datetime, zone: timezone, weekday: bool
) -> None:
    """RFC 5322, with every offset of a quarter of an hour."""
    written = format_datetime(at.replace(tzinfo=zone))
    written = written if weekday else written.partition(", ")[2]
    assert parsedate_to_datetime(written) == read_date(written).at


SHAPES = (
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %d %H:%M:%S %Y",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S+05:30",
    "%Y-%m-%dT%H:%M:%S-0800",
    "%Y-%m-%d",
    "%Y-%m",
    "%d %b %Y %H:%M:%S +0200",
    "%a, %d %B %Y %H:%M:%S EST",
)


@given(MOMENTS, st.sampled_from(SHAPES))
def test_dates_of_feeds_are_what_feedparser_reads(at: datetime, shape: str) -> None:
    """Where feedparser also reads a date, both results are equal."""
    written = at.strftime(shape)
    theirs = feedparser.datetimes._parse_date(written)
    ours = read_date(written).at
    assert ours is not None
    if theirs is not None:
        assert datetime.fromtimestamp(calendar.timegm(theirs), UTC) == ours


@given(MOMENTS, st.sampled_from(MONTHS))
def test_a_month_is_read_in_every_language_of_the_list(at: datetime, name: str) -> None:
    """Day, name, year: only the name determines the month."""
    (month,) = month_names()[name]
    day = min(at.day, 28)
    read = read_date(f"{day} {name} {at.year} {at:%H:%M:%S} GMT").at
    assert at.replace(month=month, day=day, tzinfo=UTC) == read


@pytest.mark.parametrize(
    ("written", "doubt"),
    [
        ("02/03/2023 06:34:00", "the month is assumed to come first"),
        ("25/03/2023 06:34:00", None),
        ("10-05-2026", "the day is assumed to come first"),
        ("2026-10-05T06:00:00 02:00", "02:00 after the time cannot be read, UTC is used"),
        ("Mon, 05 Oct 2026 06:00:00 0200", "0200 after the time cannot be read, UTC is used"),
        ("Mon, 05 Oct 2026 6:5", "the time cannot be read, midnight is used"),
        ("Mon, 05 Oct 2026 06:00:00 XYZ", "unknown time zone XYZ, UTC is used"),
        ("Mon, 05 Oct 2026 06:00:00 +9999", "the offset +9999 does not exist, UTC is used"),
        ("Mon, 05 Oct 2026 06:00:00 IST", "IST is read as India's"),
        ("Mon, 05 Oct 2026 06:00:00 GMT", None),
        ("Mon, 05 Oct 2026 06:00:00", None),
    ],
)
def test_an_assumption_is_named(written: str, doubt: str | None) -> None:
    """A date that is an instant only by an assumption names that assumption."""
    assert doubt == read_date(written).doubt
