"""What a use case of the catalog reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wavehouse.catalog.types.feed import DroppedItem, FeedNote
from wavehouse.kernel.ids import PodcastId


@dataclass(frozen=True, slots=True)
class ProbeFailure:
    """A file that could not be measured; its downloads then need all of its bytes (R29)."""

    url: str
    message: str


@dataclass(frozen=True, slots=True)
class EnclosureChange:
    """R03: an episode's address changed. Apps may fetch it again; nothing is subtracted."""

    guid: str
    before: str
    after: str
    same_file: bool


@dataclass(frozen=True, slots=True)
class IngestedFeed:
    """What one look at a feed found and did."""

    podcast_id: PodcastId
    title: str
    feed_url: str
    registered: bool
    not_modified: bool
    moved_from: str | None = None
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    described: int = 0
    probed: int = 0
    unknown: int = 0
    probe_failures: tuple[ProbeFailure, ...] = ()
    enclosure_changes: tuple[EnclosureChange, ...] = ()
    dropped: tuple[DroppedItem, ...] = ()
    notes: tuple[FeedNote, ...] = ()


@dataclass(frozen=True, slots=True)
class ServedAt:
    """A segment of an HLS rendition: where it is served from, and its place in the programme."""

    host: str
    path: str
    start_ms: int
    duration_ms: int
    bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOfFeed:
    """A file that a feed names for an episode, without prefixes, with the facts that R26 needs."""

    guid: str
    title: str
    published_at: datetime
    host: str
    path: str
    media_type: str | None
    bytes: int | None
    header_bytes: int | None
    duration_ms: int | None
    segments: tuple[ServedAt, ...] = ()
