"""Adapters of the catalog: feeds and media files, each behind a Protocol."""

from __future__ import annotations

from wavehouse.catalog.adapters.feeds import (
    FeedSource,
    FileFeedSource,
    WebFeedSource,
    is_web_address,
)
from wavehouse.catalog.adapters.media_file import read_media_file
from wavehouse.catalog.adapters.probe import MediaProbe, WebMediaProbe
from wavehouse.fetching import Limits, Web

__all__ = [
    "FeedSource",
    "FileFeedSource",
    "Limits",
    "MediaProbe",
    "Web",
    "WebFeedSource",
    "WebMediaProbe",
    "is_web_address",
    "read_media_file",
]
