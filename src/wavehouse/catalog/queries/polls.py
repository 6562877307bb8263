"""SQL for polling: due feeds, poll results, moved feeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wavehouse.catalog.types.polling import DueFeed, FeedMove, FeedToPoll, PollState
from wavehouse.kernel.ids import OrganizationId, PodcastId
from wavehouse.store import Operational, Tx


def take_due_feeds(
    tx: Tx[Operational], *, at: datetime, again_at: datetime, limit: int
) -> list[DueFeed]:
    """Claim the due feeds of all organizations; they are due again at ``again_at``.

    Feeds read from files and paused feeds are never due. Two processes never claim the same feed.
    """
    return tx.rows(
        DueFeed,
        """
        UPDATE catalog.podcasts p SET next_poll_at = %(again_at)s
        WHERE p.podcast_id IN (
          SELECT d.podcast_id FROM catalog.podcasts d
          WHERE d.next_poll_at <= %(at)s AND d.ingestion_status <> 'paused'
            AND d.feed_url ~* '^https?://'
          ORDER BY d.next_poll_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING p.podcast_id, p.organization_id
        """,
        {"at": at, "again_at": again_at, "limit": limit},
    )


def feed_to_poll(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_id: PodcastId
) -> FeedToPoll | None:
    """A feed and its last poll; None when the show does not exist."""
    return tx.maybe(
        FeedToPoll,
        """
        SELECT p.podcast_id, p.title, p.feed_url, p.ingestion_status, f.outcome, f.polled_at,
               f.read_at, coalesce(f.unmeasured, 0) AS unmeasured,
               coalesce(f.pages, 1) AS pages, f.next_page_url
        FROM catalog.podcasts p LEFT JOIN catalog.feed_polls f USING (podcast_id)
        WHERE p.organization_id = %(organization_id)s AND p.podcast_id = %(podcast_id)s
        """,
        {"organization_id": organization_id, "podcast_id": podcast_id},
    )


def podcasts_named(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    name: str,
    spellings: Sequence[str],
) -> list[PodcastId]:
    """Shows matching an id, title or address; former addresses count if no feed has them now."""
    return tx.values(
        """
        WITH named AS (
          SELECT p.podcast_id, p.podcast_id::text = lower(%(name)s)
                   OR p.feed_url = ANY(%(spellings)s::text[]) AS exact
          FROM catalog.podcasts p
          WHERE p.organization_id = %(organization_id)s
            AND (p.podcast_id::text = lower(%(name)s) OR lower(p.title) = lower(%(name)s)
                 OR p.feed_url = ANY(%(spellings)s::text[]))
        ), before AS (
          SELECT DISTINCT m.podcast_id FROM catalog.feed_moves m
          WHERE m.organization_id = %(organization_id)s
            AND m.from_url = ANY(%(spellings)s::text[]) AND NOT EXISTS (SELECT FROM named)
        )
        SELECT n.podcast_id FROM named n
        WHERE n.exact OR NOT EXISTS (SELECT FROM named x WHERE x.exact)
        UNION ALL
        SELECT b.podcast_id FROM before b
        """,
        {"organization_id": organization_id, "name": name, "spellings": list(spellings)},
    )


def put_poll(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: PodcastId,
    outcome: str,
    message: str | None,
    at: datetime,
    unmeasured: int,
    pages: int,
    next_page_url: str | None,
) -> None:
    """Record a successful poll, changed or not."""
    tx.execute(
        """
        INSERT INTO catalog.feed_polls AS f
          (podcast_id, organization_id, outcome, message, polled_at, read_at, unmeasured, pages,
           next_page_url)
        SELECT %(podcast_id)s, %(organization_id)s, %(outcome)s, %(message)s, %(at)s,
               CASE WHEN %(outcome)s = 'read' THEN %(at)s::timestamptz END, %(unmeasured)s,
               %(pages)s, %(next_page_url)s
        ON CONFLICT (podcast_id) DO UPDATE SET
          outcome = excluded.outcome, polled_at = excluded.polled_at, failures = 0,
          failing_since = NULL, read_at = coalesce(excluded.read_at, f.read_at),
          message = CASE WHEN excluded.outcome = 'read' OR f.failures > 0
                         THEN excluded.message ELSE f.message END,
          unmeasured = CASE excluded.outcome WHEN 'read' THEN excluded.unmeasured
                                             ELSE f.unmeasured END,
          pages = CASE excluded.outcome WHEN 'read' THEN excluded.pages ELSE f.pages END,
          next_page_url = CASE excluded.outcome WHEN 'read' THEN excluded.next_page_url
                                                ELSE f.next_page_url END
        """,
        {
            "organization_id": organization_id,
            "podcast_id": podcast_id,
            "outcome": outcome,
            "message": message,
            "at": at,
            "unmeasured": unmeasured,
            "pages": pages,
            "next_page_url": next_page_url,
        },
    )


def put_failed_poll(
    tx: Tx[Operational], *, podcast_id: PodcastId, outcome: str, message: str, at: datetime
) -> int:
    """Record a failed poll; returns the number of failures in a row."""
    failures: int = tx.value(
        """
        INSERT INTO catalog.feed_polls AS f
          (podcast_id, organization_id, outcome, message, polled_at, failures, failing_since)
        SELECT p.podcast_id, p.organization_id, %(outcome)s, %(message)s, %(at)s, 1, %(at)s
        FROM catalog.podcasts p WHERE p.podcast_id = %(podcast_id)s
        ON CONFLICT (podcast_id) DO UPDATE SET
          outcome = excluded.outcome, message = excluded.message, polled_at = excluded.polled_at,
          failures = f.failures + 1, failing_since = coalesce(f.failing_since, excluded.polled_at)
        RETURNING failures
        """,
        {"podcast_id": podcast_id, "outcome": outcome, "message": message, "at": at},
    )
    return failures


def poll_state(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_id: PodcastId
) -> PollState:
    """The state of a feed after a poll."""
    return tx.one(
        PollState,
        """
        SELECT p.title, p.feed_url, coalesce(f.outcome, 'read') AS outcome,
               coalesce(f.failures, 0) AS failures, p.next_poll_at
        FROM catalog.podcasts p LEFT JOIN catalog.feed_polls f USING (podcast_id)
        WHERE p.organization_id = %(organization_id)s AND p.podcast_id = %(podcast_id)s
        """,
        {"organization_id": organization_id, "podcast_id": podcast_id},
    )


def forget_failures(tx: Tx[Operational], *, podcast_id: PodcastId) -> None:
    """Reset the count of failures."""
    tx.execute(
        """
        UPDATE catalog.feed_polls
        SET failures = 0, failing_since = NULL, message = NULL,
            outcome = CASE WHEN read_at IS NULL THEN 'not_modified' ELSE 'read' END
        WHERE podcast_id = %(podcast_id)s AND outcome IN ('failed', 'gone')
        """,
        {"podcast_id": podcast_id},
    )


def set_next_poll(
    tx: Tx[Operational], *, podcast_id: PodcastId, status: str, next_poll_at: datetime | None
) -> None:
    """Pause or resume a feed: set its status and its next poll."""
    tx.execute(
        """
        UPDATE catalog.podcasts
        SET ingestion_status = %(status)s, next_poll_at = %(next_poll_at)s
        WHERE podcast_id = %(podcast_id)s
        """,
        {"podcast_id": podcast_id, "status": status, "next_poll_at": next_poll_at},
    )


def insert_move(
    tx: Tx[Operational], *, podcast_id: PodcastId, from_url: str, to_url: str, at: datetime
) -> None:
    """Record a feed's former address."""
    tx.execute(
        """
        INSERT INTO catalog.feed_moves (organization_id, podcast_id, from_url, to_url, moved_at)
        SELECT p.organization_id, p.podcast_id, %(from_url)s, %(to_url)s, %(at)s
        FROM catalog.podcasts p WHERE p.podcast_id = %(podcast_id)s
        """,
        {"podcast_id": podcast_id, "from_url": from_url, "to_url": to_url, "at": at},
    )


def set_feed_url(tx: Tx[Operational], *, podcast_id: PodcastId, feed_url: str) -> None:
    """Change a feed's address."""
    tx.execute(
        "UPDATE catalog.podcasts SET feed_url = %(feed_url)s WHERE podcast_id = %(podcast_id)s",
        {"podcast_id": podcast_id, "feed_url": feed_url},
    )


def moves(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_id: UUID
) -> list[FeedMove]:
    """The former addresses of a feed, latest first."""
    return tx.rows(
        FeedMove,
        """
        SELECT from_url, to_url, moved_at FROM catalog.feed_moves
        WHERE organization_id = %(organization_id)s AND podcast_id = %(podcast_id)s
        ORDER BY moved_at DESC, feed_move_id DESC
        """,
        {"organization_id": organization_id, "podcast_id": podcast_id},
    )
