"""Results of the catalog's use cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wavehouse.catalog.types.feed import DroppedItem, FeedNote
from wavehouse.kernel.ids import EpisodeId, PodcastId


@dataclass(frozen=True, slots=True)
class ProbeFailure:
    """A file that could not be measured; its downloads then need all bytes (R29)."""

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
class ChangedGuid:
    """An episode whose guid changed in its feed."""

    episode_id: EpisodeId
    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MovedFile:
    """A file whose address changed only in its query."""

    guid: str
    host: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file shared by several episodes."""

    address: str
    titles: tuple[str, ...]

    @property
    def message(self) -> str:
        """The notice for people: the file, and the rule that assigns its requests."""
        named = ", ".join(f'"{title}"' for title in self.titles[:3])
        more = f" and {len(self.titles) - 3} more" if len(self.titles) > 3 else ""
        return (
            f"{named}{more} share the file {self.address}: a request counts for the "
            "episode published last before it, or registered first (R03)"
        )


@dataclass(frozen=True, slots=True)
class IngestedFeed:
    """The result of reading a feed."""

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
    left: int = 0
    """Files that are still to be measured: a run measures a limited number."""
    pages: int = 1
    """Pages of the feed that were read, in all runs (RFC 5005)."""
    next_page_url: str | None = None
    """The page at which the next run reads on; None when all were read."""
    page_note: str | None = None
    """The reason why pages were left out."""
    hops: int = 0
    changed_guids: tuple[ChangedGuid, ...] = ()
    shared_files: tuple[SharedFile, ...] = ()
    probe_failures: tuple[ProbeFailure, ...] = ()
    enclosure_changes: tuple[EnclosureChange, ...] = ()
    dropped: tuple[DroppedItem, ...] = ()
    notes: tuple[FeedNote, ...] = ()


@dataclass(frozen=True, slots=True)
class ServedAt:
    """A segment of an HLS rendition: where it is served, and its position in the programme."""

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
    hops: tuple[tuple[str, str], ...] = ()
    """Host and path of where the file's address redirects to (R03)."""


@dataclass(frozen=True, slots=True)
class DescribedFeed:
    """The files of a feed, and warnings before counting by them."""

    files: tuple[FileOfFeed, ...]
    warnings: tuple[str, ...]
