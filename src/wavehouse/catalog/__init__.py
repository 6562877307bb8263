"""The door of ``catalog``: podcasts, episodes, and where requests for their files belong."""

from wavehouse.catalog.adapters import (
    FeedSource,
    FileFeedSource,
    FileMediaProbe,
    Limits,
    MediaProbe,
    Web,
    WebFeedSource,
    WebMediaProbe,
    is_web_address,
    read_media_file,
)
from wavehouse.catalog.rules.feed import parse_feed, podcast_guid_of
from wavehouse.catalog.service import (
    FeedReading,
    ingest_feed,
    list_episodes,
    list_podcasts,
    media_index,
)
from wavehouse.catalog.types import (
    DroppedItem,
    EnclosureChange,
    EpisodeSummary,
    Feed,
    FeedEpisode,
    IngestedFeed,
    MediaFacts,
    MediaIndexEntry,
    PodcastSummary,
    ProbeFailure,
)

__all__ = [
    "DroppedItem",
    "EnclosureChange",
    "EpisodeSummary",
    "Feed",
    "FeedEpisode",
    "FeedReading",
    "FeedSource",
    "FileFeedSource",
    "FileMediaProbe",
    "IngestedFeed",
    "Limits",
    "MediaFacts",
    "MediaIndexEntry",
    "MediaProbe",
    "PodcastSummary",
    "ProbeFailure",
    "Web",
    "WebFeedSource",
    "WebMediaProbe",
    "ingest_feed",
    "is_web_address",
    "list_episodes",
    "list_podcasts",
    "media_index",
    "parse_feed",
    "podcast_guid_of",
    "read_media_file",
]
