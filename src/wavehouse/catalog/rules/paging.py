"""Paged feeds (RFC 5005): find the next page, and merge pages into one feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wavehouse.catalog.types.feed import Feed, FeedEpisode

MOST_PAGES = 100
"""Pages of a feed that one poll fetches."""
MOST_PAGES_IN_ALL = 1000
MOST_EPISODES = 50_000


def older_page(feed: Feed) -> str | None:
    """The page with the older episodes: `next` of a paged feed, `prev-archive` of an archived."""
    return feed.next_url or feed.prev_archive_url


def merged(first: Feed, pages: Sequence[Feed]) -> Feed:
    """Merge the pages' episodes into the first page; the first of two with one guid wins.

    Notes about dropped or repaired items name the page.
    """
    if not pages:
        return first
    episodes: dict[str, FeedEpisode] = {episode.guid: episode for episode in first.episodes}
    dropped, notes = list(first.dropped), list(first.notes)
    for number, page in enumerate(pages, 2):
        for episode in page.episodes:
            episodes.setdefault(episode.guid, episode)
        dropped += [replace(d, detail=f"{d.detail} (page {number})") for d in page.dropped]
        notes += [replace(n, message=f"{n.message} (page {number})") for n in page.notes]
    return replace(
        first, episodes=tuple(episodes.values()), dropped=tuple(dropped), notes=tuple(notes)
    )
