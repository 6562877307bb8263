"""Polling a real host: due feeds become jobs, failures wait longer, gone feeds are not polled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests import acting
from tests.catalog.feed_host import FeedHost, Reply, feed, feed_host
from tests.faults import hostile

from wavehouse import catalog, measurement
from wavehouse.catalog import PodcastSummary
from wavehouse.catalog.jobs import dispatching
from wavehouse.catalog.rules import polling as rules
from wavehouse.catalog.service.polling import dispatch_polls, interval
from wavehouse.catalog.types import Polled, PollOutcome
from wavehouse.kernel import clock, config
from wavehouse.kernel.errors import Conflict, NotFound
from wavehouse.kernel.ids import PodcastId
from wavehouse.kernel.retrying import retry_after
from wavehouse.measurement.jobs import counting
from wavehouse.wiring import working
from wavehouse.workspace import Workspace

KEY = UUID("0190a6f0-0000-7000-8000-000000000001")
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)


@pytest.fixture
def host() -> Iterator[FeedHost]:
    """A host of feeds on this machine."""
    with feed_host() as started:
        yield started


@pytest.fixture
def place(workspace: Workspace) -> Workspace:
    """A workspace that may poll this machine's addresses."""
    flags = {"home": str(workspace.settings.home), "feed_allow_private": "on"}
    return replace(workspace, settings=config.load(flags, environment={}))


def register(place: Workspace, url: str) -> PodcastId:
    """Register a feed by its address, as a user does."""
    with catalog.poll_reading(place.settings) as reading:
        done = catalog.ingest_feed(
            place.stores.operational, identity=place.identity, location=url, reading=reading
        )
    return done.podcast_id


def poll(place: Workspace, podcast_id: PodcastId) -> Polled:
    """Poll one feed by a command."""
    with catalog.poll_reading(place.settings) as reading:
        done = catalog.poll_feed(
            place.stores.operational,
            identity=place.identity,
            podcast_id=podcast_id,
            reading=reading,
        )
    assert done is not None
    return done


def show(place: Workspace) -> PodcastSummary:
    """The only show."""
    (only,) = acting.operational(place, catalog.list_podcasts)
    return only


def make_due(place: Workspace) -> None:
    """Make every feed due for its next poll."""
    with place.stores.operational.worker() as tx:
        tx.execute(
            "UPDATE catalog.podcasts SET next_poll_at = %s WHERE next_poll_at IS NOT NULL",
            [clock.now() - timedelta(seconds=1)],
        )


def work(place: Workspace) -> None:
    """Let a worker do all waiting jobs."""
    working.worker_of(place, listed=[]).run(once=True)


def kept_jobs(place: Workspace) -> list[str]:
    """The states of the stored jobs: live, dead, or kept as done."""
    with place.stores.operational.worker() as tx:
        live = tx.values("SELECT status FROM queue.jobs WHERE kind = 'catalog.poll'")
        return live + tx.values("SELECT status FROM queue.jobs_done WHERE kind = 'catalog.poll'")


def test_a_poll_is_15_minutes_after_the_last_with_a_jitter_of_a_tenth() -> None:
    """The jitter differs between feeds, and between polls of one feed."""
    waits = {
        rules.next_poll(at=NOON + n * EVERY, every=EVERY, key=KEY) - NOON - n * EVERY
        for n in range(50)
    }

    assert 50 == len(waits)
    assert all(timedelta(minutes=13.5) <= wait <= timedelta(minutes=16.5) for wait in waits)
    assert min(waits) < timedelta(minutes=14.5) < timedelta(minutes=15.5) < max(waits)


def test_the_wait_after_failures_doubles_up_to_a_day() -> None:
    """15 minutes, 30, an hour …; after weeks of failures, once a day."""

    def minutes(failures: int) -> float:
        at = rules.next_try(at=NOON, every=EVERY, failures=failures, key=KEY)
        return (at - NOON) / timedelta(minutes=1)

    for failures, expected in ((1, 15), (2, 30), (3, 60), (4, 120), (8, 1440), (10_000, 1440)):
        assert minutes(failures) == pytest.approx(expected, rel=0.11)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7200 ", 7200),
        ("Tue, 10 Nov 2026 13:00:00 GMT", 3600),
        ("Tuesday, 10-Nov-26 13:00:00 GMT", 3600),
        ("Tue Nov 10 13:00:00 2026", 3600),
        ("Tue, 10 Nov 2026 11:00:00 GMT", 0),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("9" * 30, None),
        ("Fri, 99 Nov 2026 13:00:00 GMT", None),
        ("x" * 5000, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: int | None) -> None:
    """All three date forms of RFC 9110 are read; any other value is ignored."""
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert expected == retry_after(header, now=NOON)


@pytest.mark.parametrize(
    ("asked", "least"), [(120, 120), (0, 60), (86_400, 86_400), (10**8, 7 * 86_400)]
)
def test_retry_after_wins_between_a_minute_and_a_week(asked: int, least: int) -> None:
    """A poll is never before the time that the server names, whatever the number of failures."""
    at = rules.next_try(
        at=NOON, every=EVERY, failures=9, key=KEY, retry_after=timedelta(seconds=asked)
    )

    assert least <= (at - NOON).total_seconds() <= least * 1.1


def test_each_due_feed_gets_one_job(place: Workspace, host: FeedHost) -> None:
    """One job per due feed, none for other feeds, and no second job while the first waits."""
    for name in ("one", "two", "three"):
        host.replies[f"/{name}.xml"] = Reply(feed(host, 1, title=name))
        register(place, f"{host.url}/{name}.xml")
    assert 0 == dispatch_polls(place.stores.operational, every=EVERY)

    make_due(place)
    assert 3 == dispatch_polls(place.stores.operational, every=EVERY)
    make_due(place)
    assert 0 == dispatch_polls(place.stores.operational, every=EVERY)
    assert ["pending"] * 3 == kept_jobs(place)


def test_a_poll_that_brings_an_episode_makes_earlier_requests_count(
    place: Workspace, host: FeedHost, tmp_path: Path
) -> None:
    """The schedule makes a job, the job reads the feed, counting adopts the requests (0605)."""
    host.replies["/feed.xml"] = Reply(feed(host, 1))
    register(place, f"{host.url}/feed.xml")
    name = host.url.removeprefix("http://").partition(":")[0]
    log = tmp_path / "access.log"
    at = clock.now() - timedelta(hours=2)
    log.write_text(
        f'203.0.113.9 - - [{at:%d/%b/%Y:%H:%M:%S +0000}] "GET /media/2.mp3 HTTP/1.1" 200 1000000 '
        f'"-" "Pocket Casts/7.70" "-" "-" "{name}"\n'
    )
    operational = place.stores.operational
    list(measurement.ingest_logs(operational, place.settings, [log], identity=place.identity))
    counting(place)()
    assert 0 == _downloads(place)

    host.replies["/feed.xml"] = Reply(feed(host, 1, 2))
    make_due(place)
    dispatching(place)()
    work(place)
    counting(place)()

    assert 1 == _downloads(place)
    assert [] == kept_jobs(place)


def _downloads(place: Workspace) -> int:
    today = clock.now().date()
    figures = acting.both(
        place,
        measurement.figures,
        first=today - timedelta(days=2),
        last=today,
        by="episode",
    )
    return sum(figure.downloads for figure in figures)


def test_validators_go_along_and_not_modified_reads_nothing(
    place: Workspace, host: FeedHost
) -> None:
    """While files cannot be measured, the whole document is read again only every 6 hours."""
    dated = {"ETag": '"v1"', "Last-Modified": "Tue, 10 Nov 2026 10:00:00 GMT"}
    host.replies["/feed.xml"] = Reply(feed(host, 1), headers=dated)
    podcast_id = register(place, f"{host.url}/feed.xml")
    host.came.clear()
    done = poll(place, podcast_id)

    assert (PollOutcome.NOT_MODIFIED, "not modified") == (done.outcome, done.message)
    ((path, headers),) = host.came
    assert ("/feed.xml", '"v1"') == (path, headers["if-none-match"])
    assert "Tue, 10 Nov 2026 10:00:00 GMT" == headers["if-modified-since"]

    with clock.frozen(clock.now() + timedelta(hours=7)):
        assert PollOutcome.READ == poll(place, podcast_id).outcome


def test_a_feed_that_fails_waits_longer_and_recovers_by_itself(
    place: Workspace, host: FeedHost
) -> None:
    """Failures in a row, their start and reason are stored; episodes stay.

    One success resets it.
    """
    tagged = Reply(feed(host, 1), headers={"ETag": '"v1"'})
    host.replies["/feed.xml"] = tagged
    podcast_id = register(place, f"{host.url}/feed.xml")
    host.replies["/feed.xml"] = Reply(status=500)
    start = clock.now()
    with clock.frozen(start):
        first = poll(place, podcast_id)
    with clock.frozen(start + EVERY):
        second = poll(place, podcast_id)

    assert (PollOutcome.FAILED, 1, False) == (first.outcome, first.failures, first.ok)
    assert "the server responded with status 500" in second.message
    assert first.next_poll_at is not None
    assert second.next_poll_at is not None
    assert timedelta(minutes=13) < first.next_poll_at - start < timedelta(minutes=17)
    assert timedelta(minutes=26) < second.next_poll_at - start - EVERY < timedelta(minutes=34)
    failing = show(place)
    assert ("failing", 2, start, 1) == (
        failing.state, failing.failures, failing.failing_since, failing.episodes
    )  # fmt: skip

    host.replies["/feed.xml"] = tagged  # the host now answers 304
    poll(place, podcast_id)
    well = show(place)
    assert ("active", 0, None, None) == (
        well.state, well.failures, well.failing_since, well.poll_message
    )  # fmt: skip


def test_retry_after_of_the_host_decides_the_next_poll(place: Workspace, host: FeedHost) -> None:
    """503 and 429, with seconds and with a date."""
    host.replies["/feed.xml"] = Reply(feed(host, 1))
    podcast_id = register(place, f"{host.url}/feed.xml")
    start = clock.now()
    date = (start + timedelta(hours=5)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    for status, header, hours in ((503, "10800", 3.0), (429, date, 5.0)):
        host.replies["/feed.xml"] = Reply(status=status, headers={"Retry-After": header})
        with clock.frozen(start):
            done = poll(place, podcast_id)
        assert done.next_poll_at is not None
        waited = (done.next_poll_at - start) / timedelta(hours=1)
        assert hours - 0.001 <= waited <= hours * 1.1


def test_a_feed_that_is_gone_is_not_polled_any_more_and_keeps_what_is_known(
    place: Workspace, host: FeedHost
) -> None:
    """410, once: the feed is reported as gone, is not polled, and can be resumed."""
    host.replies["/feed.xml"] = Reply(feed(host, 1, 2))
    podcast_id = register(place, f"{host.url}/feed.xml")
    host.replies["/feed.xml"] = Reply(status=410)
    make_due(place)
    dispatch_polls(place.stores.operational, every=EVERY)
    work(place)
    gone = show(place)
    assert ("gone", None, 2) == (gone.state, gone.next_poll_at, gone.episodes)
    assert gone.poll_message is not None
    assert "gone permanently (410)" in gone.poll_message

    make_due(place)
    assert 0 == dispatch_polls(place.stores.operational, every=EVERY)

    host.replies["/feed.xml"] = Reply(feed(host, 1, 2, 3))
    acting.operational(place, catalog.resume_feed, podcast_id=podcast_id)
    assert 1 == dispatch_polls(place.stores.operational, every=EVERY)
    work(place)
    assert ("active", 3) == (show(place).state, show(place).episodes)


@pytest.mark.parametrize("status", [301, 308])
def test_a_feed_that_moved_for_good_is_polled_at_its_new_address(
    place: Workspace, host: FeedHost, status: int
) -> None:
    """The old address is kept in the history and still finds the show."""
    old, new = f"{host.url}/old.xml", f"{host.url}/new.xml"
    host.replies["/old.xml"] = Reply(feed(host, 1))
    podcast_id = register(place, old)
    host.replies["/old.xml"] = Reply(status=status, headers={"Location": "/new.xml"})
    host.replies["/new.xml"] = Reply(feed(host, 1, 2))
    done = poll(place, podcast_id)

    assert (1, old, new) == (done.new, done.moved_from, done.feed_url)
    host.came.clear()
    poll(place, podcast_id)
    assert ["/new.xml"] == [path for path in host.paths() if path.endswith(".xml")]
    (move,) = acting.operational(place, catalog.feed_moves, podcast_id=podcast_id)
    assert (old, new) == (move.from_url, move.to_url)
    assert podcast_id == acting.operational(place, catalog.find_podcast, name=old)


def test_a_feed_that_moved_and_has_not_changed_moves_as_well(
    place: Workspace, host: FeedHost
) -> None:
    """The new address may answer 304 immediately."""
    body, tag = feed(host, 1), {"ETag": '"v1"'}
    host.replies["/old.xml"] = Reply(body, headers=tag)
    podcast_id = register(place, f"{host.url}/old.xml")
    host.replies["/old.xml"] = Reply(status=301, headers={"Location": f"{host.url}/new.xml"})
    host.replies["/new.xml"] = Reply(body, headers=tag)
    done = poll(place, podcast_id)

    assert (PollOutcome.NOT_MODIFIED, f"{host.url}/new.xml") == (done.outcome, done.feed_url)


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_feed_that_moved_for_now_keeps_its_address(
    place: Workspace, host: FeedHost, status: int
) -> None:
    """The document is read, the address is unchanged."""
    host.replies["/old.xml"] = Reply(feed(host, 1))
    podcast_id = register(place, f"{host.url}/old.xml")
    host.replies["/old.xml"] = Reply(status=status, headers={"Location": "/new.xml"})
    host.replies["/new.xml"] = Reply(feed(host, 1, 2))
    done = poll(place, podcast_id)

    assert (1, None, f"{host.url}/old.xml") == (done.new, done.moved_from, done.feed_url)
    assert [] == acting.operational(place, catalog.feed_moves, podcast_id=podcast_id)


def test_a_redirect_to_a_page_moves_nothing(place: Workspace, host: FeedHost) -> None:
    """A parked domain redirects with 301 to advertising: that is a failure, not a move."""
    host.replies["/feed.xml"] = Reply(feed(host, 1))
    podcast_id = register(place, f"{host.url}/feed.xml")
    host.replies["/feed.xml"] = Reply(status=301, headers={"Location": "/parked"})
    host.replies["/parked"] = Reply(b"<html><p>Buy this domain!</p></html>")
    done = poll(place, podcast_id)

    assert (PollOutcome.FAILED, f"{host.url}/feed.xml") == (done.outcome, done.feed_url)
    assert 1 == show(place).episodes


@pytest.mark.parametrize("drip", ["a body by drops", "a header by drops"])
def test_a_feed_that_drips_is_a_failure_within_the_time_of_one_fetch(
    place: Workspace, host: FeedHost, drip: str
) -> None:
    """Whether the body or a header drips, the whole request has one time limit."""
    host.replies["/feed.xml"] = Reply(feed(host, 1))
    podcast_id = register(place, f"{host.url}/feed.xml")
    limits = catalog.Limits(largest=300_000, seconds=0.7, patience=0.5)
    source = catalog.WebFeedSource(catalog.Web(allow_private=True, limits=limits))
    with hostile.server(hostile.SLOW[drip]) as port:
        with place.stores.operational.worker() as tx:
            tx.execute(
                "UPDATE catalog.podcasts SET feed_url = %s", [f"http://127.0.0.1:{port}/feed.xml"]
            )
        done = catalog.poll_feed(
            place.stores.operational,
            identity=place.identity,
            podcast_id=podcast_id,
            reading=catalog.FeedReading(source=source),
        )

    assert done is not None
    assert (PollOutcome.FAILED, 1) == (done.outcome, done.failures)
    assert "longer than 0.7 s" in done.message


def test_a_redirect_loop_is_a_failure_that_says_so(place: Workspace, host: FeedHost) -> None:
    """The request ends after five redirects."""
    host.replies["/feed.xml"] = Reply(feed(host, 1))
    podcast_id = register(place, f"{host.url}/feed.xml")
    host.replies["/feed.xml"] = Reply(status=301, headers={"Location": "/loop"})
    host.replies["/loop"] = Reply(status=301, headers={"Location": "/feed.xml"})
    done = poll(place, podcast_id)

    assert (PollOutcome.FAILED, True) == (done.outcome, "redirects more than 5" in done.message)


def test_an_address_that_serves_another_show_is_a_failure_of_this_one(
    place: Workspace, host: FeedHost
) -> None:
    """Shows with different podcast:guids are never mixed (R03)."""
    space = 'xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    guids = ("917393e3-1b1e-5cef-ace4-edaa54e1f810", "917393e3-1b1e-5cef-ace4-edaa54e1f811")
    for number, guid in enumerate(guids, 1):
        more = f"<podcast:guid>{guid}</podcast:guid>"
        body = feed(host, number, title=f"Show {number}", more=more)
        host.replies[f"/{number}.xml"] = Reply(body.replace(b"<rss ", f"<rss {space} ".encode()))
    first = register(place, f"{host.url}/1.xml")
    register(place, f"{host.url}/2.xml")
    host.replies["/1.xml"] = host.replies["/2.xml"]
    done = poll(place, first)

    assert (PollOutcome.FAILED, 1) == (done.outcome, done.failures)
    assert 'another show, "Show 2"' in done.message


def test_a_feed_of_250_files_is_measured_in_two_polls(place: Workspace, host: FeedHost) -> None:
    """200 in the first poll and the rest in the second, although the feed has not changed."""
    host.replies["/feed.xml"] = Reply(feed(host, *range(1, 251)), headers={"ETag": '"v1"'})
    mp3 = b"\xff\xfb\x90\x00".ljust(417, b"\0") * 20
    for number in range(1, 251):
        host.replies[f"/media/{number}.mp3"] = Reply(mp3)
    podcast_id = register(place, f"{host.url}/feed.xml")
    assert "50 files left for the next poll to measure" == show(place).poll_message

    poll(place, podcast_id)
    assert None is show(place).poll_message
    asked = {path for path in host.paths() if path.startswith("/media/")}
    assert 250 == len(asked)


def test_a_feed_that_was_read_from_a_file_is_polled_once_it_is_resumed(
    place: Workspace, host: FeedHost, tmp_path: Path
) -> None:
    """A file has no web address; resuming polls uses its self link."""
    link = f'<atom:link rel="self" href="{host.url}/feed.xml"/>'
    file = tmp_path / "feed.xml"
    file.write_bytes(feed(host, 1, more=link))
    done = catalog.ingest_feed(
        place.stores.operational,
        identity=place.identity,
        location=str(file),
        reading=catalog.FeedReading(source=catalog.FileFeedSource()),
    )
    assert ("unpolled", None) == (show(place).state, show(place).next_poll_at)

    host.replies["/feed.xml"] = Reply(feed(host, 1, 2, more=link))
    acting.operational(place, catalog.resume_feed, podcast_id=done.podcast_id)
    dispatch_polls(place.stores.operational, every=EVERY)
    work(place)
    assert ("active", 2) == (show(place).state, show(place).episodes)


def test_a_feed_without_an_address_cannot_be_polled(place: Workspace, tmp_path: Path) -> None:
    """The error says what to do instead; unknown names raise NotFound."""
    file = tmp_path / "feed.xml"
    file.write_bytes(feed(FeedHost("https://a.example"), 1))
    done = catalog.ingest_feed(
        place.stores.operational,
        identity=place.identity,
        location=str(file),
        reading=catalog.FeedReading(source=catalog.FileFeedSource()),
    )
    with pytest.raises(Conflict, match="read from a file"):
        acting.operational(place, catalog.enqueue_poll, podcast_id=done.podcast_id)
    with pytest.raises(NotFound, match="no show has the id"):
        acting.operational(place, catalog.find_podcast, name="https://b.example/feed.xml")


def test_a_paused_feed_is_polled_by_hand_alone(place: Workspace, host: FeedHost) -> None:
    """A job queued before the pause does nothing."""
    host.replies["/feed.xml"] = Reply(feed(host, 1))
    podcast_id = register(place, f"{host.url}/feed.xml")
    make_due(place)
    dispatch_polls(place.stores.operational, every=EVERY)
    acting.operational(place, catalog.pause_feed, podcast_id=podcast_id)
    host.came.clear()
    work(place)
    assert ([], "paused") == (host.paths(), show(place).state)

    assert poll(place, podcast_id).ok
    assert ("paused", 1) == (show(place).state, host.paths().count("/feed.xml"))


def test_polls_refuse_private_addresses_unless_the_setting_allows_them(
    workspace: Workspace, place: Workspace, host: FeedHost
) -> None:
    """A feed that moves to an address of the operator's network is a failure and is not fetched."""
    host.replies["/feed.xml"] = Reply(feed(host, 1))
    podcast_id = register(place, f"{host.url}/feed.xml")
    host.came.clear()
    done = poll(workspace, podcast_id)

    assert (PollOutcome.FAILED, []) == (done.outcome, host.paths())
    assert "private network" in done.message


def test_the_interval_is_a_setting(workspace: Workspace) -> None:
    """The default is 15 minutes."""
    flags = {"home": str(workspace.settings.home), "feed_poll_minutes": "60"}

    assert EVERY == interval(workspace.settings)
    assert timedelta(hours=1) == interval(config.load(flags, environment={}))


def paged(host: FeedHost, pages: int, *, relation: str = "next", last: str = "") -> None:
    """A feed of several pages with two episodes each, at /feed.xml and /page/n."""
    for number in range(1, pages + 1):
        path = "/feed.xml" if number == 1 else f"/page/{number}"
        older = f"/page/{number + 1}" if number < pages else last
        link = f'<atom:link rel="{relation}" href="{older}"/>' if older else ""
        host.replies[path] = Reply(feed(host, 2 * number - 1, 2 * number, more=link))


@pytest.mark.parametrize("relation", ["next", "prev-archive"])
def test_all_pages_are_read_at_first_and_later_those_with_new_episodes(
    place: Workspace, host: FeedHost, relation: str
) -> None:
    """Paged and archived feeds (RFC 5005); a poll stops at a page with only known episodes."""
    paged(host, 4, relation=relation)
    podcast_id = register(place, f"{host.url}/feed.xml")
    assert 8 == show(place).episodes

    host.came.clear()
    poll(place, podcast_id)
    assert [] == [path for path in host.paths() if path.startswith("/page")]

    link = f'<atom:link rel="{relation}" href="/page/2"/>'
    host.replies["/feed.xml"] = Reply(feed(host, 9, 1, more=link))
    host.came.clear()
    assert 1 == poll(place, podcast_id).new
    assert ["/page/2"] == [path for path in host.paths() if path.startswith("/page")]


def test_a_feed_of_250_pages_is_read_in_three_polls_and_says_so(
    place: Workspace, host: FeedHost
) -> None:
    """A poll reads at most 100 pages; the next one continues, so none is lost."""
    paged(host, 250)
    with catalog.poll_reading(place.settings) as reading:
        reading = replace(reading, probe=None)
        location = f"{host.url}/feed.xml"
        for expected in (200, 398, 500):
            done = catalog.ingest_feed(
                place.stores.operational,
                identity=place.identity,
                location=location,
                reading=replace(reading, conditional=False),
            )
            assert expected == show(place).episodes
            assert (expected < 500) == (done.next_page_url is not None)
            note = show(place).poll_message
            assert (expected < 500) == (note is not None and "more than 100 pages" in note)
    assert 250 == done.pages


def test_pages_in_a_circle_end_and_are_named(place: Workspace, host: FeedHost) -> None:
    """Each episode is stored once."""
    paged(host, 3, last="/page/2")
    register(place, f"{host.url}/feed.xml")

    assert 6 == show(place).episodes
    assert 3 == len([path for path in host.paths() if not path.startswith("/media")])
    message = show(place).poll_message
    assert message is not None
    assert "link in a loop" in message


def test_a_page_that_cannot_be_read_costs_no_episode_of_the_others(
    place: Workspace, host: FeedHost
) -> None:
    """The next poll continues at that page; a page that is gone is not requested again."""
    paged(host, 3)
    third = host.replies.pop("/page/3")
    host.replies["/page/3"] = Reply(status=500)
    podcast_id = register(place, f"{host.url}/feed.xml")
    assert 4 == show(place).episodes
    message = show(place).poll_message
    assert message is not None
    assert "a page could not be read" in message

    host.replies["/page/3"] = third
    assert 2 == poll(place, podcast_id).new
    assert 6 == show(place).episodes


def test_pages_without_end_that_bring_nothing_are_left(place: Workspace, host: FeedHost) -> None:
    """The host answers every page number with the same page."""
    link = '<atom:link rel="next" href="/page/{}"/>'
    host.replies["/feed.xml"] = Reply(feed(host, 1, more=link.format(2)))
    for number in range(2, 30):
        host.replies[f"/page/{number}"] = Reply(feed(host, 1, more=link.format(number + 1)))
    register(place, f"{host.url}/feed.xml")

    assert ["/page/2"] == [path for path in host.paths() if path.startswith("/page")]
