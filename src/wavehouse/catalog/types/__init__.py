"""What the catalog speaks of: feeds as published, media files as measured, results of use cases."""

from __future__ import annotations

from wavehouse.catalog.types.feed import (
    AlternateEnclosure,
    DroppedItem,
    DropReason,
    Enclosure,
    Feed,
    FeedEpisode,
    FeedNote,
    Fetched,
)
from wavehouse.catalog.types.media import ByteRange, MediaFacts
from wavehouse.catalog.types.records import (
    EnclosureVersion,
    EpisodeSummary,
    FactsSource,
    KnownEpisode,
    MediaIndexEntry,
    PodcastState,
    PodcastSummary,
    WrittenEpisode,
)
from wavehouse.catalog.types.results import (
    EnclosureChange,
    FileOfFeed,
    IngestedFeed,
    ProbeFailure,
    ServedAt,
)

__all__ = [
    "AlternateEnclosure",
    "ByteRange",
    "DropReason",
    "DroppedItem",
    "Enclosure",
    "EnclosureChange",
    "EnclosureVersion",
    "EpisodeSummary",
    "FactsSource",
    "Feed",
    "FeedEpisode",
    "FeedNote",
    "Fetched",
    "FileOfFeed",
    "IngestedFeed",
    "KnownEpisode",
    "MediaFacts",
    "MediaIndexEntry",
    "PodcastState",
    "PodcastSummary",
    "ProbeFailure",
    "ServedAt",
    "WrittenEpisode",
]
