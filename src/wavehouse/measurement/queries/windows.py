"""SQL of the rolling windows: listeners with requests on more than one UTC day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.queries.raw_tables import HOT, NAMED, RawTables
from wavehouse.measurement.types import CalendarCell, WindowPart
from wavehouse.store import Operational, Tx

__all__ = ["NAMED", "calendar_downloads", "find_repeated", "parts"]

_REPEATED = """
CREATE TEMP TABLE repeated ON COMMIT DROP AS
WITH candidates AS (
  SELECT CASE WHEN requested_at < %(border)s THEN listener_key ELSE listener_key_prev END AS key,
         episode_id, (requested_at AT TIME ZONE 'UTC')::date AS day
  FROM {requests}
  WHERE organization_id = %(organization_id)s
    AND requested_at >= %(start)s AND requested_at < %(end)s AND reason IS NULL AND NOT is_prefix
    AND range_end > range_start
    AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
)
SELECT key, episode_id FROM candidates
WHERE key IS NOT NULL GROUP BY key, episode_id HAVING min(day) < max(day)
"""


def find_repeated(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    border: datetime,
    podcast_id: UUID | None,
    tables: RawTables = HOT,
) -> None:
    """Listeners and episodes with requests on several UTC days: only they differ by window.

    Requests from ``border`` on are matched by the previous month's key (R44).
    """
    tx.execute(
        _REPEATED,
        {
            "organization_id": organization_id,
            "start": start,
            "end": end,
            "border": border,
            "podcast_id": podcast_id,
        },
        requests=tables.requests,
    )
    tx.execute("ANALYZE repeated")


def parts(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    border: datetime,
    tables: RawTables = HOT,
) -> Iterator[WindowPart]:
    """The sent positions of the repeated listeners, by listener, episode and time."""
    return tx.stream(
        WindowPart,
        """
        WITH asked AS (
          SELECT CASE WHEN requested_at < %(border)s THEN listener_key
                   ELSE listener_key_prev END AS key,
                 episode_id, enclosure_id, requested_at, range_start, range_end, other_ranges
          FROM {requests}
          WHERE organization_id = %(organization_id)s
            AND requested_at >= %(start)s AND requested_at < %(end)s AND reason IS NULL
            AND NOT is_prefix
        ),
        chosen AS (SELECT a.* FROM asked a JOIN repeated USING (key, episode_id)),
        spans AS (
          SELECT key, episode_id, enclosure_id, requested_at, range_start, range_end FROM chosen
          UNION ALL
          SELECT key, episode_id, enclosure_id, requested_at, lower(m), upper(m)
          FROM chosen CROSS JOIN LATERAL unnest(other_ranges) AS m
          WHERE other_ranges IS NOT NULL
        )
        SELECT s.key AS listener_key, s.episode_id, s.enclosure_id, s.requested_at, s.range_start,
               s.range_end, n.threshold_bytes
        FROM spans s JOIN catalog.enclosures n USING (enclosure_id)
        WHERE n.bytes IS NOT NULL
        ORDER BY s.key, s.episode_id
        """,
        {"organization_id": organization_id, "start": start, "end": end, "border": border},
        requests=tables.requests,
    )


def calendar_downloads(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    border: datetime,
    podcast_id: UUID | None,
    tables: RawTables = HOT,
) -> list[CalendarCell]:
    """Calendar downloads of a period by episode and day, split by repeated listeners or not."""
    return tx.rows(
        CalendarCell,
        """
        SELECT d.episode_id, (d.downloaded_at AT TIME ZONE 'UTC')::date AS day,
               r.key IS NOT NULL AS is_repeated, count(*) AS downloads
        FROM {downloads} d
        LEFT JOIN repeated r
          ON r.episode_id = d.episode_id
          AND r.key = CASE WHEN d.downloaded_at < %(border)s THEN d.listener_key
                        ELSE d.listener_key_prev END
        WHERE d.organization_id = %(organization_id)s
          AND d.downloaded_at >= %(start)s AND d.downloaded_at < %(end)s
          AND d.count_window = 'calendar' AND d.method = 'bytes'
          AND (%(podcast_id)s::uuid IS NULL OR d.podcast_id = %(podcast_id)s::uuid)
        GROUP BY 1, 2, 3
        """,
        {
            "organization_id": organization_id,
            "start": start,
            "end": end,
            "border": border,
            "podcast_id": podcast_id,
        },
        downloads=tables.downloads,
    )
