"""Read the further pages of a feed: all at first, later those with new episodes."""

from __future__ import annotations

from collections.abc import Collection

from wavehouse.accounts import Identity
from wavehouse.catalog.adapters.feeds import FeedSource, is_web_address
from wavehouse.catalog.adapters.paging import PageReader, Pages
from wavehouse.catalog.queries import polls
from wavehouse.catalog.rules.paging import older_page
from wavehouse.catalog.types import Feed, FeedToPoll, Fetched
from wavehouse.kernel.ids import PodcastId
from wavehouse.store import Operational, Tx


def last_poll(
    tx: Tx[Operational], *, identity: Identity, podcast_id: PodcastId | None
) -> FeedToPoll | None:
    """The point where a show's last poll stopped; None for a new show."""
    if podcast_id is None:
        return None
    return polls.feed_to_poll(tx, organization_id=identity.organization_id, podcast_id=podcast_id)


def read_pages(
    feed: Feed,
    fetched: Fetched,
    *,
    source: FeedSource,
    known: Collection[str],
    last: FeedToPoll | None,
    again: bool,
) -> Pages:
    """Read the pages after the first, from where the last poll stopped."""
    if not is_web_address(fetched.location) or older_page(feed) is None:
        return Pages()
    resume_at = last.next_page_url if last and not again else None
    reader = PageReader(
        source=source,
        known=known,
        everything=again or last is None or last.read_at is None,
        pages_before=last.pages if last and resume_at else 1,
    )
    pages = reader.read(feed, address=fetched.location, resume_at=resume_at)
    pages.in_all = reader.pages_before + len(pages.feeds)
    return pages
