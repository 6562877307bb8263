"""Small pure rules: lines of the combined format, masking, spans of hours, sentences."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.ids import EnclosureId, EpisodeId, OrganizationId, PodcastId
from wavehouse.measurement.formats.combined import canonical
from wavehouse.measurement.rules.masking import masked
from wavehouse.measurement.rules.media import MediaIndex, split_place
from wavehouse.measurement.rules.months import months_spanned
from wavehouse.measurement.rules.outcomes import explained, fault_explained
from wavehouse.measurement.rules.spans import LONGEST, day_spans, hour_spans
from wavehouse.measurement.types import Fault, MediaFile, Reason

PLAIN = '203.0.113.7 - - [18/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 5 "-" "Player/1"'
START = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_plain_line_is_canonical_already() -> None:
    """A line that the fast reader can split is unchanged."""
    assert PLAIN == canonical(PLAIN)
    extended = f'{PLAIN} "bytes=0-1" "bytes 0-1/9" "host.example"'
    assert extended == canonical(extended)


def test_unquoted_fields_and_inner_quotes_become_the_fast_form() -> None:
    """One spelling for the different spellings of servers."""
    assert f'{PLAIN} "-" "-" "host.example"' == canonical(f"{PLAIN} - - host.example")
    quoted = PLAIN.replace("Player/1", r"The \"Player\"")
    assert PLAIN.replace("Player/1", r"The \x22Player\x22") == canonical(quoted)


@pytest.mark.parametrize(
    "line", ["", "GET / HTTP/1.1", PLAIN[:-4], f"{PLAIN} one", f'{PLAIN} "a" "b"', f"x{PLAIN[12:]}"]
)
def test_what_is_no_line_is_none(line: str) -> None:
    """Cut, or with one or two of the three optional fields: such lines are quarantined."""
    assert canonical(line) is None


@given(st.text(max_size=300))
def test_no_line_breaks_the_reader(text: str) -> None:
    """The result is a line or None; never an error."""
    found = canonical(text)
    assert found is None or found.count('"') % 2 == 0


@given(st.ip_addresses(), st.text(max_size=40), st.text(max_size=40))
def test_no_address_survives_masking(address: object, before: str, after: str) -> None:
    """The address is masked, whatever text is beside it."""
    line = masked(f"{before}{address}{after}")

    assert str(address) not in line or str(address) in ("::", "::1")
    assert not re.search(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", line)


def test_masking_hides_queries_mail_and_terminal_commands() -> None:
    """Text that helps to find the fault is kept."""
    line = "GET /a?token=secret HTTP/1.1 someone@example.net \x1b[31m\x9b5n\u202e"

    assert "GET /a?… HTTP/1.1 …@… ·[31m·5n·" == masked(line)
    assert 160 == len(masked("x" * 1_000))


def media(host: str, path: str, since: datetime = START) -> MediaFile:
    """A version of a media file."""
    return MediaFile(
        EnclosureId(uuid4()), EpisodeId(uuid4()), PodcastId(uuid4()), OrganizationId(UUID(int=1)),
        host, path, since, since,
    )  # fmt: skip


def key_of(index: MediaIndex, host: str, path: str) -> tuple[str, str] | None:
    """Host and path of a request's address."""
    place = index.place_of(host, path)
    if place is None:
        return None
    version = index.versions[place][0]
    return version.media_host, version.media_path


def test_r03_a_path_that_two_hosts_have_needs_its_host() -> None:
    """A path of two hosts is ambiguous alone, and an ambiguous path is unknown."""
    index = MediaIndex(
        [media("a.example", "/x"), media("b.example", "/x"), media("a.example", "/y")]
    )

    assert ("b.example", "/x") == key_of(index, "b.example", "/x")
    assert key_of(index, "c.example", "/x") is None
    assert ("a.example", "/y") == key_of(index, "c.example", "/y")
    assert key_of(index, "", "") is None


@pytest.mark.parametrize("path", ["/a b.mp3", "/a%20b.mp3", "/a%2520b.mp3", "/a%20b.mp3?x=1"])
def test_r03_a_path_is_known_however_it_is_encoded(path: str) -> None:
    """Encoded by the client, and once more by the log."""
    index = MediaIndex([media("a.example", "/a%20b.mp3")])

    assert ("a.example", "/a%20b.mp3") == key_of(index, "a.example", path)


def test_r03_no_file_is_requested_by_another_path_even_if_it_is_the_only_one() -> None:
    """A log without hosts has requests for `/`; they are not requests for the only episode."""
    index = MediaIndex([replace(media("a.example", "/x.mp3"), guid="episode-1")])

    assert [None, None] == [key_of(index, "", path) for path in ("/", "/favicon.ico")]
    assert ("a.example", "/x.mp3") == key_of(index, "", "/x.mp3")


def test_r03_files_that_differ_by_a_query_are_not_compared_with_each_other() -> None:
    """Calls are counted: twice the files, each requested once, need twice the calls."""
    calls = []
    for files in (500, 1000):
        paths = [f"/play?show=1&id={n}" for n in range(files)]
        counted = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        versions = [media("a.example", path) for path in paths]
        sys.setprofile(count)
        try:
            index = MediaIndex(versions)
            numbers = [index.place_of("a.example", f"{path}&utm=x") for path in paths]
        finally:
            sys.setprofile(None)
        assert list(range(files)) == numbers
        calls.append(counted)

    assert calls[1] < 2.5 * calls[0]


def test_a_stored_place_is_host_and_path_again() -> None:
    """Both are stored as one text."""
    assert ("a.example", "/x/y") == split_place("a.example/x/y")
    assert ("a.example", "") == split_place("a.example")
    assert ("", "/x") == split_place("/x")


hours = st.lists(
    st.integers(0, 24 * 400).map(lambda n: START + n * timedelta(hours=1)), max_size=60
)


@given(hours)
def test_spans_cover_exactly_the_hours_and_stay_short(some: list[datetime]) -> None:
    """Half-open, in order, disjoint, none longer than a month."""
    found = list(hour_spans(some))
    covered = [
        first + n * timedelta(hours=1)
        for first, after in found
        for n in range((after - first) // timedelta(hours=1))
    ]

    assert sorted(set(some)) == covered
    assert all(after - first <= LONGEST for first, after in found)


@given(hours)
def test_day_spans_cover_exactly_the_days_of_the_hours(some: list[datetime]) -> None:
    """The days are whole UTC days."""
    days = {hour.date() for hour in some}
    covered = {
        (first + n * timedelta(days=1)).date()
        for first, after in day_spans(some)
        for n in range((after - first).days)
    }

    assert days == covered


def test_r44_months_are_counted_over_the_border_of_a_year() -> None:
    """The span from 31 December to 1 January is two months."""
    assert 2 == months_spanned(date(2026, 12, 31), date(2027, 1, 1))
    assert 1 == months_spanned(date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_with_its_rule(reason: Reason) -> None:
    """Except the unknown path, whose text names a helpful command."""
    sentence = explained(reason, None, None)

    assert re.search(r"\(R\d\d\)|wavehouse", sentence)


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_has_a_sentence(fault: Fault) -> None:
    """The message is more than the fault's code."""
    assert fault.value != fault_explained(fault, 90)
