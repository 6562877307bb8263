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

__all__ = [
    "AlternateEnclosure",
    "ByteRange",
    "DropReason",
    "DroppedItem",
    "Enclosure",
    "Feed",
    "FeedEpisode",
    "FeedNote",
    "Fetched",
    "MediaFacts",
]
