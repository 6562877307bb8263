"""Use cases of ``catalog``."""

from __future__ import annotations

from wavehouse.catalog.service.describing import describe_feed
from wavehouse.catalog.service.identifying import (
    FileMeant,
    add_path_rule,
    files_meant,
    find_episode,
    list_path_rules,
    merge_episodes,
    remove_path_rule,
    split_episode,
    undo_identity,
)
from wavehouse.catalog.service.ingest import ingest_feed
from wavehouse.catalog.service.known import FeedReading
from wavehouse.catalog.service.listing import (
    files_of_several,
    list_episodes,
    list_podcasts,
    listed_episodes,
    media_index,
    media_types,
)
from wavehouse.catalog.service.own_lists import (
    add_list,
    bundled_lists,
    kept_lists,
    remove_list,
    update_lists,
)
from wavehouse.catalog.service.polling import (
    enqueue_poll,
    feed_moves,
    find_podcast,
    pause_feed,
    poll_feed,
    poll_reading,
    resume_feed,
)
from wavehouse.catalog.service.websub import hub_of

__all__ = [
    "FeedReading",
    "FileMeant",
    "add_list",
    "add_path_rule",
    "bundled_lists",
    "describe_feed",
    "enqueue_poll",
    "feed_moves",
    "files_meant",
    "files_of_several",
    "find_episode",
    "find_podcast",
    "hub_of",
    "ingest_feed",
    "kept_lists",
    "list_episodes",
    "list_path_rules",
    "list_podcasts",
    "listed_episodes",
    "media_index",
    "media_types",
    "merge_episodes",
    "pause_feed",
    "poll_feed",
    "poll_reading",
    "remove_list",
    "remove_path_rule",
    "resume_feed",
    "split_episode",
    "undo_identity",
    "update_lists",
]
