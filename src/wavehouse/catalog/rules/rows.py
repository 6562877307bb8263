"""Convert feeds to rows: columns where they exist, the rest as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from wavehouse.catalog.rules.versions import Described, FeedFile, Place, Step, step
from wavehouse.catalog.types.feed import Feed, FeedEpisode
from wavehouse.catalog.types.records import EnclosureVersion, KnownEpisode
from wavehouse.kernel.reference import media_key

_LONGEST_URL = 1000
_EPISODE_EXTRAS = (
    "image_url",
    "episode_type",
    "persons",
    "transcripts",
    "chapters",
    "soundbites",
    "locations",
    "license",
    "values",
    "txts",
    "social",
    "content_links",
)
_FEED_EXTRAS = (
    "categories",
    "medium",
    "locked",
    "show_type",
    "complete",
    "new_feed_url",
    "generator",
    "uses_podping",
    "persons",
    "fundings",
    "locations",
    "license",
    "values",
    "txts",
    "blocks",
    "trailers",
    "podroll",
    "update_frequency",
)


def _json(value: Any) -> Any:
    """A typed value as JSON types, without empty values; numbers keep their digits."""
    if is_dataclass(value) and not isinstance(value, type):
        named = ((field.name, _json(getattr(value, field.name))) for field in fields(value))
        return {name: part for name, part in named if part not in (None, [], {})}
    if isinstance(value, tuple):
        return [_json(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _extras(of: object, names: tuple[str, ...]) -> dict[str, Any]:
    values = ((name, _json(getattr(of, name))) for name in names)
    return {name: value for name, value in values if value not in (None, [], {}, False)}


def _fitting_url(url: str | None) -> str | None:
    return url if url and len(url) <= _LONGEST_URL else None


def podcast_row(feed: Feed) -> dict[str, Any]:
    """The columns of a show that come from its feed."""
    return {
        "title": feed.title,
        "description": feed.description,
        "author": feed.author[:255] if feed.author else None,
        "image_url": _fitting_url(feed.image_url),
        "website_url": _fitting_url(feed.link),
        "language": feed.language if feed.language and len(feed.language) <= 10 else None,
        "category": feed.categories[0][:100] if feed.categories else None,
        "explicit": feed.explicit,
        "podcast_guid": feed.podcast_guid,
        "extras": {"feed": _extras(feed, _FEED_EXTRAS)},
    }


def episode_row(episode: FeedEpisode, before: KnownEpisode | None, now: datetime) -> dict[str, Any]:
    """The columns of an episode; without a date, the first one stored, or now."""
    published = episode.published_at or (before.publish_date if before else now)
    number = episode.episode.number if episode.episode else None
    transcript = episode.transcripts[0].url if episode.transcripts else None
    return {
        "guid": episode.guid,
        "title": episode.title,
        "description": episode.description,
        "audio_url": episode.enclosure.url,
        "duration_seconds": episode.duration_seconds,
        "publish_date": published.isoformat(),
        "link": _fitting_url(episode.link),
        "author": episode.author[:255] if episode.author else None,
        "categories": list(episode.categories),
        "explicit": episode.explicit,
        "transcript_url": _fitting_url(transcript),
        "season": episode.season.number if episode.season else None,
        "number": str(number) if number is not None and number < 10**8 else None,
        "extras": {
            "feed": _extras(episode, _EPISODE_EXTRAS),
            "stated_bytes": episode.enclosure.bytes,
            "date_is_first_seen": episode.published_at is None,
        },
    }


def episode_rows(
    feed: Feed, known: Mapping[str, KnownEpisode], now: datetime
) -> list[dict[str, Any]]:
    """Every episode of a feed as a row."""
    return [episode_row(episode, known.get(episode.guid), now) for episode in feed.episodes]


def stored_facts(described: Described) -> dict[str, Any]:
    """The facts of a file to store: a header larger than the file is unknown."""
    facts = described.facts
    size, header = facts.bytes, facts.header_bytes
    fits = size is not None and header is not None and header < size
    return {
        "bytes": size,
        "header_bytes": header if fits else None,
        "duration_ms": facts.duration_ms,
        "facts_source": str(described.source),
    }


def file_rows(
    described: Iterable[tuple[FeedFile, Described]],
    current: Mapping[Place, EnclosureVersion],
    known: Mapping[str, KnownEpisode],
    now: datetime,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The versions to add and the versions to correct.

    The first file of a new episode is valid from the episode's date (None here), every later
    version and every new address of a known episode from now.
    """
    inserts, updates = [], []
    for file, seen in described:
        version = current.get(file.place)
        todo = step(version, seen) if version else Step.NEW_VERSION
        if version and todo is Step.LEARN:
            updates.append(
                {"enclosure_id": str(version.enclosure_id), "url": file.url, **stored_facts(seen)}
            )
        elif todo is Step.NEW_VERSION:
            inserts.append(_version_row(file, seen, now if file.guid in known else None))
        elif version and version.url != file.url:
            updates.append(_same_facts(version, file.url))
    return inserts, updates


def segment_rows(described: Iterable[tuple[FeedFile, Described]]) -> list[dict[str, Any]]:
    """The segments of the playlists among the files (R13), each address once."""
    rows = {}
    for file, seen in described:
        for segment in seen.facts.segments:
            key = media_key(segment.url)
            if key == file.key:
                continue
            rows[file.place, key] = {
                "guid": file.guid,
                "playlist_host": file.key.host,
                "playlist_path": file.key.path,
                "media_host": key.host,
                "media_path": key.path,
                "start_ms": segment.start_ms,
                "duration_ms": segment.duration_ms,
                "bytes": segment.bytes,
            }
    return list(rows.values())


def hop_rows(described: Iterable[tuple[FeedFile, Described]]) -> list[dict[str, Any]]:
    """The redirect targets of files (R03), each place once; never the file's own."""
    rows = {}
    for file, seen in described:
        for key in map(media_key, seen.facts.hops):
            if key != file.key:
                rows[file.place, key] = {
                    "guid": file.guid,
                    "file_host": file.key.host,
                    "file_path": file.key.path,
                    "media_host": key.host,
                    "media_path": key.path,
                }
    return list(rows.values())


def _version_row(file: FeedFile, seen: Described, valid_from: datetime | None) -> dict[str, Any]:
    return {
        "guid": file.guid,
        "kind": file.kind,
        "url": file.url,
        "media_host": file.key.host,
        "media_path": file.key.path,
        "mime_type": file.media_type,
        "valid_from": valid_from.isoformat() if valid_from else None,
        **stored_facts(seen),
    }


def _same_facts(version: EnclosureVersion, url: str) -> dict[str, Any]:
    """R03: the same file under another prefix."""
    return {
        "enclosure_id": str(version.enclosure_id),
        "url": url,
        "bytes": version.bytes,
        "header_bytes": version.header_bytes,
        "duration_ms": version.duration_ms,
        "facts_source": version.facts_source,
    }
