"""Tokens of private feeds, and the two kinds of links to their media; pure.

A feed's enclosure has a stable address, so that apps recognise the episode: its key is bound to the
feed, its generation and the episode. It leads to a link that is valid for a short time and for one
path.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from wavehouse.entitlements.types import NewFeed

FEEDS = "/private/feeds"
TOKEN_BYTES = 32
SECONDS = 15 * 60
"""The lifetime of a link to the bytes: apps request the stable address again."""


def feed_path(new: NewFeed) -> str:
    """The path and query of a new feed, with its token."""
    return f"{FEEDS}/{new.feed.resource}.xml?token={new.token}"


def token_hash(token: str) -> bytes:
    """The stored form of a token."""
    return hashlib.sha256(token.encode()).digest()


def media_key(key: bytes, *, feed_id: UUID, generation: int, episode_id: UUID) -> str:
    """The key of an episode's stable address in one feed."""
    return _mac(key, "media", str(feed_id), str(generation), str(episode_id))


def signature(key: bytes, *, path: str, feed_id: UUID, generation: int, expires: int) -> str:
    """The signature of a link that is valid until ``expires``, in seconds since 1970."""
    return _mac(key, "stream", path, str(feed_id), str(generation), str(expires))


def is_equal(expected: str, given: str) -> bool:
    """Compare in constant time, for any characters."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


def _mac(key: bytes, *parts: str) -> str:
    digest = hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
