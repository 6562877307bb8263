"""Reading a feed, in every form in which feeds are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import feedparser
import pytest

from wavehouse.catalog.rules.feed import MAX_FEED_BYTES, parse_feed
from wavehouse.catalog.rules.values import one_line
from wavehouse.catalog.types import DropReason
from wavehouse.kernel.errors import InvalidInput

FEEDS = Path(__file__).parent / "feeds"
# the oracle trusts the declaration and finds nothing
BEYOND_THE_ORACLE = {"says_utf16_is_utf8.xml"}
CORPUS = sorted({path.name for path in FEEDS.glob("*.xml")} - BEYOND_THE_ORACLE)


def read(name: str) -> bytes:
    return (FEEDS / name).read_bytes()


@pytest.mark.parametrize("name", CORPUS)
def test_every_item_is_an_episode_or_is_told_as_dropped(name: str) -> None:
    """The oracle counts the same number of items; every other item is reported."""
    feed = parse_feed(read(name))
    assert len(feedparser.parse(read(name)).entries) == len(feed.episodes) + len(feed.dropped)


@pytest.mark.parametrize("name", sorted(set(CORPUS) - {"says_utf8_is_latin1.xml"}))
def test_titles_are_those_that_the_oracle_reads(name: str) -> None:
    """In every encoding the titles equal those of the oracle."""
    feed = parse_feed(read(name))
    oracle = {one_line(entry.get("title")) for entry in feedparser.parse(read(name)).entries}
    assert {episode.title for episode in feed.episodes} <= oracle | {"Only the other title"}


def test_a_plain_feed_is_read_whole() -> None:
    """Show and episode, with Apple's tags."""
    feed = parse_feed(read("plain.xml"))
    newest, oldest = feed.episodes
    assert ("Harbour Lights", "Mira Holt", "en", "serial") == (
        feed.title,
        feed.author,
        feed.language,
        feed.show_type,
    )
    assert ("Society & Culture", "Society & Culture / Places") == feed.categories
    assert "https://harbour.example/cover.jpg" == feed.image_url
    assert datetime(2026, 11, 3, 5, tzinfo=UTC) == newest.published_at
    assert (1867, 1867) == (newest.duration_seconds, oldest.duration_seconds)
    assert (1, Decimal(2)) == (newest.season and newest.season.number, newest.episode.number)  # type: ignore[union-attr]
    assert (1234567, None) == (newest.enclosure.bytes, oldest.enclosure.bytes)


def test_every_podcasting_tag_is_kept() -> None:
    """Repeated elements are all kept, with their content."""
    feed = parse_feed(read("podcasting20.xml"))
    (episode,) = feed.episodes
    assert "917393e3-1b1e-5cef-ace4-edaa54e1f810" == feed.podcast_guid
    assert (True, True, "podcast") == (feed.locked, feed.uses_podping, feed.medium)
    assert ["Give a little", "Give more"] == [funding.label for funding in feed.fundings]
    assert ["Warnemünde"] == [location.name for location in feed.locations]
    assert "our-own-1.0" == (feed.license and feed.license.name)
    assert [("elsewhere", True)] == [(block.platform, block.blocked) for block in feed.blocks]
    assert [90210] == [trailer.bytes for trailer in feed.trailers]
    assert 1 == len(feed.podroll)
    assert [(90, False), (10, True)] == [(r.split, r.fee) for r in feed.values[0].recipients]
    assert ["text/vtt", "application/x-subrip"] == [t.media_type for t in episode.transcripts]
    assert [Decimal("60.5"), Decimal(30)] == [bite.duration for bite in episode.soundbites]
    assert [("Bo Lind", "guest", "cast")] == [(p.name, p.role, p.group) for p in episode.persons]
    assert Decimal("3.5") == (episode.episode and episode.episode.number)
    assert "Waves" == (episode.season and episode.season.name)
    splits = episode.values[0].time_splits
    assert [60, 330, 400] == [int(split.start) for split in splits]
    assert "x-1" == (splits[0].remote_item and splits[0].remote_item.item_guid)
    assert ["Guest"] == [recipient.name for recipient in splits[1].recipients]


def test_r03_an_episode_is_known_by_all_its_addresses() -> None:
    """The enclosure and every web source of its alternates identify the same episode."""
    (episode,) = parse_feed(read("podcasting20.xml")).episodes
    assert (
        "https://media.salt.example/1.mp3",
        "https://media.salt.example/1.opus",
        "https://mirror.salt.example/1.opus",
        "https://media.salt.example/1.mp4",
    ) == tuple(
        dict.fromkeys((episode.enclosure.url, *(s for a in episode.alternates for s in a.sources)))
    )


@pytest.mark.parametrize("other", ["podcasting20_other_address.xml", "undeclared_prefixes.xml"])
def test_both_namespace_addresses_and_a_forgotten_one_mean_the_same(other: str) -> None:
    """The spelling of the namespace does not change the meaning of its tags."""
    expected = parse_feed(read("podcasting20.xml"))
    feed = parse_feed(read(other))
    assert expected == replace(feed, notes=())


@pytest.mark.parametrize(
    "name",
    [
        "utf16.xml",
        "utf16_without_mark.xml",
        "says_latin1_is_utf8.xml",
        "says_utf8_is_latin1.xml",
        "says_utf16_is_utf8.xml",
        "marked_after_blank_lines.xml",
        "blank_lines_first.xml",
    ],
)
def test_the_bytes_decide_about_the_encoding(name: str) -> None:
    """A wrong declaration, a missing byte order mark or blank lines change no character."""
    feed = parse_feed(read(name))
    assert ("Más allá", "Ñandú", "El avión") == (
        feed.title,
        feed.description,
        feed.episodes[0].title,
    )


def test_latin_1_is_read_as_the_windows_encoding_that_it_is() -> None:
    """Quotes and dashes of Windows-1252 survive under the name ISO-8859-1."""
    feed = parse_feed(read("latin1.xml"))
    assert "Der Fuß – “elf Zoll”" == feed.episodes[0].title
    assert datetime(2026, 11, 2, 9, tzinfo=UTC) == feed.episodes[0].published_at


def test_the_servers_charset_helps_where_the_document_says_nothing() -> None:
    """Without a declaration, the header's charset is tried before guessing."""
    data = "<rss><channel><title>Привет</title></channel></rss>".encode("koi8-r")
    assert "Привет" == parse_feed(data, charset="koi8-r").title


def test_a_missing_guid_is_the_enclosures_address() -> None:
    """An item without a guid is identified by its file; spaces in the address are escaped."""
    first = parse_feed(read("sloppy.xml")).episodes[0]
    assert "https://sloppy.example/a%20b.mp3?x=1&y=2" == first.guid == first.enclosure.url
    assert 1024 == first.enclosure.bytes


def test_entities_and_bare_ampersands_are_text() -> None:
    """HTML entities become characters; unknown entities and bare signs stay as written."""
    feed = parse_feed(read("sloppy.xml"))
    assert "Rock & Roll <live>" == feed.title
    assert "Tom & Jerry \u00a0é &unknown; 3 < 4" == feed.description
    assert "<p>One &amp; two</p>" == feed.episodes[0].description


def test_dropped_items_say_their_line_and_why() -> None:
    """Each item that is not an episode is reported with its line."""
    dropped = parse_feed(read("sloppy.xml")).dropped
    assert [
        (18, DropReason.DUPLICATE_GUID, "its guid is already used at line 12"),
        (23, DropReason.NO_ENCLOSURE, "it has no enclosure"),
        (27, DropReason.NO_ENCLOSURE, "its enclosure is of type image/jpeg"),
        (32, DropReason.BAD_ENCLOSURE_URL, "its enclosure has no http(s) address"),
    ] == [(item.line, item.reason, item.detail) for item in dropped]


def test_a_date_that_cannot_be_read_is_noted_and_the_episode_kept() -> None:
    """An episode with a broken date is kept, so that its downloads count."""
    feed = parse_feed(read("sloppy.xml"))
    assert feed.episodes[1].published_at is None
    note = "the date 'sometime in May' cannot be read; the date on which it was first seen is used"
    assert (12, f'"Only the other title": {note}') in [(n.line, n.message) for n in feed.notes]


def test_tags_left_open_spoil_only_their_own_text() -> None:
    """Unclosed and stray tags in one item do not swallow the next."""
    feed = parse_feed(read("tags_left_open.xml"))
    assert ["open-1", "open-2", "open-3"] == [episode.guid for episode in feed.episodes]
    assert "A bold start" == feed.episodes[0].description


def test_hundreds_of_broken_items_do_not_pile_up_into_depth() -> None:
    """Every item of a long broken feed is read, not only those above a depth limit."""
    item = read("tags_left_open.xml").split(b"\n", 1)[1].split(b"<item>")[1]
    items = b"".join(b"<item>" + item.replace(b"open-1", b"deep-%d" % n) for n in range(400))
    assert 400 == len(parse_feed(b"<rss><channel><title>Deep</title>" + items).episodes)


def test_a_feed_that_ends_inside_an_item_keeps_the_others() -> None:
    """The last item is dropped: with a truncated guid it would look like a new episode."""
    feed = parse_feed(read("cut_short.xml"))
    assert ["open-1", "open-2"] == [episode.guid for episode in feed.episodes]
    assert [DropReason.CUT_SHORT] == [item.reason for item in feed.dropped]


def test_atom_and_rss_1_are_feeds_too() -> None:
    """Both other formats give the same episode."""
    (wave,) = parse_feed(read("atom.xml")).episodes
    (first,) = parse_feed(read("rdf.xml")).episodes
    assert ("urn:air:1", 777, "https://air.example/1") == (
        wave.guid,
        wave.enclosure.bytes,
        wave.link,
    )
    assert datetime(2026, 11, 4, 1, 30, tzinfo=UTC) == wave.published_at
    assert ("The first", "https://old.example/1.mp3") == (first.title, first.guid)


BILLION = (
    '<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n'
    "<rss><channel><title>&b;</title></channel></rss>"
)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the document is empty"),
        (b" \n\t ", "the document is empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page, not a feed"),
        (b'{"error": "gone"}', "JSON, not a feed"),
        (b"<?xml version='1.0'?><opml><body/></opml>", "another kind of XML, not a feed"),
        (b"\x1f\x8b\x08\x00", "a gzip file, not a feed"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", "an MP3 file, not a feed"),
        (bytes(range(256)) * 40, "no XML, not a feed"),
        (BILLION.encode(), "declares XML entities"),
        (b"<rss>" + b" " * MAX_FEED_BYTES, "a feed may have 26,214,400"),
    ],
    ids=["nothing", "blank", "page", "json", "opml", "gzip", "mp3", "binary", "billion", "huge"],
)
def test_what_is_no_feed_gives_one_clear_error(data: bytes, said: str) -> None:
    """One sentence names the kind of document."""
    with pytest.raises(InvalidInput) as caught:
        parse_feed(data)
    assert said in str(caught.value)


def test_no_entity_reads_a_file() -> None:
    """An external entity is refused before any parser sees it."""
    data = (
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><channel>&x;</channel></rss>'
    )
    with pytest.raises(InvalidInput, match="declares XML entities"):
        parse_feed(data)


def test_references_to_no_character_vanish() -> None:
    """Surrogates and numeric control characters are removed wherever they occur."""
    data = b"<rss><channel><title>a&#xD800;b&#0;c&#X41;</title><!-- <![CDATA[ --> &#xDFFF ]]>"
    assert "abcA" == parse_feed(data).title


@pytest.mark.parametrize(
    "piece",
    [b"\xe9", b"<![CDATA[", b"<!--", b"<?a", b"<", b"<a>", b"</a>", b"&", b'<a "', b"<a b='"],
)
def test_a_long_run_of_any_broken_piece_is_still_read(piece: bytes) -> None:
    """The preceding item is read; the reader's work grows linearly with the text."""
    item = b'<item><guid>g</guid><enclosure url="https://a.example/1.mp3"/></item>'
    data = b"<rss><channel>" + item + piece * 100_000
    assert ["g"] == [episode.guid for episode in parse_feed(data).episodes]


@pytest.mark.parametrize(
    "end", ["<title>Whole", "<title>Whole</title>", "<title>Whole</title><item>"]
)
def test_a_feed_that_stops_before_its_channel_does_is_told(end: str) -> None:
    """The rest is missing even when no item was open, so the exit code is 3."""
    feed = parse_feed(f"<rss><channel>{end}".encode())
    assert [DropReason.CUT_SHORT] == [item.reason for item in feed.dropped]


def test_a_feed_that_only_forgets_its_last_tag_is_whole() -> None:
    """The channel was closed, so nothing is missing."""
    feed = parse_feed(b"<rss><channel><title>Whole</title></channel>")
    assert () == feed.dropped
