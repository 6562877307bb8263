"""Rows of the catalog, as written and as read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from wavehouse.catalog.types.media import MediaFacts
from wavehouse.kernel.ids import EnclosureId, EpisodeId, OrganizationId, PodcastId


class FactsSource(StrEnum):
    """The source of a file's size and duration; later members know more."""

    NONE = "none"
    FEED = "feed"
    PROBE = "probe"
    MEDIA_FILE = "media_file"

    @property
    def measured(self) -> bool:
        """True when the file itself was examined."""
        return self in {FactsSource.PROBE, FactsSource.MEDIA_FILE}


@dataclass(frozen=True, slots=True)
class PodcastState:
    """The state of a show's last read, needed by the next one."""

    podcast_id: PodcastId
    feed_url: str
    podcast_guid: str | None
    feed_etag: str | None
    feed_last_modified: str | None


@dataclass(frozen=True, slots=True)
class KnownEpisode:
    """A stored episode, before its feed is read again."""

    episode_id: EpisodeId
    guid: str
    audio_url: str
    publish_date: datetime
    stated_bytes: int | None
    title: str = ""


@dataclass(frozen=True, slots=True)
class EnclosureVersion:
    """The current version of one file of an episode."""

    enclosure_id: EnclosureId
    guid: str
    url: str
    media_host: str
    media_path: str
    bytes: int | None
    header_bytes: int | None
    duration_ms: int | None
    facts_source: str

    @property
    def facts(self) -> MediaFacts:
        """The facts of the file."""
        return MediaFacts(self.bytes, self.header_bytes, self.duration_ms)


@dataclass(frozen=True, slots=True)
class WrittenEpisode:
    """An episode that a statement inserted or updated."""

    episode_id: EpisodeId
    guid: str
    inserted: bool


@dataclass(frozen=True, slots=True)
class PodcastSummary:
    """A show in a list."""

    podcast_id: PodcastId
    title: str
    author: str | None
    image_url: str | None
    feed_url: str
    podcast_guid: str | None
    ingestion_status: str
    last_ingested_at: datetime | None
    episodes: int
    newest_episode_at: datetime | None
    next_poll_at: datetime | None = None
    """The time of the feed's next poll; None when it is not polled."""
    poll_outcome: str | None = None
    """The result of the last poll: read, not_modified, failed or gone; None before the first."""
    poll_message: str | None = None
    polled_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None

    @property
    def state(self) -> str:
        """The state of its feed in one word: active, failing, gone, paused or unpolled."""
        if self.poll_outcome == "gone":
            return "gone"
        if self.ingestion_status == "paused":
            return "paused"
        if self.ingestion_status == "error":
            return "failing"
        return "active" if self.next_poll_at else "unpolled"


@dataclass(frozen=True, slots=True)
class EpisodeSummary:
    """An episode in a list."""

    episode_id: EpisodeId
    podcast_id: PodcastId
    guid: str
    title: str
    audio_url: str
    publish_date: datetime
    duration_seconds: int | None
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MediaIndexEntry:
    """One version of one file: the episode that requests count for, and the facts for R26.

    A request belongs to the version of its host and path with the latest ``valid_from`` that is
    not after it. The first version of a place has no start, so there is always one.
    """

    enclosure_id: EnclosureId
    organization_id: OrganizationId
    podcast_id: PodcastId
    episode_id: EpisodeId
    kind: str
    media_host: str
    media_path: str
    bytes: int | None
    header_bytes: int | None
    duration_ms: int | None
    valid_from: datetime
    publish_date: datetime


@dataclass(frozen=True, slots=True)
class SimilarPodcast:
    """A show that shares items with a feed: it may be the same show from another source."""

    podcast_id: PodcastId
    feed_url: str
    title: str
    shared: int
    episodes: int


@dataclass(frozen=True, slots=True)
class FileOfSeveral:
    """A file shared by several episodes: R03 decides about its requests."""

    media_host: str
    media_path: str
    episodes: int
    podcasts: int
    titles: list[str]
    episode_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class ListedEpisode:
    """An episode as ``wavehouse episodes list`` shows it."""

    episode_id: EpisodeId
    podcast_id: PodcastId
    podcast_title: str
    guid: str
    title: str
    publish_date: datetime
    audio_url: str
    merged_into: EpisodeId | None
    former_guids: list[str]


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge of two episodes, current or ended."""

    merge_id: UUID
    episode_id: EpisodeId
    into_episode_id: EpisodeId
    merged_at: datetime
    split_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredPathRule:
    """A path rule of an organization."""

    path_rule_id: UUID
    rule: str
    note: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place that a file is served from, and its episode."""

    media_host: str
    media_path: str
    guid: str
    title: str
