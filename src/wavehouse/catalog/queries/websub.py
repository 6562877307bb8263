"""SQL for subscriptions to feeds' hubs (WebSub)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.catalog.types.websub import Subscription
from wavehouse.kernel.ids import OrganizationId, PodcastId
from wavehouse.store import Operational, Tx


def want(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: PodcastId,
    hub_url: str,
    topic_url: str,
    at: datetime,
) -> None:
    """Request a subscription for a feed; another hub or topic makes another subscription."""
    tx.execute(
        """
        INSERT INTO catalog.websub_subscriptions AS s
          (organization_id, podcast_id, hub_url, topic_url, next_try_at)
        VALUES (%(organization_id)s, %(podcast_id)s, %(hub_url)s, %(topic_url)s, %(at)s)
        ON CONFLICT (organization_id, podcast_id) DO UPDATE SET
          subscription_id = gen_random_uuid(), hub_url = excluded.hub_url,
          topic_url = excluded.topic_url, state = 'wanted', message = NULL, failures = 0,
          next_try_at = excluded.next_try_at, requested_at = NULL, expires_at = NULL
        WHERE (s.hub_url, s.topic_url) IS DISTINCT FROM (excluded.hub_url, excluded.topic_url)
        """,
        {
            "organization_id": organization_id,
            "podcast_id": podcast_id,
            "hub_url": hub_url,
            "topic_url": topic_url,
            "at": at,
        },
    )


def forget(tx: Tx[Operational], *, organization_id: OrganizationId, podcast_id: PodcastId) -> None:
    """Remove the subscription of a feed that no longer names a hub."""
    tx.execute(
        """
        DELETE FROM catalog.websub_subscriptions
        WHERE organization_id = %(organization_id)s AND podcast_id = %(podcast_id)s
        """,
        {"organization_id": organization_id, "podcast_id": podcast_id},
    )


def take_due(
    tx: Tx[Operational], *, at: datetime, again_at: datetime, limit: int
) -> list[Subscription]:
    """Claim the subscriptions to request or renew; they are due again at ``again_at``.

    Feeds that are not polled are not subscribed.
    """
    return tx.rows(
        Subscription,
        """
        UPDATE catalog.websub_subscriptions s SET next_try_at = %(again_at)s
        WHERE s.subscription_id IN (
          SELECT d.subscription_id
          FROM catalog.websub_subscriptions d JOIN catalog.podcasts p USING (podcast_id)
          WHERE d.next_try_at <= %(at)s AND p.ingestion_status <> 'paused'
            AND p.next_poll_at IS NOT NULL
          ORDER BY d.next_try_at LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED)
        RETURNING subscription_id, organization_id, podcast_id, hub_url, topic_url, state, message,
                  failures, requested_at, expires_at, announced_at
        """,
        {"at": at, "again_at": again_at, "limit": limit},
    )


def subscription(tx: Tx[Operational], *, subscription_id: UUID) -> Subscription | None:
    """A subscription by its random id."""
    return tx.maybe(
        Subscription,
        """
        SELECT subscription_id, organization_id, podcast_id, hub_url, topic_url, state, message,
               failures, requested_at, expires_at, announced_at
        FROM catalog.websub_subscriptions WHERE subscription_id = %(subscription_id)s FOR UPDATE
        """,
        {"subscription_id": subscription_id},
    )


def subscription_of(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_id: PodcastId
) -> Subscription | None:
    """The subscription of a show."""
    return tx.maybe(
        Subscription,
        """
        SELECT subscription_id, organization_id, podcast_id, hub_url, topic_url, state, message,
               failures, requested_at, expires_at, announced_at
        FROM catalog.websub_subscriptions
        WHERE organization_id = %(organization_id)s AND podcast_id = %(podcast_id)s
        """,
        {"organization_id": organization_id, "podcast_id": podcast_id},
    )


def mark_requested(
    tx: Tx[Operational], *, subscription_id: UUID, at: datetime, next_try_at: datetime
) -> None:
    """Record that the hub accepted the request and will verify it; an active one stays active."""
    tx.execute(
        """
        UPDATE catalog.websub_subscriptions
        SET requested_at = %(at)s, next_try_at = %(next_try_at)s, failures = failures + 1,
            message = NULL, state = CASE state WHEN 'active' THEN 'active' ELSE 'requested' END
        WHERE subscription_id = %(subscription_id)s
        """,
        {"subscription_id": subscription_id, "at": at, "next_try_at": next_try_at},
    )


def mark_failed(
    tx: Tx[Operational],
    *,
    subscription_id: UUID,
    state: str,
    message: str,
    next_try_at: datetime,
) -> None:
    """Record that the hub rejected or denied the request."""
    tx.execute(
        """
        UPDATE catalog.websub_subscriptions
        SET state = %(state)s, message = %(message)s, failures = failures + 1,
            next_try_at = %(next_try_at)s
        WHERE subscription_id = %(subscription_id)s
        """,
        {
            "subscription_id": subscription_id,
            "state": state,
            "message": message,
            "next_try_at": next_try_at,
        },
    )


def mark_active(
    tx: Tx[Operational], *, subscription_id: UUID, expires_at: datetime, next_try_at: datetime
) -> None:
    """Record that the hub verified the request; active until the lease ends."""
    tx.execute(
        """
        UPDATE catalog.websub_subscriptions
        SET state = 'active', message = NULL, failures = 0, expires_at = %(expires_at)s,
            next_try_at = %(next_try_at)s
        WHERE subscription_id = %(subscription_id)s
        """,
        {
            "subscription_id": subscription_id,
            "expires_at": expires_at,
            "next_try_at": next_try_at,
        },
    )


def mark_announced(tx: Tx[Operational], *, subscription_id: UUID, at: datetime) -> None:
    """Record that the hub announced a change."""
    tx.execute(
        "UPDATE catalog.websub_subscriptions SET announced_at = %(at)s "
        "WHERE subscription_id = %(subscription_id)s",
        {"subscription_id": subscription_id, "at": at},
    )
