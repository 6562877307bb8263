"""SQL that counts requests by outcome: filtered, flagged, estimated, counted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.queries.raw_tables import HOT, NAMED, RawTables
from wavehouse.measurement.types import (
    Figure,
)
from wavehouse.store import Operational, Tx

__all__ = [
    "NAMED",
    "duplicate_renditions",
    "filtered_requests",
    "flagged_requests",
    "outcomes",
    "prefix_estimates",
]


def prefix_estimates(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: UUID | None,
    start: datetime,
    end: datetime,
) -> int:
    """Downloads known only from our redirect: estimates, reported separately (R30)."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM measurement.downloads
            WHERE organization_id = %(organization_id)s
              AND downloaded_at >= %(start)s AND downloaded_at < %(end)s
              AND method = 'prefix_estimate' AND count_window = 'calendar'
              AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
            """,
            {
                "organization_id": organization_id,
                "podcast_id": podcast_id,
                "start": start,
                "end": end,
            },
        )
    )


def filtered_requests(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: UUID | None,
    start: datetime,
    end: datetime,
) -> list[Figure]:
    """The number of requests stopped by each filter, of one show or of all."""
    return tx.rows(
        Figure,
        """
        SELECT reason AS member, count(*) AS downloads FROM measurement.requests
        WHERE organization_id = %(organization_id)s
          AND requested_at >= %(start)s AND requested_at < %(end)s AND reason IS NOT NULL
          AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        GROUP BY reason ORDER BY count(*) DESC, reason
        """,
        {
            "organization_id": organization_id,
            "podcast_id": podcast_id,
            "start": start,
            "end": end,
        },
    )


def flagged_requests(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: UUID | None,
    start: datetime,
    end: datetime,
) -> list[Figure]:
    """The number of requests with each flag; a request may have several, and still counts."""
    return tx.rows(
        Figure,
        """
        SELECT f AS member, count(*) AS downloads
        FROM measurement.requests, unnest(flags) AS f
        WHERE organization_id = %(organization_id)s
          AND requested_at >= %(start)s AND requested_at < %(end)s AND flags IS NOT NULL
          AND f <> 'shared_address'
          AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        GROUP BY f ORDER BY count(*) DESC, f
        """,
        {
            "organization_id": organization_id,
            "podcast_id": podcast_id,
            "start": start,
            "end": end,
        },
    )


def duplicate_renditions(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: UUID | None,
    start: datetime,
    end: datetime,
    tables: RawTables = HOT,
) -> int:
    """R32: requests for a rendition that qualifies on a day on which an earlier one was counted.

    Only listeners who requested several files of an episode on one day are examined; in partitions,
    whose requests follow a moved episode, only episodes with several files. Nothing is stored, as a
    late line may change which rendition was first.
    """
    return int(
        tx.value(
            """
            WITH several AS MATERIALIZED (
              SELECT listener_key, episode_id, date_trunc('day', requested_at, 'UTC') AS day
              FROM {requests}
              WHERE organization_id = %(organization_id)s
                AND requested_at >= %(start)s AND requested_at < %(end)s
                AND reason IS NULL AND NOT is_prefix
                AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
                AND (NOT %(current)s OR episode_id IN (
                  SELECT episode_id FROM catalog.enclosures
                  WHERE organization_id = %(organization_id)s
                  GROUP BY episode_id HAVING count(*) > 1))
              GROUP BY 1, 2, 3 HAVING count(DISTINCT enclosure_id) > 1
            ),
            files AS (
              SELECT s.listener_key, s.episode_id, s.day, r.enclosure_id, count(*) AS requests,
                     min(r.requested_at) FILTER (WHERE r.range_end > r.range_start) AS first_at,
                     range_agg(int8multirange(int8range(r.range_start, r.range_end))
                       + coalesce(r.other_ranges, '{{}}')) AS covered
              FROM several s JOIN {requests} r
                ON r.listener_key = s.listener_key AND r.episode_id = s.episode_id
                AND date_trunc('day', r.requested_at, 'UTC') = s.day
              WHERE r.requested_at >= %(start)s AND r.requested_at < %(end)s
                AND r.reason IS NULL AND NOT r.is_prefix
              GROUP BY 1, 2, 3, 4
            ),
            qualified AS (
              SELECT f.requests,
                     row_number() OVER (PARTITION BY f.listener_key, f.episode_id, f.day
                                        ORDER BY f.first_at, f.enclosure_id) AS place
              FROM files f JOIN catalog.enclosures n USING (enclosure_id)
              WHERE (SELECT sum(upper(c) - lower(c)) FROM unnest(f.covered) AS c)
                >= n.threshold_bytes
            )
            SELECT coalesce(sum(requests), 0) FROM qualified WHERE place > 1
            """,
            {
                "organization_id": organization_id,
                "podcast_id": podcast_id,
                "start": start,
                "end": end,
                "current": tables == HOT,
            },
            requests=tables.requests,
        )
    )


def outcomes(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    tables: RawTables = HOT,
) -> list[Figure]:
    """The numbers of candidate requests counted, below the threshold, and estimated."""
    return tx.rows(
        Figure,
        """
        WITH units AS (
          SELECT listener_key, episode_id, date_trunc('day', requested_at, 'UTC') AS day,
                 count(*) AS requests
          FROM {requests}
          WHERE organization_id = %(organization_id)s
            AND requested_at >= %(start)s AND requested_at < %(end)s AND reason IS NULL
          GROUP BY 1, 2, 3
        )
        SELECT CASE d.method WHEN 'bytes' THEN 'counted' WHEN 'prefix_estimate' THEN d.method
                 ELSE 'below_threshold' END AS member,
               sum(u.requests)::bigint AS downloads
        FROM units u
        LEFT JOIN {downloads} d
          ON d.listener_key = u.listener_key AND d.episode_id = u.episode_id
          AND d.count_window = 'calendar' AND date_trunc('day', d.downloaded_at, 'UTC') = u.day
          AND d.downloaded_at >= %(start)s AND d.downloaded_at < %(end)s
        GROUP BY 1 ORDER BY 1
        """,
        {"organization_id": organization_id, "start": start, "end": end},
        requests=tables.requests,
        downloads=tables.downloads,
    )
