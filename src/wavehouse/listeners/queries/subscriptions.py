"""What devices subscribe to."""

from __future__ import annotations

from datetime import datetime

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.types import (
    SubscriptionChange,
)
from wavehouse.store import Listeners, Tx


def subscriptions(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[str]:
    """The shows that a listener follows, by address."""
    return tx.values(
        """
        SELECT podcast_url FROM listeners.subscriptions
        WHERE listener_id = %(listener_id)s AND unsubscribed_at IS NULL ORDER BY podcast_url
        """,
        {"listener_id": listener_id},
    )


def set_subscription(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    podcast_url: str,
    subscribed: bool,
    device_id: str | None,
    seq: int,
    at: datetime,
) -> int:
    """Follow or leave a show; 0 when that is so already."""
    return tx.execute(
        """
        INSERT INTO listeners.subscriptions AS s
          (listener_id, podcast_url, device_id, seq, subscribed_at, unsubscribed_at)
        SELECT %(listener_id)s, %(podcast_url)s::text, %(device_id)s::text, %(seq)s::bigint,
               %(at)s::timestamptz,
               CASE WHEN NOT %(subscribed)s::boolean THEN %(at)s::timestamptz END
        WHERE %(subscribed)s::boolean OR EXISTS (
          SELECT FROM listeners.subscriptions o
          WHERE o.listener_id = %(listener_id)s AND o.podcast_url = %(podcast_url)s::text)
        ON CONFLICT (listener_id, podcast_url) DO UPDATE
        SET seq = %(seq)s::bigint, device_id = %(device_id)s::text,
            subscribed_at = CASE WHEN %(subscribed)s::boolean THEN %(at)s::timestamptz
                                 ELSE s.subscribed_at END,
            unsubscribed_at = excluded.unsubscribed_at
        WHERE (s.unsubscribed_at IS NULL) <> %(subscribed)s::boolean
        """,
        {
            "listener_id": listener_id,
            "podcast_url": podcast_url,
            "device_id": device_id,
            "seq": seq,
            "at": at,
            "subscribed": subscribed,
        },
    )


def subscription_changes(
    tx: Tx[Listeners], *, listener_id: ListenerId, after: int
) -> list[SubscriptionChange]:
    """Shows that were followed or left after a cursor, in that order."""
    return tx.rows(
        SubscriptionChange,
        """
        SELECT podcast_url, unsubscribed_at IS NULL AS is_subscribed, seq
        FROM listeners.subscriptions
        WHERE listener_id = %(listener_id)s AND seq > %(after)s ORDER BY seq
        """,
        {"listener_id": listener_id, "after": after},
    )
