"""Calls of the queue's SQL functions: adding, claiming, ending, leading.

Times are the transaction's (``wavehouse.now``) or the server's, never this process's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.queue.types import Held, Lease, Rescued
from wavehouse.store import Operational, Tx


def enqueue(tx: Tx[Operational], *, jobs: Sequence[Mapping[str, Any]]) -> list[UUID]:
    """Add jobs; returns the ids of those added."""
    job_ids: list[UUID] = tx.values(
        "SELECT queue.enqueue_many(%(jobs)s)", {"jobs": Jsonb(list(jobs))}
    )
    return job_ids


def notify(tx: Tx[Operational]) -> None:
    """Wake the listening workers."""
    tx.execute("SELECT pg_notify('wavehouse_queue', '')")


def enter(
    tx: Tx[Operational],
    *,
    worker_id: UUID,
    name: str,
    host: str,
    pid: int,
    kinds: Sequence[str],
    release: str,
) -> None:
    """Register a worker and the kinds it can handle."""
    tx.execute(
        """
        SELECT queue.enter(%(worker_id)s, %(name)s, %(host)s, %(pid)s, %(kinds)s::text[],
                           '{0,1,2}', %(release)s)
        """,
        {
            "worker_id": worker_id,
            "name": name,
            "host": host,
            "pid": pid,
            "kinds": list(kinds),
            "release": release,
        },
    )


def heartbeat(tx: Tx[Operational], *, worker_id: UUID, draining: bool, lost: int) -> bool:
    """Write a worker's heartbeat; False when its row is gone."""
    alive: bool = tx.value(
        "SELECT queue.heartbeat(%(worker_id)s, %(draining)s, %(lost)s)",
        {"worker_id": worker_id, "draining": draining, "lost": lost},
    )
    return alive


def held(tx: Tx[Operational], *, worker_id: UUID) -> list[Held]:
    """The leases of a worker."""
    return tx.rows(
        Held,
        "SELECT job_id, lease_token, cancelled, overdue FROM queue.held(%(worker_id)s)",
        {"worker_id": worker_id},
    )


def leave(tx: Tx[Operational], *, worker_id: UUID) -> None:
    """Remove a worker and end its leadership."""
    tx.execute(
        "SELECT queue.resign(%(worker_id)s), queue.leave(%(worker_id)s)", {"worker_id": worker_id}
    )


def oldest_turn(tx: Tx[Operational]) -> datetime | None:
    """The low-water mark of the organizations' turns (Q12)."""
    mark: datetime | None = tx.value("SELECT queue.oldest_turn()")
    return mark


def claim_without_sync(tx: Tx[Operational]) -> None:
    """Let this transaction commit without waiting for the disk (Q16)."""
    tx.execute("SET LOCAL synchronous_commit = off")


def claim(
    tx: Tx[Operational],
    *,
    worker_id: UUID,
    limit: int,
    lanes: Sequence[int],
    kinds: Sequence[str],
    since: datetime | None,
) -> list[Lease]:
    """Claim due jobs."""
    return tx.rows(
        Lease,
        """
        SELECT job_id, lease_token, organization_id, user_id, project_id, kind, payload, lane,
               attempts, max_attempts, run_at, deadline_at, progress
        FROM queue.claim(%(worker_id)s, %(limit)s, %(lanes)s::smallint[], %(kinds)s::text[],
                         %(since)s::timestamptz)
        """,
        {
            "worker_id": worker_id,
            "limit": limit,
            "lanes": list(lanes),
            "kinds": list(kinds),
            "since": since,
        },
    )


def complete(tx: Tx[Operational], *, ids: Sequence[UUID], tokens: Sequence[UUID]) -> list[UUID]:
    """Mark jobs as succeeded; returns the ids whose lease was still valid."""
    job_ids: list[UUID] = tx.values(
        "SELECT queue.complete(%(ids)s::uuid[], %(tokens)s::uuid[])",
        {"ids": list(ids), "tokens": list(tokens)},
    )
    return job_ids


def fail(
    tx: Tx[Operational],
    *,
    job_id: UUID,
    token: UUID,
    error: Mapping[str, Any],
    error_class: str,
    retry_after: timedelta | None,
) -> str | None:
    """End an attempt with an error; the new status, or None when the lease is lost."""
    status: str | None = tx.value(
        """
        SELECT queue.fail(%(job_id)s, %(token)s, %(error)s, %(error_class)s,
                          %(retry_after)s::interval)
        """,
        {
            "job_id": job_id,
            "token": token,
            "error": Jsonb(dict(error)),
            "error_class": error_class,
            "retry_after": retry_after,
        },
    )
    return status


def snooze(tx: Tx[Operational], *, job_id: UUID, token: UUID, wait: timedelta) -> bool:
    """Postpone a job without counting an attempt."""
    held: bool = tx.value(
        "SELECT queue.snooze(%(job_id)s, %(token)s, queue.at(NULL) + %(wait)s::interval)",
        {"job_id": job_id, "token": token, "wait": wait},
    )
    return held


def checkpoint(
    tx: Tx[Operational], *, job_id: UUID, token: UUID, progress: Mapping[str, Any]
) -> bool:
    """Store a checkpoint for the next attempt."""
    held: bool = tx.value(
        "SELECT queue.checkpoint(%(job_id)s, %(token)s, %(progress)s)",
        {"job_id": job_id, "token": token, "progress": Jsonb(dict(progress))},
    )
    return held


def lead(tx: Tx[Operational], *, worker_id: UUID) -> int | None:
    """Become leader or renew; returns the term."""
    term: int | None = tx.value("SELECT queue.lead(%(worker_id)s)", {"worker_id": worker_id})
    return term


def rescue(tx: Tx[Operational], *, term: int) -> list[Rescued]:
    """Take back the jobs of dead workers."""
    return tx.rows(Rescued, "SELECT job_id, outcome FROM queue.rescue(%(term)s)", {"term": term})


def sweep_workers(tx: Tx[Operational], *, term: int) -> int:
    """Remove the rows of workers that died an hour ago."""
    number: int = tx.value("SELECT queue.sweep_workers(%(term)s)", {"term": term})
    return number


def ensure_months(tx: Tx[Operational]) -> int:
    """Create the partitions of finished jobs."""
    number: int = tx.value("SELECT queue.ensure_months()")
    return number


def drop_done(tx: Tx[Operational], *, days: int) -> int:
    """Drop the months of jobs that finished more than the given days ago."""
    number: int = tx.value(
        "SELECT queue.drop_done(queue.at(NULL) - make_interval(days => %(days)s))", {"days": days}
    )
    return number


def tick(
    tx: Tx[Operational],
    *,
    term: int,
    schedule_id: UUID,
    due: datetime | None,
    following: datetime | None,
    keep: bool,
) -> UUID | None:
    """Create the job of a due schedule; None when another process did, or one is live."""
    made: UUID | None = tx.value(
        """
        SELECT queue.tick(%(term)s, %(schedule_id)s, %(due)s::timestamptz,
                          %(following)s::timestamptz, %(keep)s,
                          interval '1 hour')
        """,
        {
            "term": term,
            "schedule_id": schedule_id,
            "due": due,
            "following": following,
            "keep": keep,
        },
    )
    return made


def cancel(tx: Tx[Operational], *, job_id: UUID) -> str | None:
    """Cancel a live job: ``cancelled``, ``requested``, or None."""
    outcome: str | None = tx.value("SELECT queue.cancel(%(job_id)s)", {"job_id": job_id})
    return outcome


def requeue(tx: Tx[Operational], *, job_id: UUID, reset: bool) -> bool:
    """Requeue a job that did not succeed."""
    done: bool = tx.value(
        "SELECT queue.requeue(%(job_id)s, %(reset)s)", {"job_id": job_id, "reset": reset}
    )
    return done


def discard(tx: Tx[Operational], *, job_id: UUID) -> bool:
    """Remove a job from the dead letter queue."""
    done: bool = tx.value("SELECT queue.discard(%(job_id)s)", {"job_id": job_id})
    return done


def pause(
    tx: Tx[Operational],
    *,
    organization_id: UUID | None,
    project_id: UUID | None,
    actor: str,
    reason: str,
) -> bool:
    """Pause jobs and slots; False when they were already paused."""
    new: list[bool] = tx.values(
        """
        SELECT queue.pause(%(organization_id)s::uuid, %(project_id)s::uuid, %(actor)s, %(reason)s)
        UNION ALL
        SELECT studio.pause_slots(%(organization_id)s::uuid, %(project_id)s::uuid, %(actor)s,
                                  %(reason)s)
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "actor": actor,
            "reason": reason,
        },
    )
    return any(new)


def resume(tx: Tx[Operational], *, organization_id: UUID | None, project_id: UUID | None) -> bool:
    """Resume jobs and slots; False when they were not paused."""
    was: list[bool] = tx.values(
        """
        SELECT queue.resume(%(organization_id)s::uuid, %(project_id)s::uuid)
        UNION ALL SELECT studio.resume_slots(%(organization_id)s::uuid, %(project_id)s::uuid)
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )
    return any(was)
