"""SQL for corrections: net cost of events, adjustments, comparing and repairing totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.usage.types import Difference, NetEvent, Reconciliation


def net_events(
    tx: Tx[Operational],
    *,
    model_id: UUID,
    since: datetime,
    until: datetime,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[NetEvent]:
    """A model's events across all organizations, each with its cost including adjustments."""
    at, event_id = after or (None, None)
    return tx.rows(
        NetEvent,
        """
        SELECT e.event_id, e.occurred_at, e.organization_id, e.lines,
               e.lines || coalesce(a.lines, '[]') AS net_lines,
               e.cost + coalesce(a.cost, 0) AS net_cost, e.currency,
               coalesce(a.number, 0)::integer AS adjustments
        FROM usage.usage_events e LEFT JOIN LATERAL (
          SELECT sum(x.cost) AS cost, count(*) AS number,
                 (SELECT jsonb_agg(l) FROM usage.usage_events y, jsonb_array_elements(y.lines) l
                  WHERE y.adjusts_event_id = e.event_id
                    AND y.organization_id = e.organization_id) AS lines
          FROM usage.usage_events x
          WHERE x.adjusts_event_id = e.event_id AND x.organization_id = e.organization_id
        ) a ON true
        WHERE e.model_id = %(model_id)s AND e.adjusts_event_id IS NULL
          AND e.occurred_at >= %(since)s AND e.occurred_at < %(until)s
          AND (%(at)s::timestamptz IS NULL
               OR (e.occurred_at, e.event_id) > (%(at)s::timestamptz, %(event_id)s::uuid))
        ORDER BY e.occurred_at, e.event_id LIMIT %(limit)s
        """,
        {
            "model_id": model_id,
            "since": since,
            "until": until,
            "at": at,
            "event_id": event_id,
            "limit": limit,
        },
    )


def adjust(
    tx: Tx[Operational],
    *,
    organization_id: UUID,
    event_id: UUID,
    occurred_at: datetime,
    adjustment_id: UUID,
    number: int,
    cost: Decimal,
    lines: Sequence[Mapping[str, Any]],
    priced_from: datetime | None,
    metadata: Mapping[str, Any],
    now: datetime,
) -> list[Any]:
    """Write an adjustment to an event; returns the thresholds that it reached."""
    alerts: list[Any] = tx.value(
        """
        SELECT usage.adjust(%(organization_id)s::uuid, %(event_id)s::uuid,
          %(occurred_at)s::timestamptz, %(adjustment_id)s::uuid, %(number)s::integer,
          %(cost)s::numeric, %(lines)s::jsonb, %(priced_from)s::timestamptz, %(metadata)s::jsonb,
          %(now)s::timestamptz)
        """,
        {
            "organization_id": organization_id,
            "event_id": event_id,
            "occurred_at": occurred_at,
            "adjustment_id": adjustment_id,
            "number": number,
            "cost": cost,
            "lines": Jsonb(list(lines)),
            "priced_from": priced_from,
            "metadata": Jsonb(dict(metadata)),
            "now": now,
        },
    )
    return alerts


def compared(tx: Tx[Operational], *, organization_id: OrganizationId, since: date) -> int:
    """The number of totals to compare."""
    return int(
        tx.value(
            """
            SELECT (SELECT count(*) FROM usage.token_usage_daily
                    WHERE organization_id = %(organization_id)s AND usage_date >= %(since)s)
              + (SELECT 2 * count(*) FROM usage.budgets
                 WHERE organization_id = %(organization_id)s)
              + (SELECT count(*) FROM usage.budget_periods
                 WHERE organization_id = %(organization_id)s AND period_starts_at >= %(since)s)
            """,
            {"organization_id": organization_id, "since": since},
        )
    )


def differences(
    tx: Tx[Operational], *, organization_id: OrganizationId, since: date
) -> list[Difference]:
    """The totals that differ from the sums of their events (U10)."""
    return tx.rows(
        Difference,
        """
        WITH events AS MATERIALIZED (
          SELECT e.usage_date, coalesce(e.project_id, '00000000-0000-0000-0000-000000000000')
                   AS project_id, e.model_id, l.unit, sum(l.quantity) AS quantity,
                 sum(l.cost) AS cost
          FROM usage.usage_events e,
            jsonb_to_recordset(e.lines) AS l (unit text, quantity numeric, cost numeric)
          WHERE e.organization_id = %(organization_id)s AND e.usage_date >= %(since)s
          GROUP BY 1, 2, 3, 4
        ), days AS MATERIALIZED (
          SELECT d.usage_date, d.project_id, d.model_id, d.unit, sum(d.quantity) AS quantity,
                 sum(d.cost) AS cost
          FROM usage.token_usage_daily d
          WHERE d.organization_id = %(organization_id)s AND d.usage_date >= %(since)s
          GROUP BY 1, 2, 3, 4
        ), paired AS (
          SELECT concat_ws(' ', usage_date, m.name, unit, 'project ' || nullif(project_id,
                   '00000000-0000-0000-0000-000000000000')) AS key,
                 coalesce(e.cost, 0) AS expected_cost, coalesce(d.cost, 0) AS actual_cost,
                 coalesce(e.quantity, 0) AS expected, coalesce(d.quantity, 0) AS actual
          FROM events e FULL JOIN days d USING (usage_date, project_id, model_id, unit)
          JOIN usage.models m USING (model_id)
        )
        SELECT 'daily cost' AS total, key, expected_cost AS expected, actual_cost AS actual
        FROM paired WHERE expected_cost <> actual_cost
        UNION ALL
        SELECT 'daily quantity', key, expected, actual FROM paired WHERE expected <> actual
        UNION ALL
        SELECT 'event cost', e.event_id::text, sum(l.cost), e.cost
        FROM usage.usage_events e,
          jsonb_to_recordset(e.lines) AS l (unit text, quantity numeric, cost numeric)
        WHERE e.organization_id = %(organization_id)s AND e.usage_date >= %(since)s
        GROUP BY e.event_id, e.cost HAVING sum(l.cost) <> e.cost
        UNION ALL
        SELECT 'budget spent', b.name, x.spent, b.settled
        FROM usage.budgets b, LATERAL (SELECT usage.spent(b.organization_id, b.scope, b.scope_id,
          b.scope_ref, b.period_starts_at, b.period_ends_at) AS spent) x
        WHERE b.organization_id = %(organization_id)s AND b.scope_ref IS DISTINCT FROM '*'
          AND x.spent <> b.settled
        UNION ALL
        SELECT 'budget reserved', b.name, x.held, b.reserved
        FROM usage.budgets b, LATERAL (SELECT coalesce(sum(r.amount), 0) AS held
          FROM usage.budget_reservations r WHERE r.budget_id = b.budget_id) x
        WHERE b.organization_id = %(organization_id)s AND x.held <> b.reserved
        UNION ALL
        SELECT 'ended period', concat_ws(' ', b.name, h.period_starts_at), x.spent, h.settled
        FROM usage.budget_periods h JOIN usage.budgets b USING (organization_id, budget_id),
          LATERAL (SELECT usage.spent(b.organization_id, b.scope, b.scope_id, b.scope_ref,
            h.period_starts_at, h.period_ends_at) AS spent) x
        WHERE h.organization_id = %(organization_id)s AND h.period_starts_at >= %(since)s
          AND x.spent <> h.settled
        ORDER BY 1, 2
        """,
        {"organization_id": organization_id, "since": since},
    )


def repair_days(
    tx: Tx[Operational], *, organization_id: OrganizationId, since: date, now: datetime
) -> int:
    """Set the daily rows to the sums of the events; returns how many changed."""
    return tx.execute(
        """
        WITH events AS (
          SELECT e.usage_date, coalesce(e.project_id, '00000000-0000-0000-0000-000000000000')
                   AS project_id, e.model_id, l.unit, min(e.currency) AS currency,
                 sum(l.quantity) AS quantity, sum(l.cost) AS cost
          FROM usage.usage_events e,
            jsonb_to_recordset(e.lines) AS l (unit text, quantity numeric, cost numeric)
          WHERE e.organization_id = %(organization_id)s AND e.usage_date >= %(since)s
          GROUP BY 1, 2, 3, 4
        ), days AS (
          SELECT d.usage_date, d.project_id, d.model_id, d.unit, min(d.currency) AS currency,
                 sum(d.quantity) AS quantity, sum(d.cost) AS cost
          FROM usage.token_usage_daily d
          WHERE d.organization_id = %(organization_id)s AND d.usage_date >= %(since)s
          GROUP BY 1, 2, 3, 4
        )
        INSERT INTO usage.token_usage_daily AS t (organization_id, usage_date, project_id,
          model_id, unit, shard, quantity, cost, currency, updated_at)
        SELECT %(organization_id)s, usage_date, project_id, model_id, unit, 0,
          coalesce(e.quantity, 0) - coalesce(d.quantity, 0), coalesce(e.cost, 0) -
          coalesce(d.cost, 0), coalesce(e.currency, d.currency), %(now)s
        FROM events e FULL JOIN days d USING (usage_date, project_id, model_id, unit)
        WHERE (coalesce(e.quantity, 0), coalesce(e.cost, 0))
          <> (coalesce(d.quantity, 0), coalesce(d.cost, 0))
        ON CONFLICT (organization_id, usage_date, project_id, model_id, unit, shard) DO UPDATE SET
          quantity = t.quantity + excluded.quantity, cost = t.cost + excluded.cost,
          revision = t.revision + 1, updated_at = excluded.updated_at
        """,
        {"organization_id": organization_id, "since": since, "now": now},
    )


def repair_budgets(tx: Tx[Operational], *, organization_id: OrganizationId) -> int:
    """Set the budgets' spent and reserved amounts to the sums; returns how many changed."""
    return tx.execute(
        """
        UPDATE usage.budgets b SET settled = x.spent, reserved = x.held
        FROM (
          SELECT o.budget_id, usage.spent(o.organization_id, o.scope, o.scope_id, o.scope_ref,
                   o.period_starts_at, o.period_ends_at) AS spent,
                 (SELECT coalesce(sum(r.amount), 0) FROM usage.budget_reservations r
                  WHERE r.budget_id = o.budget_id) AS held
          FROM usage.budgets o
          WHERE o.organization_id = %(organization_id)s AND o.scope_ref IS DISTINCT FROM '*'
        ) x
        WHERE b.budget_id = x.budget_id AND b.organization_id = %(organization_id)s
          AND (b.settled, b.reserved) <> (x.spent, x.held)
        """,
        {"organization_id": organization_id},
    )


def repair_periods(tx: Tx[Operational], *, organization_id: OrganizationId, since: date) -> int:
    """Set the spent amounts of past periods to the sums; returns how many changed."""
    return tx.execute(
        """
        UPDATE usage.budget_periods h SET settled = x.spent
        FROM (
          SELECT p.budget_id, p.period_starts_at, usage.spent(b.organization_id, b.scope,
                   b.scope_id, b.scope_ref, p.period_starts_at, p.period_ends_at) AS spent
          FROM usage.budget_periods p JOIN usage.budgets b USING (organization_id, budget_id)
          WHERE p.organization_id = %(organization_id)s AND p.period_starts_at >= %(since)s
        ) x
        WHERE h.budget_id = x.budget_id AND h.period_starts_at = x.period_starts_at
          AND h.organization_id = %(organization_id)s AND h.settled <> x.spent
        """,
        {"organization_id": organization_id, "since": since},
    )


def put_reconciliation(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    compared: int,
    differences: Sequence[Mapping[str, str]],
    repaired: bool,
    now: datetime,
) -> None:
    """Store the result of a comparison."""
    tx.execute(
        """
        INSERT INTO usage.reconciliations AS r
          (organization_id, checked_at, compared, differences, repaired_at)
        VALUES (%(organization_id)s, %(now)s, %(compared)s, %(differences)s,
                CASE WHEN %(repaired)s THEN %(now)s::timestamptz END)
        ON CONFLICT (organization_id) DO UPDATE SET checked_at = excluded.checked_at,
          compared = excluded.compared, differences = excluded.differences,
          repaired_at = coalesce(excluded.repaired_at, r.repaired_at)
        """,
        {
            "organization_id": organization_id,
            "compared": compared,
            "differences": Jsonb(list(differences)),
            "repaired": repaired,
            "now": now,
        },
    )


def reconciliations(
    tx: Tx[Operational], *, organization_id: OrganizationId | None
) -> list[Reconciliation]:
    """The last comparison of one organization, or of all."""
    return tx.rows(
        Reconciliation,
        """
        SELECT organization_id, checked_at, compared, differences, repaired_at
        FROM usage.reconciliations
        WHERE %(organization_id)s::uuid IS NULL OR organization_id = %(organization_id)s::uuid
        ORDER BY organization_id
        """,
        {"organization_id": organization_id},
    )


def ended_budgets(tx: Tx[Operational], *, now: datetime) -> list[OrganizationId]:
    """The organizations with a budget whose period has ended."""
    return tx.values(
        """
        SELECT DISTINCT organization_id FROM usage.budgets
        WHERE period <> 'total' AND period_ends_at <= %(now)s ORDER BY organization_id
        """,
        {"now": now},
    )


def ensure_months(tx: Tx[Operational], *, months: Sequence[datetime]) -> int:
    """Create the monthly partitions; returns how many were created."""
    return int(
        tx.value(
            """
            SELECT count(*) FILTER (WHERE usage.ensure_month(m))
            FROM unnest(%(months)s::timestamptz[]) m
            """,
            {"months": list(months)},
        )
    )
