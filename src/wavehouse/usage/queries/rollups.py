"""SQL of the usage rollups: read from operational, written to analytics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Analytics, Operational, Tx
from wavehouse.usage.types import DaySum, UsageRow


def lock_rolling(tx: Tx[Operational]) -> None:
    """Let one program at a time roll up, until the transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('usage.rollups', 0))")


def months_with_raw(tx: Tx[Operational]) -> set[date]:
    """The months that have a partition of usage events; retention drops those of other months."""
    return set(
        tx.values(
            """
            SELECT to_date(right(c.relname, 6), 'YYYYMM')
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'usage.usage_events'::regclass
            """
        )
    )


def raw_days(tx: Tx[Operational]) -> list[DaySum]:
    """Events, tokens and cost of each organization and UTC day."""
    return tx.rows(
        DaySum,
        """
        SELECT organization_id, (occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS events,
               coalesce(sum(input_tokens + output_tokens), 0)::bigint AS tokens, sum(cost) AS cost
        FROM usage.usage_events GROUP BY 1, 2
        """,
    )


def rolled_days(tx: Tx[Analytics]) -> list[DaySum]:
    """The same sums of the daily rollup."""
    return tx.rows(
        DaySum,
        """
        SELECT organization_id, day, sum(events)::bigint AS events,
               sum(input_tokens + output_tokens)::bigint AS tokens, sum(cost) AS cost
        FROM analytics.usage_daily GROUP BY 1, 2
        """,
    )


def rolled_hours(tx: Tx[Analytics]) -> list[DaySum]:
    """The same sums of the hourly rollup."""
    return tx.rows(
        DaySum,
        """
        SELECT organization_id, (hour AT TIME ZONE 'UTC')::date AS day,
               sum(events)::bigint AS events,
               sum(input_tokens + output_tokens)::bigint AS tokens, sum(cost) AS cost
        FROM analytics.usage_hourly GROUP BY 1, 2
        """,
    )


def computed(
    tx: Tx[Operational], *, organization_id: OrganizationId, first: datetime, until: datetime
) -> list[UsageRow]:
    """An organization's usage from ``first`` to before ``until``, by UTC hour, model and project.

    An adjustment is no request: it changes its event's cost (U9).
    """
    return tx.rows(
        UsageRow,
        """
        SELECT date_trunc('hour', e.occurred_at, 'UTC') AS bucket, e.model_id,
               coalesce(e.project_id, '00000000-0000-0000-0000-000000000000') AS project_id,
               e.currency, count(*) FILTER (WHERE e.adjusts_event_id IS NULL) AS requests,
               count(*) FILTER (WHERE e.adjusts_event_id IS NULL AND e.status = 'error') AS errors,
               sum(e.input_tokens)::bigint AS input_tokens,
               sum(e.output_tokens)::bigint AS output_tokens,
               sum(e.cached_tokens)::bigint AS cached_tokens, sum(e.cost) AS cost,
               coalesce(sum(e.latency_ms), 0)::bigint AS latency_ms_total,
               count(e.latency_ms) AS latency_known, max(e.latency_ms)::bigint AS latency_ms_max,
               count(*) AS events
        FROM usage.usage_events e
        WHERE e.organization_id = %(organization_id)s
          AND e.occurred_at >= %(first)s AND e.occurred_at < %(until)s
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        """,
        {"organization_id": organization_id, "first": first, "until": until},
    )


def ensure_partitions(tx: Tx[Analytics], *, day: date) -> None:
    """Create the partitions for a day's rows."""
    for table, span in (("usage_hourly", "month"), ("usage_daily", "year")):
        tx.execute(
            "SELECT schema_ops.ensure_partition(%(table)s::regclass, %(day)s, %(span)s)",
            {"table": f"analytics.{table}", "day": day, "span": span},
        )


def replace(
    tx: Tx[Analytics],
    *,
    organization_id: OrganizationId,
    day: date,
    first: datetime,
    until: datetime,
    rows: Sequence[UsageRow],
    at: datetime,
) -> None:
    """Make these the hours of an organization's UTC day, and their sums its day."""
    given = {"organization_id": organization_id, "first": first, "until": until, "day": day}
    tx.execute(
        """
        DELETE FROM analytics.usage_hourly
        WHERE organization_id = %(organization_id)s AND hour >= %(first)s AND hour < %(until)s
        """,
        given,
    )
    tx.execute(
        """
        DELETE FROM analytics.usage_daily
        WHERE organization_id = %(organization_id)s AND day = %(day)s
        """,
        given,
    )
    columns: dict[str, list[object]] = {
        "hours": [row.bucket for row in rows],
        "models": [row.model_id for row in rows],
        "projects": [row.project_id for row in rows],
        "currencies": [row.currency for row in rows],
        "requests": [row.requests for row in rows],
        "errors": [row.errors for row in rows],
        "inputs": [row.input_tokens for row in rows],
        "outputs": [row.output_tokens for row in rows],
        "cached": [row.cached_tokens for row in rows],
        "costs": [row.cost for row in rows],
        "totals": [row.latency_ms_total for row in rows],
        "known": [row.latency_known for row in rows],
        "longest": [row.latency_ms_max for row in rows],
        "events": [row.events for row in rows],
    }
    tx.execute(
        """
        INSERT INTO analytics.usage_hourly
          (organization_id, computed_at, hour, model_id, project_id, currency, requests, errors,
           input_tokens, output_tokens, cached_tokens, cost, latency_ms_total, latency_known,
           latency_ms_max, events)
        SELECT %(organization_id)s, %(at)s, r.*
        FROM unnest(%(hours)s::timestamptz[], %(models)s::uuid[], %(projects)s::uuid[],
          %(currencies)s::text[], %(requests)s::bigint[], %(errors)s::bigint[],
          %(inputs)s::bigint[], %(outputs)s::bigint[], %(cached)s::bigint[],
          %(costs)s::numeric[], %(totals)s::bigint[], %(known)s::bigint[],
          %(longest)s::bigint[], %(events)s::bigint[]) AS r
        """,
        {"organization_id": organization_id, "at": at, **columns},
    )
    tx.execute(
        """
        INSERT INTO analytics.usage_daily
          (day, organization_id, model_id, project_id, currency, requests, errors, input_tokens,
           output_tokens, cached_tokens, cost, latency_ms_total, latency_known, latency_ms_max,
           events, computed_at)
        SELECT %(day)s, organization_id, model_id, project_id, currency, sum(requests),
               sum(errors), sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(cost),
               sum(latency_ms_total), sum(latency_known), max(latency_ms_max), sum(events), %(at)s
        FROM analytics.usage_hourly
        WHERE organization_id = %(organization_id)s AND hour >= %(first)s AND hour < %(until)s
        GROUP BY organization_id, model_id, project_id, currency
        """,
        {**given, "at": at},
    )


def hours(tx: Tx[Analytics], *, first: datetime, until: datetime, limit: int) -> list[UsageRow]:
    """The hourly rows of an organization from ``first`` to before ``until``, latest first."""
    return tx.rows(
        UsageRow,
        """
        SELECT hour AS bucket, model_id, project_id, currency, requests, errors, input_tokens,
               output_tokens, cached_tokens, cost, latency_ms_total, latency_known,
               latency_ms_max, events
        FROM analytics.usage_hourly WHERE hour >= %(first)s AND hour < %(until)s
        ORDER BY hour DESC, model_id, project_id, currency LIMIT %(limit)s
        """,
        {"first": first, "until": until, "limit": limit},
    )


def days(tx: Tx[Analytics], *, first: date, last: date, limit: int) -> list[UsageRow]:
    """The daily rows of an organization, both days included, latest first."""
    return tx.rows(
        UsageRow,
        """
        SELECT day::timestamp AT TIME ZONE 'UTC' AS bucket, model_id, project_id, currency,
               requests, errors, input_tokens, output_tokens, cached_tokens, cost,
               latency_ms_total, latency_known, latency_ms_max, events
        FROM analytics.usage_daily WHERE day BETWEEN %(first)s AND %(last)s
        ORDER BY day DESC, model_id, project_id, currency LIMIT %(limit)s
        """,
        {"first": first, "last": last, "limit": limit},
    )
