"""Queries for operators."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from wavehouse.queue.types import (
    Depth,
    Ended,
    Health,
    JobDetail,
    JobSummary,
    Neighbour,
    Schedule,
    WorkerRow,
)
from wavehouse.store import Operational, Tx


def jobs(
    tx: Tx[Operational],
    *,
    organization_id: UUID,
    system: bool,
    statuses: list[str],
    kind: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[JobSummary]:
    """Jobs of an organization, and with ``system`` also the system's; latest first."""
    at, last = before or (None, None)
    return tx.rows(
        JobSummary,
        """
        SELECT job_id, organization_id, kind, lane, status, run_at, claimed_at, finished_at,
               attempts, max_attempts, error,
               CASE WHEN status = 'pending'
                 THEN greatest(0, extract(epoch FROM queue.at(NULL) - run_at))::bigint
                 ELSE 0 END AS late_seconds
        FROM (
          SELECT job_id, organization_id, kind, lane, status, run_at, claimed_at,
                 NULL::timestamptz AS finished_at, attempts, max_attempts,
                 errors -> -1 ->> 'message' AS error, run_at AS at
          FROM queue.jobs
          WHERE organization_id = %(organization_id)s OR (organization_id IS NULL AND %(system)s)
          UNION ALL
          SELECT job_id, organization_id, kind, lane, status, run_at, claimed_at, finished_at,
                 attempts, max_attempts, errors -> -1 ->> 'message', finished_at
          FROM queue.jobs_done WHERE organization_id = %(organization_id)s
          UNION ALL
          SELECT job_id, organization_id, kind, lane, status, run_at, claimed_at, finished_at,
                 attempts, max_attempts, errors -> -1 ->> 'message', finished_at
          FROM queue.jobs_done WHERE organization_id IS NULL AND %(system)s
        ) AS j
        WHERE (cardinality(%(statuses)s::text[]) = 0 OR status = ANY (%(statuses)s))
          AND (%(kind)s::text IS NULL OR kind = %(kind)s)
          AND (%(at)s::timestamptz IS NULL OR (at, job_id) < (%(at)s, %(last)s::uuid))
        ORDER BY at DESC, job_id DESC LIMIT %(limit)s
        """,
        {
            "organization_id": organization_id,
            "system": system,
            "statuses": statuses,
            "kind": kind,
            "at": at,
            "last": last,
            "limit": limit,
        },
    )


def job(
    tx: Tx[Operational], *, organization_id: UUID, system: bool, job_id: UUID
) -> JobDetail | None:
    """A job, live or finished."""
    return tx.maybe(
        JobDetail,
        """
        SELECT job_id, organization_id, kind, lane, status, unique_key, run_at, claimed_at,
               NULL::timestamptz AS finished_at, attempts, max_attempts, payload, progress, errors,
               worker_id, cancel_requested_at
        FROM queue.jobs
        WHERE job_id = %(job_id)s
          AND (organization_id = %(organization_id)s OR (organization_id IS NULL AND %(system)s))
        UNION ALL
        SELECT job_id, organization_id, kind, lane, status, unique_key, run_at, claimed_at,
               finished_at, attempts, max_attempts, payload, progress, errors, worker_id, NULL
        FROM queue.jobs_done
        WHERE job_id = %(job_id)s
          AND (organization_id = %(organization_id)s OR (organization_id IS NULL AND %(system)s))
        LIMIT 1
        """,
        {"job_id": job_id, "organization_id": organization_id, "system": system},
    )


def depths(tx: Tx[Operational], *, organization_id: UUID, system: bool) -> list[Depth]:
    """The number of waiting and running jobs, by lane."""
    return tx.rows(
        Depth,
        """
        SELECT l.lane,
               count(*) FILTER (WHERE j.status = 'pending' AND j.run_at <= queue.at(NULL)) AS due,
               count(*) FILTER (WHERE j.status = 'pending' AND j.run_at > queue.at(NULL)) AS future,
               count(*) FILTER (WHERE j.status = 'running') AS running,
               count(*) FILTER (WHERE j.status IN ('blocked_budget', 'paused')) AS blocked,
               coalesce(greatest(0, extract(epoch FROM queue.at(NULL)
                 - min(j.run_at) FILTER (WHERE j.status = 'pending'))), 0)::bigint
                 AS oldest_due_seconds
        FROM unnest(ARRAY[0, 1, 2]) AS l (lane)
        LEFT JOIN queue.jobs j ON j.lane = l.lane
          AND (j.organization_id = %(organization_id)s
               OR (j.organization_id IS NULL AND %(system)s))
        GROUP BY l.lane ORDER BY l.lane
        """,
        {"organization_id": organization_id, "system": system},
    )


def ended(tx: Tx[Operational], *, organization_id: UUID, system: bool) -> list[Ended]:
    """Jobs finished within a day, by status, and everything in the dead letter queue."""
    return tx.rows(
        Ended,
        """
        SELECT status, count(*) AS number FROM queue.jobs_done
        WHERE (organization_id = %(organization_id)s OR (organization_id IS NULL AND %(system)s))
          AND (status = 'dead' OR finished_at > queue.at(NULL) - interval '1 day')
        GROUP BY status ORDER BY status
        """,
        {"organization_id": organization_id, "system": system},
    )


def workers(tx: Tx[Operational]) -> list[WorkerRow]:
    """The workers with a heartbeat, leader first."""
    return tx.rows(
        WorkerRow,
        """
        SELECT w.worker_id, w.name, w.host, w.pid, w.started_at, w.heartbeat_at, w.draining,
               w.lost_leases,
               coalesce(l.holder = w.worker_id AND l.expires_at > queue.at(NULL), false) AS leads
        FROM queue.workers w LEFT JOIN queue.leader l ON true
        WHERE w.heartbeat_at > queue.at(NULL) - interval '45 seconds'
        ORDER BY leads DESC, w.started_at
        """,
    )


def neighbours(tx: Tx[Operational], *, host: str) -> list[Neighbour]:
    """The workers of a host, with and without a heartbeat."""
    return tx.rows(
        Neighbour,
        "SELECT worker_id, pid FROM queue.workers WHERE host = %(host)s",
        {"host": host},
    )


def schedules(tx: Tx[Operational]) -> list[Schedule]:
    """The recurring jobs."""
    return tx.rows(
        Schedule,
        """
        SELECT schedule_id, name, kind, cron, every, is_active, last_run_at, next_run_at
        FROM queue.schedules ORDER BY name
        """,
    )


def due_schedules(tx: Tx[Operational]) -> list[Schedule]:
    """Due schedules that a live worker can handle."""
    return tx.rows(
        Schedule,
        """
        SELECT s.schedule_id, s.name, s.kind, s.cron, s.every, s.is_active, s.last_run_at,
               s.next_run_at
        FROM queue.schedules s
        WHERE s.is_active AND (s.next_run_at IS NULL OR s.next_run_at <= queue.at(NULL))
          AND EXISTS (SELECT FROM queue.workers w WHERE s.kind = ANY (w.kinds)
                        AND w.heartbeat_at > queue.at(NULL) - interval '45 seconds')
        ORDER BY s.next_run_at NULLS FIRST
        """,
    )


def next_schedule(tx: Tx[Operational]) -> timedelta | None:
    """The time until the next schedule is due."""
    wait: timedelta | None = tx.value(
        "SELECT min(next_run_at) - queue.at(NULL) FROM queue.schedules WHERE is_active"
    )
    return wait


def put_schedule(
    tx: Tx[Operational],
    *,
    name: str,
    kind: str,
    every: timedelta | None,
    cron: str | None,
    first: timedelta,
) -> None:
    """Add or change a schedule; it is due ``first`` from now at the latest."""
    tx.execute(
        """
        INSERT INTO queue.schedules AS s (name, kind, every, cron, next_run_at)
        VALUES (%(name)s, %(kind)s, %(every)s, %(cron)s, queue.at(NULL) + %(first)s)
        ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, every = excluded.every,
          cron = excluded.cron, next_run_at = least(s.next_run_at, excluded.next_run_at)
        """,
        {"name": name, "kind": kind, "every": every, "cron": cron, "first": first},
    )


def is_paused(tx: Tx[Operational], *, organization_id: UUID) -> bool:
    """Whether the whole queue or this organization is paused."""
    paused: bool = tx.value(
        """
        SELECT EXISTS (SELECT FROM queue.pauses
          WHERE project_id IS NULL
            AND (organization_id IS NULL OR organization_id = %(organization_id)s))
        """,
        {"organization_id": organization_id},
    )
    return paused


def health(tx: Tx[Operational]) -> Health:
    """Dead rows of the live table, HOT updates of heartbeats, the oldest transaction."""
    return tx.one(
        Health,
        """
        SELECT j.n_live_tup AS live_rows, j.n_dead_tup AS dead_rows,
               (100 * w.n_tup_hot_upd / nullif(w.n_tup_upd, 0))::bigint AS hot_percent,
               coalesce((SELECT extract(epoch FROM max(queue.at(NULL) - a.xact_start))
                 FROM pg_stat_activity a WHERE a.backend_xmin IS NOT NULL
                   AND a.datname = current_database()), 0)::bigint AS oldest_transaction_seconds
        FROM pg_stat_user_tables j, pg_stat_user_tables w
        WHERE j.schemaname = 'queue' AND j.relname = 'jobs'
          AND w.schemaname = 'queue' AND w.relname = 'workers'
        """,
    )


def orphans(tx: Tx[Operational]) -> list[str]:
    """Kinds of due jobs that no live worker handles."""
    kinds: list[str] = tx.values(
        """
        SELECT DISTINCT j.kind FROM queue.jobs j
        WHERE j.status = 'pending' AND j.run_at <= queue.at(NULL) - interval '1 minute'
          AND NOT EXISTS (SELECT FROM queue.workers w WHERE j.kind = ANY (w.kinds)
            AND w.heartbeat_at > queue.at(NULL) - interval '45 seconds')
        ORDER BY j.kind
        """
    )
    return kinds
