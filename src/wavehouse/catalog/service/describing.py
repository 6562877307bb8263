"""Use case: describe the files of a feed: fetch, parse, measure, store nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wavehouse.catalog.adapters.feeds import is_web_address
from wavehouse.catalog.adapters.measuring import Measured, measure
from wavehouse.catalog.rules import rows, versions
from wavehouse.catalog.rules.feed import parse_feed
from wavehouse.catalog.rules.identity import shared_files
from wavehouse.catalog.rules.versions import Described, FeedFile
from wavehouse.catalog.service.known import FeedReading
from wavehouse.catalog.types import DescribedFeed, Feed, FileOfFeed, ServedAt
from wavehouse.kernel import clock
from wavehouse.kernel.reference import media_key
from wavehouse.kernel.web_addresses import shown

MEASURED_AT_MOST = (
    "without a database, a run measures 200 files of a feed; the rest count by the feed's length "
    "(R29). Register the feed (wavehouse ingest feed), which continues where it stopped"
)


def describe_feed(location: str, reading: FeedReading) -> DescribedFeed:
    """Every file of every episode, with the facts that ``ingest_feed`` would store.

    Raises InvalidInput, NotFound, Unreachable.
    """
    fetched = reading.source.fetch(location)
    name = shown(location) if is_web_address(location) else location
    feed = parse_feed(fetched.body, location=fetched.location, charset=fetched.charset, name=name)
    fields = {media_key(url): facts for url, facts in reading.media.items()}
    feed_files = versions.files_of_feed(feed)
    wanted = versions.to_probe(feed_files, {}, {}, fields, again=False)
    measured = Measured({}, ())
    if reading.probe:
        measured = measure(wanted[: reading.most_probes], reading.probe)
        measured = replace(measured, left=max(0, len(wanted) - reading.most_probes))
    seen = [
        (file, versions.described(file, measured.facts.get(file.place), fields))
        for file in feed_files
    ]
    return DescribedFeed(tuple(_files(feed, seen)), tuple(_warnings(name, feed, measured)))


def _files(feed: Feed, described: list[tuple[FeedFile, Described]]) -> Iterator[FileOfFeed]:
    episodes = {episode.guid: episode for episode in feed.episodes}
    now = clock.now()
    for file, seen in described:
        episode = episodes[file.guid]
        facts = rows.stored_facts(seen)
        yield FileOfFeed(
            guid=episode.guid,
            title=episode.title,
            published_at=episode.published_at or now,
            host=file.key.host,
            path=file.key.path,
            media_type=file.media_type,
            bytes=facts["bytes"],
            header_bytes=facts["header_bytes"],
            duration_ms=facts["duration_ms"],
            segments=tuple(
                ServedAt(key.host, key.path, s.start_ms, s.duration_ms, s.bytes)
                for s in seen.facts.segments
                if (key := media_key(s.url)) != file.key
            ),
            hops=tuple(
                (key.host, key.path)
                for key in dict.fromkeys(map(media_key, seen.facts.hops))
                if key != file.key
            ),
        )


def _warnings(name: str, feed: Feed, measured: Measured) -> Iterator[str]:
    """Warnings about a feed, before counting by it."""
    for item in feed.dropped:
        yield f"{name}:{item.line}: dropped, {item.detail}"
    for note in feed.notes:
        yield f"{name}:{note.line}: warning, {note.message}"
    for failure in measured.failures:
        yield f"not measured: {failure.url}: {failure.message}"
    if measured.left:
        yield f"{measured.left} files are not measured: {MEASURED_AT_MOST}"
    for shared in shared_files(feed):
        yield shared.message
