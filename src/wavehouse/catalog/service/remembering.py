"""Stores the outcome of reading a feed: failures, moves, the next poll."""

from __future__ import annotations

from datetime import timedelta

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.catalog.adapters.feeds import is_web_address
from wavehouse.catalog.queries import feeds as queries
from wavehouse.catalog.queries import polls
from wavehouse.catalog.rules import polling
from wavehouse.catalog.types import IngestedFeed, PollOutcome, ServerBusy
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Gone, WavehouseError
from wavehouse.kernel.ids import PodcastId
from wavehouse.store import Operational, Tx

POLL_EVERY = timedelta(minutes=15)


def remember_failure(
    tx: Tx[Operational],
    *,
    identity: Identity,
    podcast_id: PodcastId,
    feed_url: str,
    error: WavehouseError,
    every: timedelta,
) -> int:
    """Store why a feed could not be read, and poll it later; returns the failures in a row.

    A feed that is gone (410) is no longer polled; its data is kept.
    """
    at, gone = clock.now(), isinstance(error, Gone)
    outcome = PollOutcome.GONE if gone else PollOutcome.FAILED
    failures = polls.put_failed_poll(
        tx, podcast_id=podcast_id, outcome=outcome, message=str(error), at=at
    )
    polled_again = is_web_address(feed_url) and not gone
    next_poll_at = polling.next_try(
        at=at,
        every=every,
        failures=failures,
        key=podcast_id,
        retry_after=error.wait if isinstance(error, ServerBusy) else None,
    )
    queries.mark_podcast_failed(
        tx,
        podcast_id=podcast_id,
        message=str(error),
        next_poll_at=next_poll_at if polled_again else None,
    )
    if gone:
        audit.record(
            tx,
            actor=user_actor(identity),
            action="feed.gone",
            resource=("podcast", podcast_id),
            organization_id=identity.organization_id,
            metadata={"address": feed_url},
        )
    return failures


def remember_reading(
    tx: Tx[Operational], *, identity: Identity, result: IngestedFeed, outcome: PollOutcome
) -> None:
    """Store that a feed was read or had not changed, and what was left out."""
    polls.put_poll(
        tx,
        organization_id=identity.organization_id,
        podcast_id=result.podcast_id,
        outcome=outcome,
        message=_left_out(result),
        at=clock.now(),
        unmeasured=result.left,
        pages=result.pages,
        next_page_url=result.next_page_url,
    )


def _left_out(result: IngestedFeed) -> str | None:
    parts = [result.page_note] if result.page_note else []
    if result.dropped:
        parts.append(f"{len(result.dropped)} items dropped")
    if result.probe_failures:
        parts.append(f"{len(result.probe_failures)} files not measured")
    if result.left:
        parts.append(f"{result.left} files left for the next poll to measure")
    return "; ".join(parts) or None


def remember_move(tx: Tx[Operational], *, identity: Identity, result: IngestedFeed) -> None:
    """Store the former address of a feed that moved permanently."""
    if result.moved_from is None:
        return
    polls.insert_move(
        tx,
        podcast_id=result.podcast_id,
        from_url=result.moved_from,
        to_url=result.feed_url,
        at=clock.now(),
    )
    audit.record(
        tx,
        actor=user_actor(identity),
        action="feed.moved",
        resource=("podcast", result.podcast_id),
        organization_id=identity.organization_id,
        metadata={"from": result.moved_from, "to": result.feed_url},
    )
