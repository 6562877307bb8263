"""WebSub: subscribe to feeds' hubs, verify, renew, and poll on announcements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.catalog.adapters.hubs import Hub
from wavehouse.catalog.queries import polls
from wavehouse.catalog.queries import websub as queries
from wavehouse.catalog.rules import polling
from wavehouse.catalog.rules.websub import (
    LONGEST_CHALLENGE,
    lease_of,
    secret_of,
    subscription_form,
)
from wavehouse.catalog.service.polling import POLL
from wavehouse.catalog.types import PollOutcome
from wavehouse.catalog.types.websub import Subscription
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import WavehouseError
from wavehouse.kernel.ids import PodcastId
from wavehouse.queue import Lane, NewJob, enqueue
from wavehouse.store import Database, Operational, Tx

SUBSCRIBE = "catalog.subscribe"
RETRY = timedelta(hours=1)
_AFTER_DENIAL = timedelta(days=1)
_RENEW_AT = 0.8
_APART = timedelta(seconds=30)
_AT_ONCE = 200


def dispatch_subscriptions(operational: Database[Operational]) -> int:
    """Create a job for each subscription to request or renew; returns how many."""
    at = clock.now()
    with operational.worker() as tx:
        due = queries.take_due(tx, at=at, again_at=at + RETRY, limit=_AT_ONCE)
        jobs = [
            NewJob(
                SUBSCRIBE,
                organization_id=each.organization_id,
                payload={"subscription_id": str(each.subscription_id)},
                unique_key=str(each.subscription_id),
                keep_done=False,
            )
            for each in due
        ]
        return len(enqueue(tx, *jobs)) if jobs else 0


def subscribe(
    operational: Database[Operational],
    *,
    identity: Identity,
    subscription_id: UUID,
    hub: Hub,
    site: str,
) -> str | None:
    """Request a subscription at its hub; failures are stored and retried.

    Returns a line on failure.

    ``site`` is the public address of this installation, where the hub sends its callbacks.
    """
    with operational.app(identity.organization_id) as tx:
        wanted = queries.subscription(tx, subscription_id=subscription_id)
    if wanted is None:
        return None
    secret = secret_of(operational.place.secret, subscription_id)
    callback = f"{site}/websub/{subscription_id}"
    form = subscription_form(callback=callback, topic=wanted.topic_url, secret=secret)
    at = clock.now()
    later = polling.next_try(at=at, every=RETRY, failures=wanted.failures + 1, key=subscription_id)
    try:
        hub.request(wanted.hub_url, form)
    except WavehouseError as wrong:
        with operational.app(identity.organization_id) as tx:
            queries.mark_failed(
                tx,
                subscription_id=subscription_id,
                state="failed",
                message=str(wrong),
                next_try_at=later,
            )
        return f"WebSub: {wrong}"
    with operational.app(identity.organization_id) as tx:
        queries.mark_requested(tx, subscription_id=subscription_id, at=at, next_try_at=later)
    return None


def verified(tx: Tx[Operational], *, subscription_id: UUID, query: Mapping[str, str]) -> str | None:
    """The challenge to return to a hub; None when this subscription was not requested here.

    The response to a denial is empty.
    """
    wanted = queries.subscription(tx, subscription_id=subscription_id)
    if wanted is None or query.get("hub.topic") != wanted.topic_url:
        return None
    at, challenge = clock.now(), query.get("hub.challenge", "")
    if query.get("hub.mode") == "denied":
        reason = words.line(query.get("hub.reason", ""))[:500] or "no reason given"
        queries.mark_failed(
            tx,
            subscription_id=subscription_id,
            state="denied",
            message=f"the hub denies the subscription: {reason}",
            next_try_at=at + _AFTER_DENIAL,
        )
        return ""
    asked = wanted.requested_at is not None
    if query.get("hub.mode") != "subscribe" or not asked or not challenge:
        return None
    if len(challenge) > LONGEST_CHALLENGE:
        return None
    lease = lease_of(query)
    queries.mark_active(
        tx,
        subscription_id=subscription_id,
        expires_at=at + lease,
        next_try_at=at + lease * _RENEW_AT,
    )
    return challenge


def announced(tx: Tx[Operational], *, subscription_id: UUID) -> bool:
    """Poll the feed whose hub announced a change; False when the subscription is gone.

    The body sent by the hub is ignored: the feed is fetched at its own address. Polls are at least
    30 s apart.
    """
    held = queries.subscription(tx, subscription_id=subscription_id)
    if held is None:
        return False
    feed = polls.feed_to_poll(tx, organization_id=held.organization_id, podcast_id=held.podcast_id)
    queries.mark_announced(tx, subscription_id=subscription_id, at=clock.now())
    if feed is None or feed.ingestion_status == "paused" or feed.outcome == PollOutcome.GONE:
        return True
    job = NewJob(
        POLL,
        organization_id=held.organization_id,
        payload={"podcast_id": str(held.podcast_id)},
        unique_key=str(held.podcast_id),
        lane=Lane.INTERACTIVE,
        run_at=feed.polled_at + _APART if feed.polled_at else None,
        keep_done=False,
    )
    enqueue(tx, job)
    return True


def hub_of(
    tx: Tx[Operational], *, identity: Identity, podcast_id: PodcastId
) -> Subscription | None:
    """The subscription of a show; None when its feed names no hub."""
    return queries.subscription_of(
        tx, organization_id=identity.organization_id, podcast_id=podcast_id
    )
