"""What a use case of the catalog reports."""

from __future__ import annotations

from dataclasses import dataclass

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
