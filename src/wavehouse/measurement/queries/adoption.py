"""SQL of adoption: stored requests for files that were registered later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx


@dataclass(frozen=True, slots=True)
class MediaState:
    """An organization whose media files have changed since its unknown paths were last matched."""

    organization_id: OrganizationId
    media: str
    adopted_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnknownPlace:
    """A host and path of an unknown file: its requests, and those that would otherwise count."""

    place: str
    requests: int
    would_count: int


def lock_adoption(tx: Tx[Operational]) -> None:
    """Wait for running loads, and block new ones until this transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('measurement.adopt', 7))")


def changed_media(tx: Tx[Operational], *, lists: str) -> list[MediaState]:
    """Organizations with media files, or lists, that changed since the last pass."""
    return tx.rows(
        MediaState,
        """
        SELECT e.organization_id, e.media, a.adopted_at
        FROM (SELECT organization_id, count(*) || ' ' || coalesce(max(created_at)::text, '') || ' '
                || (SELECT count(*) FROM catalog.segments s
                    WHERE s.organization_id = n.organization_id) || ' '
                || coalesce((SELECT revision FROM catalog.media_revisions r
                             WHERE r.organization_id = n.organization_id), 0) || ' ' || %(lists)s
                AS media
              FROM catalog.enclosures n GROUP BY organization_id) AS e
        LEFT JOIN measurement.adoptions a USING (organization_id)
        WHERE a.media IS DISTINCT FROM e.media
        """,
        {"lists": lists},
    )


def unknown_paths(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[str]:
    """Distinct hosts and paths of stored requests for unknown media files."""
    return tx.values(
        """
        SELECT DISTINCT path FROM measurement.requests
        WHERE path IS NOT NULL AND organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )


def unknown_places(
    tx: Tx[Operational], *, organization_id: OrganizationId, limit: int
) -> list[UnknownPlace]:
    """The most requested hosts and paths of unknown files, without queries."""
    return tx.rows(
        UnknownPlace,
        """
        SELECT split_part(path, '?', 1) AS place, count(*)::bigint AS requests,
               count(*) FILTER (WHERE next_reason IS NULL)::bigint AS would_count
        FROM measurement.requests
        WHERE path IS NOT NULL AND organization_id = %(organization_id)s
        GROUP BY 1 ORDER BY would_count DESC, requests DESC, place LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "limit": limit},
    )


def adopt(
    tx: Tx[Operational], *, organization_id: OrganizationId, rows: Sequence[dict[str, Any]]
) -> int:
    """Assign requests to the file version served at their time; mark them for counting.

    Each row is an unknown path, a version, and the time in which the path means it.
    """
    return int(
        tx.value(
            """
            WITH known AS (
              SELECT * FROM jsonb_to_recordset(%(rows)s) AS k
                (path text, since timestamptz, until timestamptz, enclosure_id uuid,
                 start_ms bigint, duration_ms bigint, bytes bigint)
            ),
            found AS (
              SELECT r.requested_at, r.request_id, n.podcast_id, n.episode_id, n.enclosure_id,
                     p.publish_date, k.start_ms, k.duration_ms, k.bytes
              FROM measurement.requests r JOIN known k USING (path)
              JOIN catalog.enclosures n ON n.enclosure_id = k.enclosure_id
              JOIN catalog.episodes p ON p.episode_id = n.episode_id
              WHERE r.organization_id = %(organization_id)s
                AND (k.since IS NULL OR r.requested_at >= k.since)
                AND (k.until IS NULL OR r.requested_at < k.until)
            ),
            adopted AS (
              UPDATE measurement.requests r
              SET podcast_id = f.podcast_id, episode_id = f.episode_id,
                  enclosure_id = f.enclosure_id, reason = r.next_reason, next_reason = NULL,
                  path = NULL,
                  -- R13: of HLS, positions are milliseconds of the programme
                  range_start = CASE
                    WHEN f.duration_ms IS NULL THEN r.range_start
                    WHEN f.bytes IS NULL THEN f.start_ms
                    ELSE f.start_ms + least(r.range_start, f.bytes) * f.duration_ms / f.bytes END,
                  range_end = CASE
                    WHEN f.duration_ms IS NULL THEN r.range_end
                    WHEN r.range_end <= r.range_start THEN CASE
                      WHEN f.bytes IS NULL THEN f.start_ms
                      ELSE f.start_ms
                        + least(r.range_start, f.bytes) * f.duration_ms / f.bytes END
                    WHEN f.bytes IS NULL THEN f.start_ms + f.duration_ms
                    ELSE f.start_ms + least(r.range_end, f.bytes) * f.duration_ms / f.bytes END,
                  other_ranges = CASE WHEN f.duration_ms IS NULL THEN r.other_ranges END,
                  -- R25: only now is the release known
                  flags = CASE WHEN r.requested_at < f.publish_date
                    THEN coalesce(r.flags, '{}') || '{pre_release}' ELSE r.flags END
              FROM found f
              WHERE r.requested_at = f.requested_at AND r.request_id = f.request_id
              RETURNING r.batch_id, (r.requested_at AT TIME ZONE 'UTC')::date AS day
            ),
            marked AS (
              INSERT INTO measurement.count_log (batch_id, day)
              SELECT DISTINCT batch_id, day FROM adopted
            )
            SELECT count(*) FROM adopted
            """,
            {"organization_id": organization_id, "rows": Jsonb(list(rows))},
        )
    )


def move_requests(
    tx: Tx[Operational], *, organization_id: OrganizationId, rows: Sequence[dict[str, Any]]
) -> int:
    """Move stored requests of a file to its current version, and so to its episode.

    Each row is a version with stored requests, a time, and the version meant then.
    """
    return int(
        tx.value(
            """
            WITH known AS (
              SELECT k.*, n.podcast_id, n.episode_id
              FROM jsonb_to_recordset(%(rows)s) AS k
                (stored_id uuid, since timestamptz, until timestamptz, enclosure_id uuid)
              JOIN catalog.enclosures n ON n.enclosure_id = k.enclosure_id
            ),
            moved AS (
              UPDATE measurement.requests r
              SET podcast_id = k.podcast_id, episode_id = k.episode_id,
                  enclosure_id = k.enclosure_id
              FROM known k
              WHERE r.organization_id = %(organization_id)s AND r.enclosure_id = k.stored_id
                AND (k.since IS NULL OR r.requested_at >= k.since)
                AND (k.until IS NULL OR r.requested_at < k.until)
                AND (r.enclosure_id, r.episode_id) IS DISTINCT FROM (k.enclosure_id, k.episode_id)
              RETURNING r.batch_id, (r.requested_at AT TIME ZONE 'UTC')::date AS day
            ),
            marked AS (
              INSERT INTO measurement.count_log (batch_id, day)
              SELECT DISTINCT batch_id, day FROM moved
            )
            SELECT count(*) FROM moved
            """,
            {"organization_id": organization_id, "rows": Jsonb(list(rows))},
        )
    )


def remember_media(tx: Tx[Operational], *, state: MediaState, at: datetime) -> None:
    """Record that unknown paths were matched with these media files."""
    tx.execute(
        """
        INSERT INTO measurement.adoptions (organization_id, media, adopted_at)
        VALUES (%(organization_id)s, %(media)s, %(at)s)
        ON CONFLICT (organization_id)
        DO UPDATE SET media = EXCLUDED.media, adopted_at = EXCLUDED.adopted_at
        """,
        {"organization_id": state.organization_id, "media": state.media, "at": at},
    )
