"""SQL of adoption: stored requests for files that were registered later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx


@dataclass(frozen=True, slots=True)
class MediaState:
    """An organization whose media files have changed since unknown paths were looked through."""

    organization_id: OrganizationId
    media: str


def lock_adoption(tx: Tx[Operational]) -> None:
    """Wait for loads under way, and let none begin until this transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('measurement.adopt', 7))")


def changed_media(tx: Tx[Operational]) -> list[MediaState]:
    """Organizations with other media files than at the last look: by their numbers and newest."""
    return tx.rows(
        MediaState,
        """
        SELECT e.organization_id, e.media
        FROM (SELECT organization_id, count(*) || ' ' || max(created_at)::text || ' '
                || (SELECT count(*) FROM catalog.segments s
                    WHERE s.organization_id = n.organization_id) AS media
              FROM catalog.enclosures n GROUP BY organization_id) AS e
        LEFT JOIN measurement.adoptions a USING (organization_id)
        WHERE a.media IS DISTINCT FROM e.media
        """,
    )


def unknown_paths(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[str]:
    """Distinct host and path of stored requests that no media file was known for."""
    return tx.values(
        """
        SELECT DISTINCT path FROM measurement.requests
        WHERE path IS NOT NULL AND organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )


def adopt(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    paths: Sequence[str],
    hosts: Sequence[str],
    media_paths: Sequence[str],
) -> int:
    """Give requests the file's version in force at their time, and mark them for counting."""
    return int(
        tx.value(
            """
            WITH known AS (
              SELECT * FROM unnest(%(paths)s::text[], %(hosts)s::text[], %(media_paths)s::text[])
                AS k (path, host, media_path)
            ),
            found AS (
              SELECT r.requested_at, r.request_id, v.podcast_id, v.episode_id, v.enclosure_id,
                     p.publish_date, v.start_ms, v.duration_ms, v.bytes
              FROM measurement.requests r JOIN known k USING (path)
              CROSS JOIN LATERAL (
                SELECT e.podcast_id, e.episode_id, e.enclosure_id, h.start_ms, h.duration_ms,
                       h.bytes
                FROM (
                  SELECT f.enclosure_id,
                         CASE WHEN lower(f.media_path) LIKE '%%.m3u8'
                           OR f.mime_type ILIKE '%%mpegurl%%' THEN 0::bigint END AS start_ms,
                         CASE WHEN lower(f.media_path) LIKE '%%.m3u8'
                           OR f.mime_type ILIKE '%%mpegurl%%' THEN 0::bigint END AS duration_ms,
                         NULL::bigint AS bytes
                  FROM catalog.enclosures f
                  WHERE f.media_host = k.host AND f.media_path = k.media_path
                  UNION ALL
                  SELECT s.enclosure_id, s.start_ms, s.duration_ms, s.bytes
                  FROM catalog.segments s
                  WHERE s.media_host = k.host AND s.media_path = k.media_path
                ) AS h
                JOIN catalog.enclosures e USING (enclosure_id)
                WHERE e.organization_id = r.organization_id
                ORDER BY e.valid_from <= r.requested_at DESC,
                  CASE WHEN e.valid_from <= r.requested_at THEN e.valid_from END DESC,
                  e.valid_from, e.enclosure_id
                LIMIT 1) AS v
              JOIN catalog.episodes p ON p.episode_id = v.episode_id
              WHERE r.organization_id = %(organization_id)s
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
                  -- R25 could not be told before the episode was known
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
            {
                "organization_id": organization_id,
                "paths": list(paths),
                "hosts": list(hosts),
                "media_paths": list(media_paths),
            },
        )
    )


def remember_media(tx: Tx[Operational], *, state: MediaState, at: datetime) -> None:
    """Unknown paths have been looked through with these media files."""
    tx.execute(
        """
        INSERT INTO measurement.adoptions (organization_id, media, adopted_at)
        VALUES (%(organization_id)s, %(media)s, %(at)s)
        ON CONFLICT (organization_id)
        DO UPDATE SET media = EXCLUDED.media, adopted_at = EXCLUDED.adopted_at
        """,
        {"organization_id": state.organization_id, "media": state.media, "at": at},
    )
