"""Reading and registering feeds, on a real database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wavehouse.catalog import (
    FeedReading,
    IngestedFeed,
    MediaFacts,
    MediaIndexEntry,
    ingest_feed,
    list_episodes,
    list_podcasts,
    media_index,
)
from wavehouse.catalog.types import Fetched
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, Unreachable
from wavehouse.workspace import Workspace

FEEDS = Path(__file__).parent / "feeds"
URL = "https://harbour.example/feed.xml"
FACTS = MediaFacts(1_000_000, 50_000, 1_800_000)
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@dataclass
class RecordedWeb:
    """A recorded web: documents and files by address."""

    documents: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, MediaFacts] = field(default_factory=dict)
    moved_to: str | None = None
    probed: list[str] = field(default_factory=list)

    def fetch(
        self, location: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        if location not in self.documents:
            raise Unreachable("the server answers with 500", where=location)
        body = self.documents[location]
        tag = f'"{hash(body)}"'
        if etag == tag:
            return Fetched(location, b"", None, etag, None, True, None)
        return Fetched(location, body, None, tag, None, False, self.moved_to)

    def probe(self, url: str) -> MediaFacts:
        self.probed.append(url)
        if url not in self.files:
            raise Unreachable("the server answers with 403", where=url)
        return self.files[url]


def plain(**changes: str) -> bytes:
    text = (FEEDS / "plain.xml").read_text()
    for before, after in changes.items():
        text = text.replace(before, after)
    return text.encode()


@pytest.fixture
def web() -> RecordedWeb:
    """A host with one feed whose two files can be measured."""
    files = {f"https://media.harbour.example/{n}.mp3": FACTS for n in (1, 2)}
    return RecordedWeb({URL: plain()}, files)


Look = Callable[..., IngestedFeed]


@pytest.fixture
def look(workspace: Workspace, web: RecordedWeb) -> Look:
    """Read the feed."""

    def looked(location: str = URL, **options: object) -> IngestedFeed:
        reading = FeedReading(**{"source": web, "probe": web, **options})  # type: ignore[arg-type]
        return ingest_feed(
            workspace.stores.operational,
            identity=workspace.identity,
            location=location,
            reading=reading,
        )

    return looked


def index_of(workspace: Workspace) -> list[MediaIndexEntry]:
    with workspace.stores.operational.worker() as tx:
        return media_index(tx)


def test_a_feed_is_registered_with_episodes_and_measured_files(
    workspace: Workspace, look: Look
) -> None:
    """Show, episodes and files with their facts are stored, with an entry in the audit log."""
    result = look()
    assert (True, 2, 0, 2, 0) == (
        result.registered,
        result.new,
        result.changed,
        result.probed,
        result.unknown,
    )
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        (podcast,) = list_podcasts(tx, identity=workspace.identity)
        titles = [episode.title for episode in list_episodes(tx, identity=workspace.identity)]
        actions = tx.values("SELECT action FROM audit.audit_log WHERE resource_type = 'podcast'")
    assert ("Harbour Lights", 2, URL, "active") == (
        podcast.title,
        podcast.episodes,
        podcast.feed_url,
        podcast.ingestion_status,
    )
    assert ["The pilot boat", "Fog & horn"] == titles
    assert ["feed.registered"] == actions
    assert [FACTS, FACTS] == [
        MediaFacts(e.bytes, e.header_bytes, e.duration_ms) for e in index_of(workspace)
    ]


def test_looking_again_changes_nothing(workspace: Workspace, look: Look, web: RecordedWeb) -> None:
    """By validators, and by content when the server has none."""
    first, before = look(), index_of(workspace)
    assert look().not_modified
    again = look(again=True)
    assert (False, 0, 0, 2) == (again.registered, again.new, again.changed, again.unchanged)
    assert first.podcast_id == again.podcast_id
    assert before == index_of(workspace)
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        assert 1 == tx.value("SELECT count(*) FROM audit.audit_log WHERE action ~ '^feed'")


def test_only_what_changed_is_written(look: Look, web: RecordedWeb) -> None:
    """With a new title, one episode is written."""
    look()
    web.documents[URL] = plain(**{"The pilot boat": "The pilot boats"})
    result = look()
    assert (0, 1, 1) == (result.new, result.changed, result.unchanged)


def test_r03_a_new_prefix_or_host_makes_no_new_episode(
    workspace: Workspace, look: Look, web: RecordedWeb
) -> None:
    """The change is reported; both addresses identify the same episode."""
    look()
    web.documents[URL] = plain(
        **{
            "https://media.harbour.example/2.mp3": "https://op3.dev/e/media.harbour.example/2.mp3",
            "https://media.harbour.example/1.mp3": "https://cdn.example/1.mp3",
        }
    )
    web.files["https://cdn.example/1.mp3"] = FACTS
    result = look()
    assert (0, 2) == (result.new, result.changed)
    assert [("harbour-2", True), ("harbour-1", False)] == [
        (change.guid, change.same_file) for change in result.enclosure_changes
    ]
    places = {
        (entry.media_host, entry.media_path): entry.episode_id for entry in index_of(workspace)
    }
    assert 3 == len(places)
    assert places["cdn.example", "/1.mp3"] == places["media.harbour.example", "/1.mp3"]


def test_r03_a_show_that_moves_keeps_its_guid_and_its_episodes(
    workspace: Workspace, look: Look, web: RecordedWeb
) -> None:
    """The same podcast:guid at another address is the same show."""
    body = (FEEDS / "podcasting20.xml").read_bytes()
    web.documents = {"https://old.example/f": body, "https://new.example/f": body}
    first = look("https://old.example/f", probe=None)
    second = look("https://new.example/f", probe=None)
    assert first.podcast_id == second.podcast_id
    assert ("https://old.example/f", "https://new.example/f") == (
        second.moved_from,
        second.feed_url,
    )
    assert 0 == second.new


def test_a_permanent_redirect_changes_the_address_that_is_polled(
    look: Look, web: RecordedWeb
) -> None:
    """The show is the same at its new address."""
    first = look()
    web.moved_to = "https://harbour.example/new.xml"
    second = look(again=True)
    assert (first.podcast_id, web.moved_to) == (second.podcast_id, second.feed_url)


def test_r26_another_file_at_the_same_address_is_a_new_version(
    workspace: Workspace, look: Look, web: RecordedWeb
) -> None:
    """The old version applies to earlier requests, the new one from then on."""
    with clock.frozen(NOON):
        look()
    web.documents[URL] = plain(**{'length="1234567"': 'length="1234999"'})
    larger = MediaFacts(1_100_000, 90_000, 1_850_000)
    web.files["https://media.harbour.example/2.mp3"] = larger
    web.probed.clear()
    with clock.frozen(NOON + timedelta(days=1)):
        look()
    assert ["https://media.harbour.example/2.mp3"] == web.probed
    versions = [e for e in index_of(workspace) if e.media_path == "/2.mp3"]
    assert [
        (datetime(1970, 1, 1, tzinfo=UTC), 1_000_000),
        (NOON + timedelta(days=1), 1_100_000),
    ] == [(version.valid_from, version.bytes) for version in versions]


def test_a_file_that_cannot_be_measured_stops_nothing_and_is_tried_again(
    workspace: Workspace, look: Look, web: RecordedWeb
) -> None:
    """The failure is reported; a later read adds the facts without a new version."""
    gone = web.files.pop("https://media.harbour.example/1.mp3")
    result = look()
    assert (1, 1) == (result.probed, result.unknown)
    assert [("https://media.harbour.example/1.mp3", "the server answers with 403")] == [
        (failure.url, failure.message) for failure in result.probe_failures
    ]
    web.files["https://media.harbour.example/1.mp3"] = gone
    assert 0 == look().unknown
    assert [FACTS, FACTS] == [
        MediaFacts(e.bytes, e.header_bytes, e.duration_ms) for e in index_of(workspace)
    ]


def test_files_behind_a_prefix_are_measured_without_it(look: Look, web: RecordedWeb) -> None:
    """The prefix's operator counts requests; ours must not be counted."""
    web.documents[URL] = plain(**{"https://media.": "https://op3.dev/e/media."})
    look()
    assert {"https://media.harbour.example/1.mp3", "https://media.harbour.example/2.mp3"} == set(
        web.probed
    )


def test_a_media_file_describes_instead_of_a_probe(look: Look, web: RecordedWeb) -> None:
    """A file described by --media is not measured."""
    media = {"https://media.harbour.example/2.mp3": FACTS}
    result = look(media=media)
    assert (1, 1, 0) == (result.described, result.probed, result.unknown)
    assert ["https://media.harbour.example/1.mp3"] == web.probed


def test_r29_without_any_measure_the_sizes_are_the_feeds(workspace: Workspace, look: Look) -> None:
    """The feed's length and duration are kept; the header size is unknown."""
    result = look(probe=None)
    assert 2 == result.unknown
    assert [(None, None), (1234567, None)] == [
        (entry.bytes, entry.header_bytes) for entry in index_of(workspace)
    ]


def test_a_broken_feed_gives_what_is_good_and_tells_the_rest(look: Look, web: RecordedWeb) -> None:
    """Two episodes are kept, four items are reported as dropped with their lines."""
    web.documents[URL] = (FEEDS / "sloppy.xml").read_bytes()
    result = look(probe=None)
    assert (2, [18, 23, 27, 32]) == (result.new, [item.line for item in result.dropped])


def test_an_episode_without_a_date_keeps_the_day_it_was_first_seen(
    workspace: Workspace, look: Look, web: RecordedWeb
) -> None:
    """Reading the feed again does not change it."""
    web.documents[URL] = (FEEDS / "sloppy.xml").read_bytes()
    for day in (0, 1):
        with clock.frozen(NOON + timedelta(days=day)):
            result = look(probe=None, again=True)
    assert 2 == result.unchanged
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        newest = list_episodes(tx, identity=workspace.identity)[0]
    assert ("sloppy-2", NOON) == (newest.guid, newest.publish_date)


def test_a_show_remembers_why_its_feed_could_not_be_read(
    workspace: Workspace, look: Look, web: RecordedWeb
) -> None:
    """An error is stored with the show; the next success clears it; episodes stay."""
    look()
    web.documents[URL] = b"<html><body>down for repairs</body></html>"
    with pytest.raises(InvalidInput, match="a web page, not a feed"):
        look()

    def status() -> tuple[str, int]:
        with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
            (podcast,) = list_podcasts(tx, identity=workspace.identity)
        return podcast.ingestion_status, podcast.episodes

    assert ("error", 2) == status()
    web.documents[URL] = plain(Fog="Frog")
    look()
    assert ("active", 2) == status()


def test_every_text_that_a_feed_may_hold_can_be_stored(look: Look, web: RecordedWeb) -> None:
    """All sample feeds are stored, and storing them again changes nothing."""
    for path in sorted(FEEDS.glob("*.xml")):
        location = f"https://all.example/{path.name}"
        web.documents[location] = path.read_bytes()
        first = look(location, probe=None)
        again = look(location, probe=None, again=True)
        assert (first.podcast_id, 0, 0) == (again.podcast_id, again.new, again.changed)


def test_a_feed_of_thousands_is_written_in_few_statements(look: Look, web: RecordedWeb) -> None:
    """Statements handle all rows at once, whatever the feed's length."""
    item = '<item><guid>{0}</guid><enclosure url="https://m.example/{0}.mp3" length="9"/></item>'
    items = "".join(item.format(n) for n in range(3000))
    web.documents[URL] = f"<rss><channel><title>Long</title>{items}</channel></rss>".encode()
    assert 3000 == look(probe=None).new
