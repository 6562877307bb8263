"""Versions of media files (R26) and changed addresses (R03)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from wavehouse.catalog.types.feed import Feed, FeedEpisode
from wavehouse.catalog.types.media import MediaFacts
from wavehouse.catalog.types.records import EnclosureVersion, FactsSource, KnownEpisode
from wavehouse.catalog.types.results import EnclosureChange
from wavehouse.kernel.reference import MediaKey, has_media_ending, media_key

Place = tuple[str, MediaKey]
"""A file of an episode: the episode's guid, and the host and path without prefixes."""


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A file of an episode, with what the feed states about it."""

    guid: str
    kind: str
    url: str
    key: MediaKey
    media_type: str | None
    stated: MediaFacts

    @property
    def place(self) -> Place:
        """The key that distinguishes this file from others."""
        return self.guid, self.key


@dataclass(frozen=True, slots=True)
class Described:
    """Facts and their source."""

    facts: MediaFacts
    source: FactsSource


class Step(Enum):
    """The action for the stored version of a file."""

    KEEP = auto()
    LEARN = auto()
    NEW_VERSION = auto()


def files_of(episode: FeedEpisode) -> list[FeedFile]:
    """Every file of an episode; two addresses of one host and path are one file."""
    duration = episode.duration_seconds
    milliseconds = duration * 1000 if duration else None
    main = episode.enclosure
    named = [("enclosure", main.url, main.media_type, main.bytes)]
    for other in episode.alternates:
        named += [("alternate", url, other.media_type, other.bytes) for url in other.sources]
    named += [("alternate", other.url, other.media_type, other.bytes) for other in episode.others]
    feed_files: dict[MediaKey, FeedFile] = {}
    for kind, url, media_type, size in named:
        key = media_key(url)
        stated = MediaFacts(size, None, milliseconds)
        feed_files.setdefault(key, FeedFile(episode.guid, kind, url, key, media_type, stated))
    return list(feed_files.values())


def files_of_feed(feed: Feed) -> list[FeedFile]:
    """Every file of every episode of a feed.

    Parameters that clients are known to add are not part of a file's address, unless files differ
    by nothing else (R03).
    """
    feed_files = [file for episode in feed.episodes for file in files_of(episode)]
    addresses: dict[MediaKey, set[str]] = defaultdict(set)
    for file in feed_files:
        addresses[file.key].add(media_key(file.url, whole_query=True).path)
    several = {
        key
        for key, paths in addresses.items()
        if len(paths) > 1 and not has_media_ending(key.bare.path)
    }
    if not several:
        return feed_files
    whole = (
        replace(file, key=media_key(file.url, whole_query=True)) if file.key in several else file
        for file in feed_files
    )
    return list({file.place: file for file in whole}.values())


def described(
    file: FeedFile, measured: MediaFacts | None, known: Mapping[MediaKey, MediaFacts]
) -> Described:
    """The best facts of a file: from a media file, else measured, else from the feed."""
    facts = known.get(file.key) or known.get(file.key.bare)
    source = FactsSource.MEDIA_FILE
    if facts is None:
        facts, source = measured, FactsSource.PROBE
    size = (facts.bytes if facts else None) or file.stated.bytes
    if facts is None or size is None:
        has_some = file.stated.bytes is not None or file.stated.duration_ms is not None
        return Described(file.stated, FactsSource.FEED if has_some else FactsSource.NONE)
    # If the frames do not give the duration, use the publisher's, which is right to the second.
    duration = facts.duration_ms or file.stated.duration_ms
    return Described(replace(facts, bytes=size, duration_ms=duration), source)


def step(current: EnclosureVersion, described: Described) -> Step:
    """Whether the file itself changed (a new version), or only our knowledge of it.

    A feed's statement never overrides a measurement.
    """
    before = FactsSource(current.facts_source)
    same = described.facts == current.facts
    if described.source is FactsSource.NONE or (same and described.source == before):
        return Step.KEEP
    if before.measured:
        return Step.NEW_VERSION if described.source.measured and not same else Step.KEEP
    if described.source.measured or before is FactsSource.NONE:
        return Step.LEARN
    changed = current.bytes is not None and described.facts.bytes not in {None, current.bytes}
    return Step.NEW_VERSION if changed else Step.LEARN


def after(current: EnclosureVersion | None, described: Described) -> MediaFacts:
    """The facts after ``step``."""
    keep = current is not None and step(current, described) is Step.KEEP
    return current.facts if current is not None and keep else described.facts


def to_probe(
    files: Iterable[FeedFile],
    current: Mapping[Place, EnclosureVersion],
    known: Mapping[str, KnownEpisode],
    facts: Mapping[MediaKey, MediaFacts],
    *,
    again: bool,
) -> list[FeedFile]:
    """The files to measure: new ones, unmeasured ones, and those whose stated size changed."""

    def wanted(file: FeedFile) -> bool:
        version = current.get(file.place)
        if file.key in facts or file.key.bare in facts:
            return False
        if again or version is None or not FactsSource(version.facts_source).measured:
            return True
        before = known.get(file.guid)
        moved_size = before is not None and before.stated_bytes != file.stated.bytes
        return file.kind == "enclosure" and moved_size

    return [file for file in files if wanted(file)]


def enclosure_changes(feed: Feed, known: Mapping[str, KnownEpisode]) -> tuple[EnclosureChange, ...]:
    """R03: unchanged episodes whose file address changed."""
    return tuple(
        EnclosureChange(
            guid=episode.guid,
            before=before.audio_url,
            after=episode.enclosure.url,
            same_file=media_key(before.audio_url) == media_key(episode.enclosure.url),
        )
        for episode in feed.episodes
        if (before := known.get(episode.guid)) and before.audio_url != episode.enclosure.url
    )
