"""SQL of private feeds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.entitlements.types import PrivateFeed
from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


def renew(
    tx: Tx[Listeners], *, listener_id: ListenerId, resource: str, token_hash: bytes, at: datetime
) -> PrivateFeed:
    """Create a feed, or give it a new token: the old one and its links end."""
    return tx.one(
        PrivateFeed,
        """
        INSERT INTO listeners.private_feeds AS f (listener_id, resource, token_hash, created_at)
        VALUES (%(listener_id)s, %(resource)s, %(token_hash)s, %(at)s)
        ON CONFLICT (listener_id, resource) DO UPDATE SET
          token_hash = excluded.token_hash, generation = f.generation + 1,
          rotated_at = excluded.created_at, revoked_at = NULL
        RETURNING feed_id, listener_id, resource, generation, created_at, rotated_at, revoked_at
        """,
        {"listener_id": listener_id, "resource": resource, "token_hash": token_hash, "at": at},
    )


def revoke(tx: Tx[Listeners], *, listener_id: ListenerId, feed_id: UUID, at: datetime) -> int:
    """Close a listener's feed; its links end with it."""
    return tx.execute(
        """
        UPDATE listeners.private_feeds SET revoked_at = %(at)s, generation = generation + 1
        WHERE listener_id = %(listener_id)s AND feed_id = %(feed_id)s AND revoked_at IS NULL
        """,
        {"listener_id": listener_id, "feed_id": feed_id, "at": at},
    )


def by_token(tx: Tx[Listeners], *, token_hash: bytes, resource: str) -> PrivateFeed | None:
    """The open feed of a token, unless its listener is suspended."""
    return tx.maybe(
        PrivateFeed,
        """
        SELECT f.feed_id, f.listener_id, f.resource, f.generation, f.created_at, f.rotated_at,
               f.revoked_at
        FROM listeners.private_feeds f JOIN listeners.listeners l USING (listener_id)
        WHERE f.token_hash = %(token_hash)s AND f.resource = %(resource)s
          AND f.revoked_at IS NULL AND l.deleted_at IS NULL AND l.suspended_at IS NULL
        """,
        {"token_hash": token_hash, "resource": resource},
    )


def by_id(tx: Tx[Listeners], *, feed_id: UUID) -> PrivateFeed | None:
    """An open feed, unless its listener is suspended."""
    return tx.maybe(
        PrivateFeed,
        """
        SELECT f.feed_id, f.listener_id, f.resource, f.generation, f.created_at, f.rotated_at,
               f.revoked_at
        FROM listeners.private_feeds f JOIN listeners.listeners l USING (listener_id)
        WHERE f.feed_id = %(feed_id)s
          AND f.revoked_at IS NULL AND l.deleted_at IS NULL AND l.suspended_at IS NULL
        """,
        {"feed_id": feed_id},
    )


def of_listener(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[PrivateFeed]:
    """A listener's open feeds."""
    return tx.rows(
        PrivateFeed,
        """
        SELECT feed_id, listener_id, resource, generation, created_at, rotated_at, revoked_at
        FROM listeners.private_feeds
        WHERE listener_id = %(listener_id)s AND revoked_at IS NULL ORDER BY created_at, feed_id
        """,
        {"listener_id": listener_id},
    )
