"""Use cases: add, list, show, retry, cancel, discard, pause, resume."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.kernel import words
from wavehouse.kernel.errors import Conflict, NotFound
from wavehouse.queue.queries import leases, reading
from wavehouse.queue.service.waking import wake
from wavehouse.queue.types import JobDetail, JobStatus, JobSummary, NewJob, Stats
from wavehouse.store import Operational, Tx


def enqueue(tx: Tx[Operational], *jobs: NewJob, identity: Identity | None = None) -> list[UUID]:
    """Add jobs as the last step of the caller's transaction; its commit wakes the workers.

    With an identity the jobs are the organization's and run as its user; without one they are the
    system's. Returns the ids of those added (``unique_key``).
    """
    added = leases.enqueue(tx, jobs=[_fields(job, identity) for job in jobs])
    if added:
        tx.after_commit(wake)
    return added


def _fields(job: NewJob, identity: Identity | None) -> dict[str, Any]:
    organization_id = identity.organization_id if identity else job.organization_id
    user_id = identity.user_id if identity else job.user_id
    return {
        "kind": job.kind,
        "organization_id": str(organization_id) if organization_id else None,
        "user_id": str(user_id) if user_id else None,
        "project_id": str(job.project_id) if job.project_id else None,
        "payload": dict(job.payload),
        "unique_key": job.unique_key,
        "lane": int(job.lane),
        "run_at": job.run_at.isoformat() if job.run_at else None,
        "max_attempts": job.max_attempts,
        "time_limit": f"{job.time_limit.total_seconds()} seconds",
        "keep_done": job.keep_done,
    }


def list_jobs(
    tx: Tx[Operational],
    *,
    identity: Identity,
    system: bool = False,
    statuses: Sequence[JobStatus] = (),
    kind: str | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[JobSummary]:
    """The organization's jobs, live and ended, latest first; ``system`` adds the system's."""
    return reading.jobs(
        tx,
        organization_id=identity.organization_id,
        system=system,
        statuses=[status.value for status in statuses],
        kind=kind,
        before=before,
        limit=limit,
    )


def show_job(
    tx: Tx[Operational], *, identity: Identity, job_id: UUID, system: bool = False
) -> JobDetail:
    """A job with its errors. NotFound when it does not exist."""
    job = reading.job(tx, organization_id=identity.organization_id, system=system, job_id=job_id)
    if job is None:
        raise NotFound("no such job", where=str(job_id), command="wavehouse jobs list")
    return job


def cancel_job(
    tx: Tx[Operational], *, identity: Identity, job_id: UUID, system: bool = False
) -> str:
    """Cancel a live job (Q22): ``cancelled`` at once, or ``requested`` while it runs."""
    show_job(tx, identity=identity, job_id=job_id, system=system)
    leases.ensure_months(tx)
    outcome = leases.cancel(tx, job_id=job_id)
    if outcome is None:
        raise Conflict("the job has ended", where=str(job_id))
    _record(tx, identity, "job.cancelled", job_id, {"outcome": outcome})
    return outcome


def retry_job(
    tx: Tx[Operational],
    *,
    identity: Identity,
    job_id: UUID,
    keep_attempts: bool = False,
    system: bool = False,
) -> None:
    """Requeue a job that did not succeed (Q21). Conflict for any other."""
    job = show_job(tx, identity=identity, job_id=job_id, system=system)
    if job.status not in {JobStatus.DEAD, JobStatus.FAILED, JobStatus.CANCELLED}:
        raise Conflict(f"the job is {job.status}", where=str(job_id))
    with tx.savepoint():
        if not leases.requeue(tx, job_id=job_id, reset=not keep_attempts):
            raise Conflict("the job was retried in the meantime", where=str(job_id))
    _record(tx, identity, "job.retried", job_id, {"kept_attempts": keep_attempts})
    tx.after_commit(wake)


def discard_job(
    tx: Tx[Operational], *, identity: Identity, job_id: UUID, system: bool = False
) -> None:
    """Remove a job from the dead letter queue (Q21). Conflict when it is not there."""
    job = show_job(tx, identity=identity, job_id=job_id, system=system)
    if not leases.discard(tx, job_id=job_id):
        raise Conflict(f"the job is {job.status}, not dead", where=str(job_id))
    _record(tx, identity, "job.discarded", job_id, {})


def pause_jobs(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: UUID | None = None,
    everything: bool = False,
    reason: str = "",
) -> bool:
    """Pause the organization, a project, or everything (Q23); False when already paused."""
    organization_id = None if everything else identity.organization_id
    new = leases.pause(
        tx,
        organization_id=organization_id,
        project_id=None if everything else project_id,
        actor=user_actor(identity),
        reason=words.line(reason),
    )
    if new:
        _record(tx, identity, "queue.paused", project_id or organization_id or "everything", {})
    return new


def resume_jobs(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: UUID | None = None,
    everything: bool = False,
) -> bool:
    """Resume (Q23); False when not paused."""
    organization_id = None if everything else identity.organization_id
    was = leases.resume(
        tx, organization_id=organization_id, project_id=None if everything else project_id
    )
    if was:
        _record(tx, identity, "queue.resumed", project_id or organization_id or "everything", {})
        tx.after_commit(wake)
    return was


def stats(tx: Tx[Operational], *, identity: Identity, system: bool = False) -> Stats:
    """Lane depths, jobs finished within a day, and with ``system`` workers and schedules."""
    organization_id = identity.organization_id
    return Stats(
        depths=reading.depths(tx, organization_id=organization_id, system=system),
        ended=reading.ended(tx, organization_id=organization_id, system=system),
        workers=reading.workers(tx) if system else [],
        schedules=reading.schedules(tx) if system else [],
        paused=reading.is_paused(tx, organization_id=organization_id),
    )


def _record(
    tx: Tx[Operational],
    identity: Identity,
    action: str,
    resource: UUID | str,
    metadata: dict[str, Any],
) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("job" if action.startswith("job.") else "queue", resource),
        organization_id=identity.organization_id,
        metadata=metadata,
    )
