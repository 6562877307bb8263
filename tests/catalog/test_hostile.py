"""Fetching from malicious servers ends in time with a Wavehouse error; no feed blocks others."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress

import pytest
from tests.faults import hostile

from wavehouse.catalog.adapters import Limits, Web, WebFeedSource, WebMediaProbe
from wavehouse.catalog.adapters.measuring import measure
from wavehouse.catalog.rules.feed import parse_feed
from wavehouse.catalog.rules.versions import FeedFile, files_of
from wavehouse.catalog.types import MediaFacts
from wavehouse.kernel.errors import InvalidInput, Refused, Unreachable, WavehouseError
from wavehouse.kernel.reference import MediaKey

# Each wait is shorter than the timeout, so only the limit of the whole fetch ends it.
SHORT = Limits(largest=300_000, seconds=0.7, patience=0.5)
BROKEN = {**hostile.FAST, **hostile.MOVES, **hostile.CIRCLES}


def _here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def _web(limits: Limits = SHORT) -> Web:
    return Web(allow_private=True, limits=limits, resolve=_here)


@pytest.mark.parametrize("name", hostile.SLOW)
def test_a_server_that_sends_by_drops_is_left_at_the_deadline(name: str) -> None:
    """Status, headers, 100 Continue or body: without a deadline it would never end."""
    with hostile.server(hostile.SLOW[name]) as port, pytest.raises(Unreachable):
        WebFeedSource(_web()).fetch(f"http://feeds.example:{port}/feed.xml")


def test_a_tls_handshake_by_drops_is_left_at_the_deadline() -> None:
    """The deadline includes the handshake."""
    drip = hostile._dripping(b"\x16\x03\x03\x40\x00", b"\x02")
    with hostile.server(drip) as port, pytest.raises(Unreachable):
        WebFeedSource(_web()).fetch(f"https://feeds.example:{port}/feed.xml")


def test_a_name_server_that_does_not_answer_is_left_at_the_deadline() -> None:
    """The system's resolver has no deadline."""
    over = threading.Event()

    def asleep(_host: str, _port: int) -> list[str]:
        over.wait(60)
        return []

    web = Web(limits=SHORT, resolve=asleep)
    try:
        with pytest.raises(Unreachable, match="not resolved in time"):
            WebFeedSource(web).fetch("http://feeds.example/feed.xml")
    finally:
        over.set()


@pytest.mark.parametrize("name", BROKEN)
def test_a_server_that_breaks_the_rules_is_an_error_of_ours(name: str) -> None:
    """Fetching a feed gives a document or a one-sentence error, never another exception."""
    with hostile.server(BROKEN[name]) as port:
        with suppress(WavehouseError):
            WebFeedSource(_web()).fetch(f"http://feeds.example:{port}/feed.xml")
        with suppress(WavehouseError):
            WebMediaProbe(_web()).probe(f"http://feeds.example:{port}/a.mp3")


@pytest.mark.parametrize("host", hostile.PRIVATE)
def test_no_spelling_of_a_private_address_is_connected_to(host: str) -> None:
    """Each spelling is resolved by the system; none reaches this machine or its network."""
    touched: list[object] = []
    with hostile.server(lambda connection, _: touched.append(connection)) as port:
        try:
            with Web(limits=SHORT).get(f"http://{host}:{port}/"):
                touched.append("answered")
        except (Refused, InvalidInput, Unreachable):
            pass

    assert [] == touched


def test_a_bomb_of_eight_kilobytes_is_refused_by_its_ratio() -> None:
    """Far below the byte limit: ordinary text compresses at most about 30 times."""
    wide = Limits(seconds=20)
    with (
        hostile.server(hostile._sized(hostile._packed_bomb(8), b"Content-Encoding: gzip")) as port,
        pytest.raises(InvalidInput, match="expands to more than 200 times"),
    ):
        WebFeedSource(_web(wide)).fetch(f"http://feeds.example:{port}/feed.xml")


def test_validators_that_no_header_may_hold_are_not_kept() -> None:
    """Sent back they would break every later request, and the feed would stay broken."""
    headers = ('ETag: "é\u202e"'.encode(), b"Last-Modified: " + b"x" * 5000)
    with hostile.server(hostile._sized(b"<rss/>", *headers)) as port:
        source = WebFeedSource(_web())
        fetched = source.fetch(f"http://feeds.example:{port}/feed.xml")
        again = source.fetch(
            f"http://feeds.example:{port}/feed.xml", etag="\u202e", last_modified="a\nb"
        )

    assert (None, None) == (fetched.etag, fetched.last_modified)
    assert b"<rss/>" == again.body


class _Odd:
    """A probe that fails for some files."""

    def probe(self, url: str) -> MediaFacts:
        if "broken" in url:
            raise ValueError("Exceeds the limit for integer string conversion")
        return MediaFacts(1, None, None)


def _file(url: str) -> FeedFile:
    key = MediaKey("a.example", url)
    return FeedFile(url, "enclosure", url, key, None, MediaFacts(None, None, None))


def test_a_file_that_breaks_its_probe_stops_no_other() -> None:
    """Any exception is reported as the failure of that file."""
    files = [_file(f"https://a.example/{name}.mp3") for name in ("1", "broken", "2")]

    measured = measure(files, _Odd())

    assert {files[0].place, files[2].place} == set(measured.facts)
    assert ["unexpected error: ValueError"] == [each.message for each in measured.failures]


def test_files_that_there_was_no_time_for_are_reported() -> None:
    """A feed of slow servers delays the others for a limited time only."""
    files = [_file(f"https://a.example/{n}.mp3") for n in range(3)]

    measured = measure(files, _Odd(), seconds=-1.0)

    assert ({}, 3) == (measured.facts, len(measured.failures))
    assert "run it again" in measured.failures[0].message


@pytest.mark.parametrize("address", [where.decode("latin-1") for where in hostile.LOCATIONS])
def test_a_bad_address_anywhere_in_an_item_stops_no_feed(address: str) -> None:
    """In an enclosure, link, base, image, person or chapters; the other item is read."""
    written = "".join(f"&#{ord(letter)};" for letter in address[:2000] if ord(letter) > 31)
    text = f"""<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>t</title>
      <item xml:base="{written}"><guid>bad</guid><enclosure url="{written}"/><link>{written}</link>
      <image><url>{written}</url></image><podcast:person href="{written}">p</podcast:person>
      <podcast:chapters url="{written}"/><podcast:alternateEnclosure type="audio/mpeg">
      <podcast:source uri="{written}"/></podcast:alternateEnclosure></item>
      <item><guid>good</guid><enclosure url="https://a.example/good.mp3"/></item>
      </channel></rss>"""

    feed = parse_feed(text.encode(), location="https://a.example/feed.xml")

    assert "good" in {episode.guid for episode in feed.episodes}
    for episode in feed.episodes:
        assert files_of(episode)


def _one_item_of(enclosures: int) -> bytes:
    many = "".join(
        f'<enclosure url="https://a.example/{n}.mp3" type="audio/mpeg"/>' for n in range(enclosures)
    )
    return f"<rss><channel><title>t</title><item>{many}</item></channel></rss>".encode()


def test_reading_enclosures_is_not_quadratic() -> None:
    """Comparisons are counted, not seconds: twice the enclosures need twice the calls."""
    calls = []
    for enclosures in (500, 1000):
        counted = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            (episode,) = parse_feed(_one_item_of(enclosures)).episodes
        finally:
            sys.setprofile(None)
        assert enclosures - 1 == len(episode.others)
        calls.append(counted)

    assert calls[1] < 2.5 * calls[0]


@pytest.mark.parametrize("bomb", ["<item/>", "&", "<", "<a/>", "&#65;"])
def test_a_feed_of_millions_of_tags_is_refused_before_it_is_taken_apart(bomb: str) -> None:
    """Eight megabytes of such tags took more than a gigabyte of memory."""
    text = f"<rss><channel>{bomb * 1_600_000}</channel></rss>"

    with pytest.raises(InvalidInput, match="tags and entities"):
        parse_feed(text.encode())


def test_a_feed_of_too_many_items_is_refused() -> None:
    """Each item would become a row or a message."""
    text = f"<rss><channel>{'<item/>' * 50_001}</channel></rss>"

    with pytest.raises(InvalidInput, match="more than 50,000 items"):
        parse_feed(text.encode())
