"""SQL that lists stored requests with the outcome of each."""

from __future__ import annotations

from datetime import datetime

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.queries.raw_tables import HOT, NAMED, RawTables
from wavehouse.measurement.types import (
    TracedRequest,
)
from wavehouse.store import Operational, Tx

__all__ = ["NAMED", "traced_requests"]


def traced_requests(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    limit: int,
    tables: RawTables = HOT,
) -> list[TracedRequest]:
    """Stored requests in file order, each with its outcome."""
    # Newly filled partitions have no statistics, and a nested loop over them takes minutes; hash
    # joins take seconds in any case.
    tx.execute("SET LOCAL enable_nestloop = off")
    return tx.rows(
        TracedRequest,
        """
        WITH chosen AS MATERIALIZED (
          SELECT r.*, f.name AS file, (r.requested_at AT TIME ZONE 'UTC')::date AS day
          FROM {requests} r
          JOIN measurement.ingest_batches b USING (batch_id)
          JOIN measurement.source_files f USING (source_file_id)
          WHERE r.organization_id = %(organization_id)s
            AND r.requested_at >= %(start)s AND r.requested_at < %(end)s
          ORDER BY f.name, r.line_number LIMIT %(limit)s
        ),
        units AS MATERIALIZED (
          SELECT DISTINCT listener_key, episode_id, day FROM chosen WHERE reason IS NULL
        ),
        spans AS (
          SELECT u.listener_key, u.episode_id, r.enclosure_id, u.day,
                 min(r.requested_at) FILTER (WHERE r.range_end > r.range_start) AS first_at,
                 range_agg(int8multirange(int8range(r.range_start, r.range_end))
                   + coalesce(r.other_ranges, '{{}}')) AS covered
          FROM units u JOIN {requests} r
            ON r.listener_key = u.listener_key AND r.episode_id = u.episode_id
            AND (r.requested_at AT TIME ZONE 'UTC')::date = u.day
          WHERE r.requested_at >= %(start)s AND r.requested_at < %(end)s
            AND r.reason IS NULL AND NOT r.is_prefix
          GROUP BY 1, 2, 3, 4
        ),
        measured AS (
          SELECT s.listener_key, s.episode_id, s.enclosure_id, s.day, s.first_at,
                 (SELECT coalesce(sum(upper(r) - lower(r)), 0)::bigint FROM unnest(covered) AS r)
                   AS unit_bytes,
                 n.threshold_bytes
          FROM spans s JOIN catalog.enclosures n USING (enclosure_id)
        ),
        sizes AS MATERIALIZED (
          SELECT *, unit_bytes >= threshold_bytes AND 1 < row_number() OVER (
                   PARTITION BY listener_key, episode_id, day, unit_bytes >= threshold_bytes
                   ORDER BY first_at, enclosure_id) AS is_duplicate
          FROM measured
        )
        SELECT c.requested_at, c.file, c.line_number, e.title AS episode, c.method,
               c.status::integer AS status, c.range_start, c.range_end, c.network::text AS network,
               c.country_code, a.app,
               CASE WHEN c.reason IS NOT NULL THEN c.reason
                    WHEN d.method = 'bytes' THEN 'counted'
                    WHEN d.method = 'prefix_estimate' THEN d.method
                    ELSE 'below_threshold' END AS outcome,
               coalesce(c.flags, '{{}}')
                 || CASE WHEN s.is_duplicate THEN '{{rendition_dup}}'::text[]
                      ELSE '{{}}' END AS flags,
               coalesce(lower(n.media_path) LIKE '%%.m3u8' OR n.mime_type ILIKE '%%mpegurl%%',
                        false) AS timed,
               s.unit_bytes,
               n.threshold_bytes
        FROM chosen c
        JOIN measurement.user_agents a USING (agent_id)
        LEFT JOIN catalog.episodes e ON e.episode_id = c.episode_id
        LEFT JOIN catalog.enclosures n ON n.enclosure_id = c.enclosure_id
        LEFT JOIN sizes s ON s.listener_key = c.listener_key AND s.enclosure_id = c.enclosure_id
          AND s.day = c.day AND c.reason IS NULL
        LEFT JOIN {downloads} d
          ON d.listener_key = c.listener_key AND d.episode_id = c.episode_id
          AND (d.downloaded_at AT TIME ZONE 'UTC')::date = c.day
          AND d.count_window = 'calendar'
          AND d.downloaded_at >= %(start)s AND d.downloaded_at < %(end)s
        ORDER BY c.file, c.line_number
        """,
        {"organization_id": organization_id, "start": start, "end": end, "limit": limit},
        requests=tables.requests,
        downloads=tables.downloads,
    )
