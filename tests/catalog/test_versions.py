"""Versions of files and changed addresses: the pure rules."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from wavehouse.catalog.rules.feed import parse_feed
from wavehouse.catalog.rules.versions import (
    Described,
    Step,
    described,
    enclosure_changes,
    files_of,
    step,
    to_probe,
)
from wavehouse.catalog.types import (
    EnclosureVersion,
    FactsSource,
    FeedEpisode,
    KnownEpisode,
    MediaFacts,
)
from wavehouse.kernel.ids import EnclosureId, EpisodeId
from wavehouse.kernel.reference import MediaKey

ID = UUID(int=1)
FULL = MediaFacts(900, 90, 60_000)
OTHER = MediaFacts(901, 90, 60_000)
ITEM = '<rss><channel><item><guid>g</guid><enclosure url="{}"/></item></channel></rss>'
STATED = MediaFacts(900, None, 60_000)


def episode(url: str = "https://media.example/1.mp3", more: str = "") -> FeedEpisode:
    (episode,) = parse_feed(
        f"""<rss><channel><title>x</title><item><guid>g</guid><itunes:duration>60</itunes:duration>
        <enclosure url="{url}" length="900"/>{more}</item></channel></rss>""".encode()
    ).episodes
    return episode


def version(facts: MediaFacts, source: FactsSource) -> EnclosureVersion:
    return EnclosureVersion(
        EnclosureId(ID),
        "g",
        "https://media.example/1.mp3",
        "media.example",
        "/1.mp3",
        facts.bytes,
        facts.header_bytes,
        facts.duration_ms,
        source,
    )


def test_r03_two_addresses_of_one_file_are_one_file() -> None:
    """A prefixed alternate of the enclosure is the same file as the enclosure."""
    more = """<podcast:alternateEnclosure type="audio/mpeg">
        <podcast:source uri="https://op3.dev/e/media.example/1.mp3"/>
        <podcast:source uri="https://mirror.example/1.mp3"/></podcast:alternateEnclosure>"""
    files = files_of(episode(more=more))
    assert [("enclosure", "media.example"), ("alternate", "mirror.example")] == [
        (file.kind, file.key.host) for file in files
    ]


@pytest.mark.parametrize(
    ("before", "found", "expected"),
    [
        (version(FULL, FactsSource.PROBE), Described(FULL, FactsSource.PROBE), Step.KEEP),
        (version(FULL, FactsSource.PROBE), Described(STATED, FactsSource.FEED), Step.KEEP),
        (version(FULL, FactsSource.PROBE), Described(OTHER, FactsSource.PROBE), Step.NEW_VERSION),
        (
            version(FULL, FactsSource.PROBE),
            Described(OTHER, FactsSource.MEDIA_FILE),
            Step.NEW_VERSION,
        ),
        (version(STATED, FactsSource.FEED), Described(FULL, FactsSource.PROBE), Step.LEARN),
        (version(STATED, FactsSource.FEED), Described(OTHER, FactsSource.FEED), Step.NEW_VERSION),
        (
            version(STATED, FactsSource.FEED),
            Described(MediaFacts(None, None, None), FactsSource.NONE),
            Step.KEEP,
        ),
        (
            version(MediaFacts(None, None, None), FactsSource.NONE),
            Described(STATED, FactsSource.FEED),
            Step.LEARN,
        ),
    ],
)
def test_r26_a_version_begins_when_the_file_changes_not_when_more_is_known(
    before: EnclosureVersion, found: Described, expected: Step
) -> None:
    """Changed bytes begin a version; first measurements update the existing one."""
    assert expected == step(before, found)


def test_a_media_file_wins_over_a_probe_and_a_probe_over_the_feed() -> None:
    """The more precise source wins."""
    (file,) = files_of(episode())
    fields = {MediaKey("media.example", "/1.mp3"): OTHER}
    assert Described(OTHER, FactsSource.MEDIA_FILE) == described(file, FULL, fields)
    assert Described(FULL, FactsSource.PROBE) == described(file, FULL, {})
    assert Described(STATED, FactsSource.FEED) == described(file, None, {})


def test_the_publishers_duration_serves_where_the_file_does_not_tell() -> None:
    """A measured header and the feed's duration are enough to compute the threshold."""
    (file,) = files_of(episode())
    assert FULL == described(file, MediaFacts(900, 90, None), {}).facts


def test_only_what_is_not_measured_is_probed() -> None:
    """A measured file is probed again when its stated size changes, or on request."""
    files = files_of(episode())
    now = datetime(2026, 11, 1, tzinfo=UTC)
    current = {files[0].place: version(FULL, FactsSource.PROBE)}

    def known(size: int) -> dict[str, KnownEpisode]:
        return {"g": KnownEpisode(EpisodeId(ID), "g", "https://media.example/1.mp3", now, size)}

    assert files == to_probe(files, {}, {}, {}, again=False)
    assert [] == to_probe(files, current, known(900), {}, again=False)
    assert files == to_probe(files, current, known(800), {}, again=False)
    assert files == to_probe(files, current, known(900), {}, again=True)
    assert [] == to_probe(files, {}, {}, {files[0].key: FULL}, again=True)


def test_r03_a_changed_prefix_is_told_and_is_the_same_file() -> None:
    """Apps may download again; the note says whether the file itself moved."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    known = {"g": KnownEpisode(EpisodeId(ID), "g", "https://media.example/1.mp3", now, 900)}
    for url, same in (
        ("https://op3.dev/e/media.example/1.mp3", True),
        ("https://other.example/1.mp3", False),
    ):
        (change,) = enclosure_changes(parse_feed(ITEM.format(url).encode()), known)
        assert (url, same) == (change.after, change.same_file)
    unchanged = parse_feed(ITEM.format("https://media.example/1.mp3").encode())
    assert () == enclosure_changes(unchanged, known)
