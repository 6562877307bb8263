"""SQL that counts distinct listeners from events, as they do not add up over days (R43, R44)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.types import AudienceCell, KeysOfCell
from wavehouse.store import Operational, Tx


def distinct_listeners(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    podcast_id: UUID | None,
) -> int | None:
    """Distinct listeners of a span within one month or two adjacent ones (R43, R44).

    Events of the later month also have the previous month's key, so the span is counted under one
    key. None when an event lacks it because the previous month's secret was destroyed.
    """
    listeners: int | None = tx.value(
        """
        WITH keys AS (
          SELECT CASE
            WHEN date_trunc('month', "timestamp", 'UTC') = date_trunc('month', %(start)s, 'UTC')
              THEN listener_key ELSE listener_key_prev END AS key
          FROM measurement.listener_events
          WHERE organization_id = %(organization_id)s
            AND "timestamp" >= %(start)s AND "timestamp" < %(end)s AND event_type = 'download'
            AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        )
        SELECT CASE WHEN bool_or(key IS NULL) THEN NULL ELSE count(DISTINCT key) END FROM keys
        """,
        {
            "organization_id": organization_id,
            "start": start,
            "end": end,
            "podcast_id": podcast_id,
        },
    )
    return listeners


def audience(
    tx: Tx[Operational], *, organization_id: OrganizationId, start: datetime, end: datetime
) -> list[AudienceCell]:
    """Distinct listeners of a span of one month or two adjacent ones: all, by show, by episode.

    Counts by the key of the span's first month, like ``distinct_listeners``; None where an event
    lacks that key (R43, R44).
    """
    return tx.rows(
        AudienceCell,
        """
        WITH keys AS (
          SELECT podcast_id, episode_id, CASE
            WHEN date_trunc('month', "timestamp", 'UTC') = date_trunc('month', %(start)s, 'UTC')
              THEN listener_key ELSE listener_key_prev END AS key
          FROM measurement.listener_events
          WHERE organization_id = %(organization_id)s
            AND "timestamp" >= %(start)s AND "timestamp" < %(end)s AND event_type = 'download'
        )
        SELECT podcast_id, episode_id,
               CASE WHEN bool_or(key IS NULL) THEN NULL ELSE count(DISTINCT key) END AS listeners
        FROM keys GROUP BY GROUPING SETS ((), (podcast_id), (podcast_id, episode_id))
        ORDER BY listeners DESC NULLS LAST, podcast_id, episode_id
        """,
        {"organization_id": organization_id, "start": start, "end": end},
    )


def keys_by_cell(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    month: datetime,
    podcast_id: UUID | None,
    by_cell: bool,
) -> list[KeysOfCell]:
    """The keys of a span's downloads, of one show or of all; ``by_cell`` by episode.

    Events of ``month`` have their own key, later ones that of the month before (R44).
    """
    return tx.rows(
        KeysOfCell,
        """
        SELECT CASE WHEN %(by_cell)s THEN podcast_id END AS podcast_id,
          CASE WHEN %(by_cell)s THEN episode_id END AS episode_id, string_agg(coalesce(CASE
            WHEN date_trunc('month', "timestamp", 'UTC') = date_trunc('month', %(month)s, 'UTC')
              THEN listener_key ELSE listener_key_prev END::text, ''), E'\n') AS keys
        FROM measurement.listener_events
        WHERE organization_id = %(organization_id)s
          AND "timestamp" >= %(start)s AND "timestamp" < %(end)s AND event_type = 'download'
          AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        GROUP BY 1, 2
        """,
        {
            "by_cell": by_cell,
            "organization_id": organization_id,
            "start": start,
            "end": end,
            "month": month,
            "podcast_id": podcast_id,
        },
    )
