"""The use case "what files does a feed name": fetch, read, measure, store nothing."""

from __future__ import annotations

from collections.abc import Iterator

from wavehouse.catalog.adapters.feeds import is_web_address
from wavehouse.catalog.adapters.measuring import measure
from wavehouse.catalog.rules import rows, versions
from wavehouse.catalog.rules.addresses import shown
from wavehouse.catalog.rules.feed import parse_feed
from wavehouse.catalog.service.ingest import FeedReading
from wavehouse.catalog.types import Feed, FileOfFeed, ServedAt
from wavehouse.kernel import clock
from wavehouse.kernel.reference import media_key


def describe_feed(location: str, reading: FeedReading) -> list[FileOfFeed]:
    """Every file of every episode, with the facts that ``ingest_feed`` would store of it.

    Raises what reading a feed raises: InvalidInput, NotFound, Unreachable.
    """
    fetched = reading.source.fetch(location)
    name = shown(location) if is_web_address(location) else location
    feed = parse_feed(fetched.body, location=fetched.location, charset=fetched.charset, name=name)
    return list(_files(feed, reading))


def _files(feed: Feed, reading: FeedReading) -> Iterator[FileOfFeed]:
    told = {media_key(url): facts for url, facts in reading.media.items()}
    found = [file for episode in feed.episodes for file in versions.files_of(episode)]
    wanted = versions.to_probe(found, {}, {}, told, again=False)[: reading.most_probes]
    measured = measure(wanted, reading.probe).facts if reading.probe else {}
    now = clock.now()
    for episode in feed.episodes:
        for file in versions.files_of(episode):
            seen = versions.described(file, measured.get(file.place), told)
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
            )
