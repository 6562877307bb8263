"""Use cases of ``catalog``."""

from __future__ import annotations

from wavehouse.catalog.service.describing import describe_feed
from wavehouse.catalog.service.ingest import FeedReading, ingest_feed
from wavehouse.catalog.service.listing import list_episodes, list_podcasts, media_index

__all__ = [
    "FeedReading",
    "describe_feed",
    "ingest_feed",
    "list_episodes",
    "list_podcasts",
    "media_index",
]
