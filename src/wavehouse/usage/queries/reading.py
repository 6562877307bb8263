"""SQL for reports: daily totals and events."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.usage.types import Daily, EventRow, Spent


def daily(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    first: date,
    last: date,
    project_id: UUID | None,
) -> list[Daily]:
    """Usage by day, project, model and unit, summed over shards; includes ``last`` (CRE-2)."""
    return tx.rows(
        Daily,
        """
        SELECT d.usage_date, nullif(d.project_id, '00000000-0000-0000-0000-000000000000')
                 AS project_id,
               m.name AS model, d.unit, sum(d.quantity) AS quantity,
               sum(d.requests)::bigint AS requests, sum(d.errors)::bigint AS errors,
               sum(d.cost) AS cost, d.currency
        FROM usage.token_usage_daily d JOIN usage.models m USING (model_id)
        WHERE d.organization_id = %(organization_id)s
          AND d.usage_date BETWEEN %(first)s AND %(last)s
          AND (%(project_id)s::uuid IS NULL OR d.project_id = %(project_id)s::uuid)
        GROUP BY d.usage_date, d.project_id, m.name, d.unit, d.currency
        ORDER BY d.usage_date, m.name, d.project_id, d.unit
        """,
        {
            "organization_id": organization_id,
            "first": first,
            "last": last,
            "project_id": project_id,
        },
    )


def spent_by_day(
    tx: Tx[Operational], *, organization_id: OrganizationId, first: date, last: date
) -> list[Spent]:
    """Cost per day; days without usage are left out."""
    return tx.rows(
        Spent,
        """
        SELECT usage_date, sum(cost) AS cost, currency FROM usage.token_usage_daily
        WHERE organization_id = %(organization_id)s
          AND usage_date BETWEEN %(first)s AND %(last)s
        GROUP BY usage_date, currency ORDER BY usage_date
        """,
        {"organization_id": organization_id, "first": first, "last": last},
    )


def events(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[EventRow]:
    """Usage events, latest first."""
    at, event_id = before or (None, None)
    return tx.rows(
        EventRow,
        """
        SELECT e.event_id, e.occurred_at, m.name AS model, e.operation, e.request_id, e.project_id,
               e.end_user, e.input_tokens, e.output_tokens, e.cached_tokens, e.cost, e.currency,
               e.status, e.error_code, e.late, e.adjusts_event_id, e.metadata
        FROM usage.usage_events e JOIN usage.models m USING (model_id)
        WHERE e.organization_id = %(organization_id)s
          AND (%(at)s::timestamptz IS NULL
               OR (e.occurred_at, e.event_id) < (%(at)s::timestamptz, %(event_id)s::uuid))
        ORDER BY e.occurred_at DESC, e.event_id DESC LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "at": at, "event_id": event_id, "limit": limit},
    )
