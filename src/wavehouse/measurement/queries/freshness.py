"""SQL that reads the age of an organization's data and the pending work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.types import (
    Backlog,
    Freshness,
)
from wavehouse.store import Operational, Tx


def freshness(tx: Tx[Operational], *, organization_id: OrganizationId) -> Freshness:
    """The newest events of an organization (its newest rollup is read from analytics)."""
    return tx.one(
        Freshness,
        """
        SELECT (SELECT max(newest.at) FROM catalog.podcasts p
                CROSS JOIN LATERAL (
                  SELECT max(e."timestamp") AS at FROM measurement.listener_events e
                  WHERE e.podcast_id = p.podcast_id) AS newest
                WHERE p.organization_id = %(organization_id)s) AS newest_request,
               NULL::timestamptz AS newest_rollup,
               (SELECT max(batch_id) FROM measurement.ingest_batches
                WHERE organization_id = %(organization_id)s) AS newest_batch,
               (SELECT count(*) FROM (SELECT DISTINCT hour FROM measurement.dirty_log) AS d
                WHERE EXISTS (
                  SELECT FROM catalog.podcasts p JOIN measurement.listener_events e
                    USING (podcast_id)
                  WHERE p.organization_id = %(organization_id)s
                    AND e."timestamp" >= d.hour AND e."timestamp" < d.hour + interval '1 hour'
                )) AS dirty_hours,
               (SELECT count(*) FROM measurement.quarantine
                WHERE organization_id = %(organization_id)s AND status = 'open') AS quarantined
        """,
        {"organization_id": organization_id},
    )


def days_with_requests(
    tx: Tx[Operational], *, organization_id: OrganizationId, days: Sequence[date]
) -> list[date]:
    """Those of the UTC days on which the organization has a request, counted or not."""
    return tx.values(
        """
        SELECT d FROM unnest(%(days)s::date[]) AS d
        WHERE EXISTS (
          SELECT FROM measurement.requests r
          WHERE r.organization_id = %(organization_id)s
            AND r.requested_at >= d::timestamp AT TIME ZONE 'UTC'
            AND r.requested_at < (d + 1)::timestamp AT TIME ZONE 'UTC')
        ORDER BY d
        """,
        {"organization_id": organization_id, "days": list(days)},
    )


def raw_from(tx: Tx[Operational]) -> datetime | None:
    """The instant from which raw data is complete; None when retention has dropped none."""
    at: datetime | None = tx.value("SELECT governance.raw_from()")
    return at


def backlog(tx: Tx[Operational]) -> Backlog:
    """Batches to count and hours to roll up, of all organizations."""
    return tx.one(
        Backlog,
        """
        SELECT (SELECT count(*) FROM measurement.count_log) AS batches,
               (SELECT count(DISTINCT hour) FROM measurement.dirty_log) AS hours
        """,
    )
