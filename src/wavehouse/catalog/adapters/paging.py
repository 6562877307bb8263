"""Fetch the further pages of a feed (RFC 5005) while they add new episodes.

A server can generate endless pages, link them in a loop, or stop responding at one of them: the
number of pages, their episodes and the time are limited, and anything left out is reported.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from wavehouse.catalog.adapters.feeds import FeedSource
from wavehouse.catalog.rules.feed import parse_feed
from wavehouse.catalog.rules.paging import (
    MOST_EPISODES,
    MOST_PAGES,
    MOST_PAGES_IN_ALL,
    older_page,
)
from wavehouse.catalog.types import Feed
from wavehouse.kernel.errors import Unreachable, WavehouseError
from wavehouse.kernel.web_addresses import shown

SECONDS = 180.0


@dataclass(slots=True)
class Pages:
    """The further pages read, the reason for stopping, and where the next poll continues."""

    feeds: list[Feed] = field(default_factory=list)
    note: str | None = None
    next_url: str | None = None
    in_all: int = 1
    """Pages read, in all runs."""


@dataclass(slots=True, kw_only=True)
class PageReader:
    """Reads the pages after the first one of a feed.

    ``known``: guids of the show's episodes; reading stops at a page without new ones, or, with
    ``everything``, without any not yet seen. ``pages_before``: how many pages earlier polls have
    read.
    """

    source: FeedSource
    known: Collection[str]
    everything: bool = False
    pages_before: int = 1
    seconds: float = SECONDS

    def read(self, first: Feed, *, address: str, resume_at: str | None = None) -> Pages:
        """The pages after ``first``, which came from ``address``; from ``resume_at`` if given."""
        pages, end = Pages(), time.monotonic() + self.seconds
        seen = {episode.guid for episode in first.episodes}
        visited, last = {address}, first
        url = resume_at or (older_page(first) if self._brings(first, set()) else None)
        while url is not None:
            if limit := self._limit(pages, seen, end):
                pages.note, reads_on = limit
                pages.next_url = url if reads_on else None
                return pages
            if url in visited:
                pages.note = f"its pages link in a loop, back to {shown(url)}"
                return pages
            visited.add(url)
            try:
                last = self._page(url)
            except Unreachable as wrong:  # it may work at the next poll
                pages.note, pages.next_url = f"a page could not be read: {wrong}", url
                return pages
            except WavehouseError as wrong:
                pages.note = f"invalid page: {wrong}"
                return pages
            if not self._brings(last, seen):
                return pages
            pages.feeds.append(last)
            seen |= {episode.guid for episode in last.episodes}
            url = older_page(last)
        return pages

    def _page(self, url: str) -> Feed:
        fetched = self.source.fetch(url)
        return parse_feed(
            fetched.body, location=fetched.location, charset=fetched.charset, name=shown(url)
        )

    def _brings(self, page: Feed, seen: set[str]) -> bool:
        """Whether a page has a new episode, so the next page may have one too."""
        guids = {episode.guid for episode in page.episodes} - seen
        return bool(guids) if self.everything else bool(guids - set(self.known))

    def _limit(self, pages: Pages, seen: set[str], end: float) -> tuple[str, bool] | None:
        """The limit that was reached, and whether the next poll continues."""
        number = len(pages.feeds) + 1
        if number + self.pages_before > MOST_PAGES_IN_ALL:
            return f"it has more than {MOST_PAGES_IN_ALL:,} pages; the rest is not read", False
        if len(seen) > MOST_EPISODES:
            return f"it has more than {MOST_EPISODES:,} episodes; the rest is not read", False
        if number >= MOST_PAGES:
            return f"it has more than {MOST_PAGES} pages; the next poll continues", True
        if time.monotonic() > end:
            return f"its pages took {self.seconds:g} s; the next poll continues", True
        return None
