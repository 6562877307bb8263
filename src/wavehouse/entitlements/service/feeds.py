"""Use cases of private feeds: created, renewed, closed; opened by a token or a link.

Access is looked up at each request: losing the entitlement closes the feed and its media at once.
Positions are not touched (P32).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from wavehouse.entitlements.queries import feeds as queries
from wavehouse.entitlements.rules import links
from wavehouse.entitlements.service import reading
from wavehouse.entitlements.types import NewFeed, PrivateFeed
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, Refused
from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx

FEED = "feed"
"""The type of access required for a private feed."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Link:
    """The parts of a signed link as received."""

    path: str
    feed_id: UUID
    expires: int
    signature: str


def make_feed(tx: Tx[Listeners], *, listener_id: ListenerId, resource: str) -> NewFeed:
    """Create a feed with a new token, shown once; the previous one ends. Refused without access."""
    _check(tx, listener_id, resource)
    token = secrets.token_urlsafe(links.TOKEN_BYTES)
    feed = queries.renew(
        tx,
        listener_id=listener_id,
        resource=resource,
        token_hash=links.token_hash(token),
        at=clock.now(),
    )
    return NewFeed(feed, token)


def close_feed(tx: Tx[Listeners], *, listener_id: ListenerId, feed_id: UUID) -> None:
    """Close a listener's own feed. NotFound for another's."""
    if not queries.revoke(tx, listener_id=listener_id, feed_id=feed_id, at=clock.now()):
        raise NotFound("unknown feed")


def feeds_of(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[PrivateFeed]:
    """A listener's open feeds."""
    return queries.of_listener(tx, listener_id=listener_id)


def opened(tx: Tx[Listeners], *, token: str, resource: str) -> PrivateFeed:
    """The feed of a token. NotFound for an unknown one, Refused without access."""
    feed = None
    if 0 < len(token) <= _LONGEST and token.isascii():
        feed = queries.by_token(tx, token_hash=links.token_hash(token), resource=resource)
    if feed is None:
        raise _unknown()
    _check(tx, feed.listener_id, feed.resource)
    return feed


def signed(
    tx: Tx[Listeners], *, key: bytes, feed_id: UUID, episode_id: UUID, sent: str, path: str
) -> tuple[PrivateFeed, Link]:
    """A short-lived link for an episode's stable address. NotFound for a wrong key."""
    feed = queries.by_id(tx, feed_id=feed_id)
    expected = "" if feed is None else links.media_key(
        key, feed_id=feed.feed_id, generation=feed.generation, episode_id=episode_id
    )  # fmt: skip
    if feed is None or not links.is_equal(expected, sent):
        raise _unknown()
    _check(tx, feed.listener_id, feed.resource)
    expires = int(clock.now().timestamp()) + links.SECONDS
    made = links.signature(
        key, path=path, feed_id=feed.feed_id, generation=feed.generation, expires=expires
    )
    return feed, Link(path, feed.feed_id, expires, made)


def followed(tx: Tx[Listeners], *, key: bytes, link: Link) -> PrivateFeed:
    """The feed of a valid link signed for this path. NotFound, or Refused."""
    feed = queries.by_id(tx, feed_id=link.feed_id)
    expected = "" if feed is None else links.signature(
        key, path=link.path, feed_id=feed.feed_id, generation=feed.generation, expires=link.expires
    )  # fmt: skip
    if feed is None or not links.is_equal(expected, link.signature):
        raise _unknown()
    if link.expires <= clock.now().timestamp():
        raise Refused("this link has expired", hint="Open the episode from the feed again.")
    _check(tx, feed.listener_id, feed.resource)
    return feed


def _check(tx: Tx[Listeners], listener_id: ListenerId, resource: str) -> None:
    answer = reading.access_of(tx, listener_id=listener_id, access_type=FEED, resource=resource)
    if not answer.granted:
        raise Refused(
            "your access to this show has ended",
            hint="Your positions are kept. Your account page lists your access.",
        )


def _unknown() -> NotFound:
    return NotFound("unknown feed or episode")
