"""Pure rules (R03): the file of an address, and the episode of an item."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from wavehouse.catalog import parse_feed
from wavehouse.catalog.rules.identity import changed_guids, guid_without_one, shared_files
from wavehouse.catalog.rules.versions import files_of_feed
from wavehouse.catalog.types import KnownEpisode
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import EnclosureId, EpisodeId, OrganizationId, PodcastId
from wavehouse.kernel.reference import checked_rule, meaning_of, media_key, path_rules
from wavehouse.measurement.rules.media import MediaIndex
from wavehouse.measurement.types import MediaFile

START = datetime(2026, 10, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def feed(*items: tuple[str, str], titles: dict[str, str] | None = None) -> bytes:
    """A feed of items, each with a guid (or none) and an address."""
    texts = (
        f"<item><title>{(titles or {}).get(guid, guid or url)}</title>"
        + (f"<guid>{guid}</guid>" if guid else "")
        + f"<pubDate>Mon, 05 Oct 2026 06:00:00 GMT</pubDate>"
        f'<enclosure url="{url.replace("&", "&amp;")}" length="5000000" type="audio/mpeg"/></item>'
        for guid, url in items
    )
    return f"<rss><channel><title>S</title>{''.join(texts)}</channel></rss>".encode()


def index_of(document: bytes, rules: list[str] | None = None) -> MediaIndex:
    """The index of a feed's files."""
    parsed = parse_feed(document)
    files = [
        MediaFile(
            EnclosureId(UUID(int=n)), EpisodeId(UUID(int=n)), PodcastId(UUID(int=0)),
            OrganizationId(UUID(int=0)), file.key.host, file.key.path, START, START,
            guid=file.guid,
        )
        for n, file in enumerate(files_of_feed(parsed), 1)
    ]  # fmt: skip
    return MediaIndex(files, path_rules(rules or []))


def guid_at(index: MediaIndex, target: str, host: str = "cdn.example") -> str | None:
    """The guid of the episode to which a request belongs."""
    place = index.place_of(host, target)
    return None if place is None else index.versions[place][0].guid


@pytest.mark.parametrize(
    ("items", "target", "expected"),
    [
        # files differ by their query
        ([("5", "/d.php?id=5"), ("6", "/d.php?id=6")], "/d.php?id=6", "6"),
        ([("5", "/d.php?id=5"), ("6", "/d.php?id=6")], "/d.php?utm_source=x&id=6&v=2", "6"),
        ([("5", "/d.php?id=5"), ("6", "/d.php?id=6")], "/d.php?id=7", None),
        ([("5", "/d.php?id=5"), ("6", "/d.php?id=6")], "/d.php", None),
        ([("5", "/d.php?id=5&s=a"), ("6", "/d.php?id=6&s=a")], "/d.php?s=b&id=5", "5"),
        ([("5", "/p?source=5"), ("6", "/p?source=6")], "/p?source=6", "6"),
        # files do not differ by their query
        ([("a", "/a.mp3?x=1"), ("b", "/b.mp3?x=2")], "/a.mp3", "a"),
        ([("a", "/a.mp3?x=1"), ("b", "/b.mp3?x=2")], "/a.mp3?x=9", "a"),
        ([("a", "/a.mp3?_from=feed")], "/a.mp3?_from=app&token=8", "a"),
        # only a script: another value is another file
        ([("5", "/d.php?id=5")], "/d.php?id=6", None),
        ([("5", "/d.php?id=5")], "/d.php?id=5&x=1", "5"),
        ([("a", "/a.mp3"), ("b", "/a.mp3?ver=hq")], "/a.mp3", "a"),
    ],
)
def test_r03_a_query_names_the_file_where_files_differ_by_it(
    items: list[tuple[str, str]], target: str, expected: str | None
) -> None:
    """Parameters added by clients never do; those that differ between enclosures do."""
    named = [(guid, f"https://cdn.example{path}") for guid, path in items]
    assert expected == guid_at(index_of(feed(*named)), target)


@pytest.mark.parametrize(
    ("enclosure", "host", "target"),
    [
        ("https://pod.example/podlove/file/12/s/feed/c/mp3/e.mp3", "pod.example",
         "/podlove/file/12/s/webplayer/c/website/e.mp3"),
        ("https://dovetail.prxu.org/126/d8d2c3a5-1234-4abc-8def-1234567890ab/e.mp3",
         "dovetail-cdn.prxu.org", "/126/d8d2c3a5-1234-4abc-8def-1234567890ab/9f8e7d6c/e.mp3"),
        ("https://pod.example/audio/AAAB/podcasts/show/e.mp3", "pod.example",
         "/media/podcasts/show/e.mp3"),
    ],
)  # fmt: skip
def test_r03_our_rules_know_paths_that_differ_for_each_listener(
    enclosure: str, host: str, target: str
) -> None:
    """The built-in rules cover Podlove, Dovetail and Castopod."""
    index = index_of(feed(("e", enclosure), ("f", "https://other.example/f.mp3")))
    assert "e" == guid_at(index, target, host)


def test_r03_a_rule_of_ones_own_maps_a_digest_a_query_and_a_guid() -> None:
    """A user's rule is tried before the built-in ones."""
    index = index_of(
        feed(("e1", "https://cdn.example/s/e1.mp3"), ("e2", "https://cdn.example/s/e2.mp3")),
        [
            "edge.example/{show}/{digest:hex}/{file} => cdn.example/{show}/{file}",
            "play.example/get?ep={id} => cdn.example/s/{id}.mp3",
            "x.example/by-guid/{guid} => guid:{guid}",
        ],
    )
    assert "e2" == guid_at(index, "/s/0a9b8c/e2.mp3", "edge.example")
    assert "e1" == guid_at(index, "/get?u=7&ep=e1", "play.example")
    assert "e2" == guid_at(index, "/by-guid/e2", "x.example")
    assert guid_at(index, "/by-guid/e3", "x.example") is None


@pytest.mark.parametrize(
    "line",
    ["", "a.example/x", "{**} => a.example/x", "a.example/{x} => a.example/{y}", "a/{x} => b",
     "a.example/{x} => a.example/ {x}"],
)  # fmt: skip
def test_a_rule_that_cannot_be_used_is_refused(line: str) -> None:
    """The error is one sentence with the grammar."""
    with pytest.raises(InvalidInput) as refused:
        checked_rule(line)
    assert "pattern => address" in str(refused.value.hint)


def test_a_rule_says_what_an_address_means() -> None:
    """The output of `wavehouse paths test`."""
    result = meaning_of(path_rules(["a.example/{x}/{*} => b.example/{x}"]), "https://a.example/1/2")
    assert result is not None
    assert "b.example/1" == result[0]


def version(episode: int, since: datetime, path: str = "/n.mp3", hop: bool = False) -> MediaFile:
    """A version of an episode's file."""
    return MediaFile(
        EnclosureId(uuid4()), EpisodeId(UUID(int=episode)), PodcastId(UUID(int=0)),
        OrganizationId(UUID(int=0)), "cdn.example", path, since, since,
        guid=str(episode), is_hop=hop,
    )  # fmt: skip


def owners(*files: MediaFile) -> list[tuple[str, datetime | None]]:
    """The periods in which each episode owns a file's requests."""
    index = MediaIndex(files)
    place = index.place_of("cdn.example", "/n.mp3")
    return [] if place is None else [(s.file.guid, s.since) for s in index.spans_of(place)]


def test_r03_of_two_episodes_with_one_file_the_one_published_last_before_has_it() -> None:
    """Independently of the order of registration, also when files are measured again."""
    first, two = version(1, START), version(2, START + DAY)
    again = version(1, START + 3 * DAY)
    assert [("1", None), ("2", START + DAY)] == owners(first, two, again)
    assert [("1", None), ("2", START + DAY)] == owners(again, two, first)


def test_r03_of_two_episodes_of_one_moment_the_first_registered_has_the_file() -> None:
    """Every request counts for exactly one of them."""
    assert [("1", None)] == owners(version(1, START), version(2, START))
    assert [("2", None)] == owners(version(2, START), version(1, START))


def test_r03_a_hop_that_two_episodes_share_is_nobodys() -> None:
    """An intermediate page, such as a sign-in, identifies nothing; an own file outranks a hop."""
    assert [] == owners(version(1, START, hop=True), version(2, START, hop=True))
    assert [("1", None)] == owners(version(1, START), version(2, START, hop=True))
    assert [("1", None)] == owners(version(1, START, hop=True))


def known(guid: str, url: str, title: str = "H") -> KnownEpisode:
    """An episode of the catalog."""
    return KnownEpisode(EpisodeId(uuid4()), guid, url, START, 5_000_000, title)


URL = "https://cdn.example/h.mp3"


@pytest.mark.parametrize(
    ("item", "before", "expected"),
    [
        (("new", URL), known("old", URL, "Other title"), ["new"]),  # the date is unchanged
        (("new", f"https://op3.dev/e/{URL[8:]}?token=3"), known("old", URL), ["new"]),
        (("new", "https://cdn.example/other.mp3"), known("old", URL, "new"), []),
        (("new", "https://cdn.example/p?id=2"), known("old", "https://cdn.example/p?id=1"), []),
    ],
)
def test_r03_a_changed_guid_on_the_same_file_is_the_same_episode(
    item: tuple[str, str], before: KnownEpisode, expected: list[str]
) -> None:
    """The file and the date or the title are unchanged, and the old guid is gone."""
    found = changed_guids(parse_feed(feed(item)), {before.guid: before}, {})
    assert expected == [change.after for change in found]


def test_r03_a_guid_that_is_still_there_is_another_episode() -> None:
    """Two items with one file are two episodes, and are reported."""
    parsed = parse_feed(feed(("old", URL), ("new", URL)))
    before = known("old", URL)
    assert [] == changed_guids(parsed, {"old": before}, {})
    (shared,) = shared_files(parsed)
    assert ("old", "new") == shared.titles
    assert "share the file" in shared.message


def test_r03_without_a_guid_an_episode_is_its_file_behind_prefix_and_parameters() -> None:
    """Adding a prefix creates no new episode."""
    plain = guid_without_one("https://cdn.example/n1.mp3?token=2")
    assert plain == guid_without_one("https://op3.dev/e/cdn.example/n1.mp3?token=3&utm_source=x")
    assert "https://cdn.example/n1.mp3" == plain
    two = parse_feed(
        feed(("", "https://cdn.example/p?source=1"), ("", "https://cdn.example/p?source=2"))
    )
    assert 2 == len({episode.guid for episode in two.episodes})


@pytest.mark.parametrize(
    "url",
    ["https://op3.dev/e//cdn.example/p.mp3", "https://chrt.fm/track/1A/https%3A//cdn.example/p.mp3",
     "https://tr.ausha.co/gdzJ/cdn.example/p.mp3", "https://track.fstry.me/p/1w2x/cdn.example/p.mp3",
     "https://op3.dev/e/https%253A%252F%252Fcdn.example%252Fp.mp3",
     "https://suprefix.fm/a/b/cdn.example/p.mp3", "https://op3.dev/e/pg=1-2/cdn.example/p.mp3",
     "https://dts.podtrac.com/redirect.mp3/op3.dev/e//https%3A//pdst.fm/e/cdn.example/p.mp3"],
)  # fmt: skip
def test_r03_prefixes_are_taken_off_as_they_are_in_use(url: str) -> None:
    """Stripping handles double slashes, encoded schemes and chains of prefixes."""
    assert ("cdn.example", "/p.mp3") == media_key(url)
