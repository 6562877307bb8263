"""Feeds of a listener that have a new address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.queries.chapters import NewKey
from wavehouse.store import Listeners, Tx


def moved(
    tx: Tx[Listeners], *, feeds: Sequence[tuple[ListenerId, bytes]]
) -> dict[tuple[ListenerId, bytes], str]:
    """The new addresses of moved feeds, by listener and hash of the old address."""
    rows = tx.tuples(
        """
        SELECT m.listener_id, m.key_hash, m.new_url
        FROM unnest(%s::uuid[], %s::bytea[]) AS w (listener_id, key_hash)
        JOIN listeners.feed_moves m
          ON m.listener_id = w.listener_id AND m.key_hash = w.key_hash
        """,
        [[feed[0] for feed in feeds], [feed[1] for feed in feeds]],
    )
    return {(row[0], bytes(row[1])): row[2] for row in rows}


def keep(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    old_hash: bytes,
    old_url: str,
    new_url: str,
    at: datetime,
) -> None:
    """Record a move; earlier moves to the old address follow it, and a move back is removed."""
    params = {
        "listener_id": listener_id,
        "old_hash": old_hash,
        "old": old_url,
        "new": new_url,
        "at": at,
    }
    tx.execute(
        """
        DELETE FROM listeners.feed_moves
        WHERE listener_id = %(listener_id)s AND old_url = %(new)s
        """,
        params,
    )
    tx.execute(
        """
        UPDATE listeners.feed_moves SET new_url = %(new)s
        WHERE listener_id = %(listener_id)s AND new_url = %(old)s
        """,
        params,
    )
    tx.execute(
        """
        INSERT INTO listeners.feed_moves (listener_id, key_hash, old_url, new_url, moved_at)
        VALUES (%(listener_id)s, %(old_hash)s, %(old)s, %(new)s, %(at)s)
        ON CONFLICT (listener_id, key_hash) DO UPDATE SET new_url = %(new)s, moved_at = %(at)s
        """,
        params,
    )


def keys_of_feed(tx: Tx[Listeners], *, listener_id: ListenerId, podcast_url: str) -> list[NewKey]:
    """The files and guids of a listener's chapters in a feed; their hashes include the feed."""
    rows = tx.tuples(
        """
        SELECT k.listener_id, k.key_hash, k.chapter_id, k.kind, k.value
        FROM listeners.chapters c
        JOIN listeners.chapter_keys k
          ON k.listener_id = c.listener_id AND k.chapter_id = c.chapter_id
        WHERE c.listener_id = %(listener_id)s AND c.podcast_url = %(podcast_url)s
          AND k.kind <> 'alias' AND k.value IS NOT NULL
        """,
        {"listener_id": listener_id, "podcast_url": podcast_url},
    )
    return [NewKey(row[0], bytes(row[1]), *row[2:]) for row in rows]


def readdress(tx: Tx[Listeners], *, listener_id: ListenerId, old_url: str, new_url: str) -> None:
    """Move the chapters of one feed to another."""
    tx.execute(
        """
        UPDATE listeners.chapters SET podcast_url = %(new)s
        WHERE listener_id = %(listener_id)s AND podcast_url = %(old)s
        """,
        {"listener_id": listener_id, "old": old_url, "new": new_url},
    )


def followers(tx: Tx[Listeners], *, podcast_url: str) -> list[ListenerId]:
    """Listeners who follow a feed or have chapters of it."""
    return tx.values(
        """
        SELECT listener_id FROM listeners.subscriptions
        WHERE podcast_url = %(podcast_url)s AND unsubscribed_at IS NULL
        UNION
        SELECT listener_id FROM listeners.chapters WHERE podcast_url = %(podcast_url)s
        """,
        {"podcast_url": podcast_url},
    )
