"""The three counting windows: rules by hand, chains over months, late lines, random histories."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests import acting

from wavehouse import measurement
from wavehouse.kernel.errors import UsageError
from wavehouse.measurement import cli
from wavehouse.measurement.rules import windows as rules

MONDAY = datetime(2026, 11, 9, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 20)
DAY = timedelta(days=1)


@pytest.fixture
def counts(desk: Any) -> Callable[..., tuple[int, int, int]]:
    """Downloads by calendar, first-touch and last-touch."""

    def of(first: date = FIRST, last: date = LAST) -> tuple[int, int, int]:
        found = acting.operational(desk.place, measurement.by_window, first=first, last=last)
        for table in (found.by_day, found.by_episode):
            assert found.downloads == {w: sum(f.downloads for f in t) for w, t in table.items()}
        calendar, first_touch, last_touch = found.downloads.values()
        return calendar, first_touch, last_touch

    return of


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def test_r37_the_guidelines_own_example(desk: Any, hit: Any, counts: Any) -> None:
    """Mon 22:00, Tue 03:00, Tue 22:15, Wed 23:15: 1,1,0,1 · 1,0,1,1 · 1,0,0,1."""
    times = [at(22), at(27), at(46.25), at(71.25)]
    desk.tell(*(hit.but(at=time) for time in times))

    assert (3, 3, 2) == counts()
    assert [times[0], times[2], times[3]] == rules.first_touch(times)
    assert [times[0], times[3]] == rules.last_touch(times)
    found = acting.operational(desk.place, measurement.by_window, first=FIRST, last=LAST)
    assert [1, 1, 1, 0] == [f.downloads for f in found.by_day["first-touch"][8:12]]


def test_r35_a_window_opens_at_the_download_and_lasts_a_day(
    desk: Any, hit: Any, counts: Any
) -> None:
    """A download across midnight counts once; on the following day, again."""
    desk.tell(*(hit.but(at=at(hours)) for hours in (23, 25, 46.9, 47.1)))

    assert (2, 2, 1) == counts()


def test_r36_every_touch_opens_the_last_touch_window_anew(desk: Any, hit: Any, counts: Any) -> None:
    """Five evenings in a row: five by calendar, fewer by first touch, one by last touch."""
    desk.tell(*(hit.but(at=at(20 + 23 * day)) for day in range(5)))

    assert (5, 3, 1) == counts()


@pytest.mark.parametrize(("seconds", "expected"), [(-1, (2, 1, 1)), (0, (2, 2, 2))])
def test_r38_exactly_a_day_later_counts(
    desk: Any, hit: Any, counts: Any, seconds: int, expected: tuple[int, int, int]
) -> None:
    """The window is half-open."""
    desk.tell(hit.but(at=at(10)), hit.but(at=at(34) + timedelta(seconds=seconds)))

    assert expected == counts()


def test_r39_only_a_request_that_could_be_a_download_extends_the_window(
    desk: Any, hit: Any, counts: Any
) -> None:
    """A request for a hundred bytes at noon does not extend it."""
    peek = hit.part(0, 99, at=at(22))
    desk.tell(hit.but(at=at(10)), peek, hit.but(at=at(35)))

    assert (2, 2, 2) == counts()


def test_r40_play_pause_play_is_one_in_every_window(desk: Any, hit: Any, counts: Any) -> None:
    """The second half is an hour later."""
    desk.tell(hit.part(0, 800_000, at=at(10)), hit.part(800_001, 3_000_000, at=at(11)))

    assert (1, 1, 1) == counts()


def test_r31_rolling_windows_add_bytes_across_midnight(desk: Any, hit: Any, counts: Any) -> None:
    """Half a minute before, half a minute after: none by calendar, one by the others."""
    desk.tell(hit.part(0, 600_000, at=at(23.9)), hit.part(600_001, 1_200_000, at=at(24.1)))
    found = acting.operational(desk.place, measurement.by_window, first=FIRST, last=LAST)

    assert (0, 1, 1) == counts()
    assert (1, 0) == (found.gained["first-touch"], found.lost["first-touch"])


def test_r42_a_late_line_flips_what_follows_it_and_nothing_is_stored_wrong(
    desk: Any, hit: Any, counts: Any
) -> None:
    """In a chain of evenings the last line to arrive is the first one. Any order, one result."""
    hits = [hit.but(at=at(hours)) for hours in (1, 24.5, 48.4, 90)]
    seen = set()
    for order in Random(42).sample(list(permutations(hits)), 4):
        desk.clean()
        for one in order:
            desk.tell(one)
        seen.add(counts())
    assert {(4, 3, 2)} == seen


def test_r44_a_listener_is_followed_over_the_border_of_a_month(
    desk: Any, hit: Any, counts: Any
) -> None:
    """31 October 23:00 and 1 November 1:00 are one evening; three months are refused."""
    border = datetime(2026, 11, 1, tzinfo=UTC)
    desk.tell(hit.but(at=border - timedelta(hours=1)), hit.but(at=border + timedelta(hours=1)))

    assert (2, 1, 1) == counts(date(2026, 10, 1), LAST)
    assert (1, 0, 0) == counts(FIRST, LAST)
    with pytest.raises(UsageError, match="more than two months"):
        counts(date(2026, 9, 1), LAST)


def test_random_histories_are_what_the_words_of_the_rules_say(
    desk: Any, hit: Any, counts: Any
) -> None:
    """Random listeners, episodes and hours, counted by a direct reading of the rules."""
    dice = Random(8)
    for _ in range(3):
        desk.clean()
        hits = [
            hit.but(
                at=at(dice.randrange(0, 200) + dice.random()),
                ip=f"198.51.100.{dice.randrange(4)}",
                path=dice.choice(["/one.mp3", "/two.mp3"]),
            )
            for _ in range(80)
        ]
        desk.tell(*hits)
        by_pair: dict[Any, list[datetime]] = {}
        for one in hits:
            by_pair.setdefault((one.ip, one.path), []).append(one.at.replace(microsecond=0))
        expected = [0, 0, 0]
        for times in by_pair.values():
            times.sort()
            expected[0] += len({time.date() for time in times})
            opened = silent = None
            for time in times:
                if opened is None or time >= opened + DAY:
                    opened = time
                    expected[1] += 1
                if silent is None or time >= silent + DAY:
                    expected[2] += 1
                silent = time
        assert tuple(expected) == counts()


times_ = st.lists(st.integers(0, 400).map(lambda h: MONDAY + timedelta(hours=h)), max_size=20)


@given(times_)
def test_last_touch_never_counts_more_than_first_touch(times: list[datetime]) -> None:
    """A window that every touch renews opens less often; both begin with the first touch."""
    first, last = rules.first_touch(times), rules.last_touch(times)
    assert set(last) <= set(times)
    assert len(last) <= len(first)
    assert first[:1] == last[:1] == sorted(times)[:1]


parts_ = st.lists(
    st.tuples(
        st.integers(0, 60).map(lambda h: MONDAY + timedelta(hours=h)),
        st.integers(0, 50), st.integers(0, 50),
    ), max_size=8,
)  # fmt: skip


@given(parts_, st.integers(1, 60))
def test_r27_a_touch_is_judged_by_the_union_of_positions(
    parts: list[tuple[datetime, int, int]], threshold: int
) -> None:
    """A touch reaches the threshold by its set of positions, counted one by one."""
    spans = sorted((moment, a, a + b) for moment, a, b in parts)
    found = rules.touches(spans, threshold)

    def covered(some: list[tuple[datetime, int, int]]) -> int:
        return len({place for _, a, b in some for place in range(a, b)})

    expected, begin = [], 0
    for end in range(1, len(spans) + 1):
        while spans[end - 1][0] - spans[begin][0] >= DAY:
            begin += 1
        if covered(spans[begin:end]) >= threshold:
            start = max(n for n in range(begin, end) if covered(spans[n:end]) >= threshold)
            expected.append(spans[start][0])
            begin = end
    assert expected == found


def test_the_command_shows_the_windows_side_by_side_and_why(desk: Any, hit: Any) -> None:
    """A table, totals, and the difference in words; the same as JSON."""
    desk.tell(*(hit.but(at=at(20 + 23 * day)) for day in range(5)))

    @contextmanager
    def opened() -> Iterator[Any]:
        yield desk.place

    words = ["--from", "2026-11-09", "--to", "2026-11-14", "--window"]
    shown = CliRunner().invoke(cli.downloads, [*words, "all"], obj=opened)
    told = CliRunner().invoke(
        cli.downloads, [*words, "all", "--json", "--by", "episode"], obj=opened
    )
    one = CliRunner().invoke(cli.downloads, [*words, "last-touch", "--json"], obj=opened)

    assert "2026-11-09\t1\t1\t1" in shown.stdout
    assert "First-touch counts -2: 2 returned within 24 hours" in shown.stderr
    assert {"calendar": 5, "first-touch": 3, "last-touch": 1} == json.loads(told.stdout)["windows"]
    assert {"last-touch": 1} == json.loads(one.stdout)["windows"]
    refused = CliRunner().invoke(cli.downloads, [*words, "all", "--by", "app"], obj=opened)
    assert "calendar window" in str(refused.exception)
