"""Stores the hub named by a feed (WebSub)."""

from __future__ import annotations

from wavehouse.accounts import Identity
from wavehouse.catalog.adapters.feeds import is_web_address
from wavehouse.catalog.queries import websub as queries
from wavehouse.catalog.types import Feed, Fetched
from wavehouse.kernel import clock
from wavehouse.kernel.ids import PodcastId
from wavehouse.kernel.web_addresses import web_url
from wavehouse.store import Operational, Tx

_LONGEST_URL = 2000


def note_hub(
    tx: Tx[Operational],
    *,
    identity: Identity,
    podcast_id: PodcastId,
    feed: Feed,
    fetched: Fetched,
) -> None:
    """Store the hub named in a ``Link`` header or in the feed, or that there is none.

    The topic is the feed's own ``self`` address, as the hub knows it.
    """
    links = dict(reversed(fetched.links))  # the first of two with one relation wins
    hub = web_url(links.get("hub"), fetched.location) or feed.hub_url
    topic = web_url(links.get("self"), fetched.location) or feed.self_url or fetched.location
    organization_id = identity.organization_id
    usable = hub is not None and max(len(hub), len(topic)) <= _LONGEST_URL
    if hub is None or not usable or not is_web_address(fetched.location):
        queries.forget(tx, organization_id=organization_id, podcast_id=podcast_id)
        return
    queries.want(
        tx,
        organization_id=organization_id,
        podcast_id=podcast_id,
        hub_url=hub,
        topic_url=topic,
        at=clock.now(),
    )
