"""Subscriptions of devices."""

from __future__ import annotations

from collections.abc import Sequence
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


def set_subscriptions(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    wanted: Sequence[tuple[str, bool]],
    device_id: str | None,
    first: int,
    at: datetime,
) -> int:
    """Follow (true) or leave (false) shows, each named once, with cursors from ``first`` on.

    Returns how many changed. A show left without ever being followed is stored as left.
    """
    return tx.execute(
        """
        INSERT INTO listeners.subscriptions AS s
          (listener_id, podcast_url, device_id, seq, subscribed_at, unsubscribed_at)
        SELECT %(listener_id)s, w.url, %(device_id)s::text, %(first)s::bigint + w.place - 1,
               %(at)s::timestamptz, CASE WHEN NOT w.subscribed THEN %(at)s::timestamptz END
        FROM unnest(%(urls)s::text[], %(subscribed)s::boolean[]) WITH ORDINALITY
            AS w (url, subscribed, place)
        ON CONFLICT (listener_id, podcast_url) DO UPDATE
        SET seq = excluded.seq, device_id = excluded.device_id,
            subscribed_at = CASE WHEN excluded.unsubscribed_at IS NULL THEN excluded.subscribed_at
                                 ELSE s.subscribed_at END,
            unsubscribed_at = excluded.unsubscribed_at
        WHERE (s.unsubscribed_at IS NULL) <> (excluded.unsubscribed_at IS NULL)
        """,
        {
            "listener_id": listener_id,
            "urls": [url for url, _ in wanted],
            "subscribed": [is_added for _, is_added in wanted],
            "device_id": device_id,
            "first": first,
            "at": at,
        },
    )


def subscription_changes(
    tx: Tx[Listeners], *, listener_id: ListenerId, after: int
) -> list[SubscriptionChange]:
    """Shows that were followed or left after a cursor, in that order."""
    return tx.rows(
        SubscriptionChange,
        """
        SELECT podcast_url, unsubscribed_at IS NULL AS is_subscribed,
               unsubscribed_at IS DISTINCT FROM subscribed_at AS was_followed, seq
        FROM listeners.subscriptions
        WHERE listener_id = %(listener_id)s AND seq > %(after)s ORDER BY seq
        """,
        {"listener_id": listener_id, "after": after},
    )
