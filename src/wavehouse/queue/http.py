"""``/api/v1/jobs``: background jobs of the key's organization.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close over
the gate.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.fields import Exact, Line
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE, Page, cut, decoded
from wavehouse.queue.service import managing
from wavehouse.queue.service.scoping import visible
from wavehouse.queue.types import Depth, Ended, JobDetail, JobStatus, JobSummary
from wavehouse.store import Operational, Tx
from wavehouse.workspace import Edge, Gate, Workspace

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str | None, Query(max_length=2000)]
Statuses = Annotated[list[JobStatus], Query(default_factory=list, max_length=8)]
Kind = Annotated[Exact | None, Query(max_length=100)]


class Retry(BaseModel):
    """How to rerun a job: with its attempts reset to zero, or kept with one more allowed."""

    model_config = ConfigDict(extra="forbid")

    keep_attempts: bool = False


class PauseRequest(BaseModel):
    """The scope to pause or resume: a project, or the whole organization."""

    model_config = ConfigDict(extra="forbid")

    project_id: UUID | None = None
    reason: Line = Field(default="", max_length=500)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a request."""

    outcome: str


@dataclass(frozen=True)
class QueueStats:
    """Depths of the lanes, jobs finished within a day, and whether the organization is paused."""

    depths: list[Depth]
    ended: list[Ended]
    paused: bool


def routers(edge: Edge) -> list[APIRouter]:
    """The HTTP routes of ``queue``."""
    api = APIRouter(prefix="/api/v1", tags=["jobs"])
    api.include_router(_reading(edge.workspace, edge.gate))
    api.include_router(_writing(edge.workspace, edge.gate))
    return [api]


def _reading(workspace: Workspace, gate: Gate) -> APIRouter:
    api = APIRouter()
    scope = Scope.JOBS_READ
    Caller = Annotated[Identity, Depends(gate(scope))]  # noqa: N806 - it is a type

    @api.get("/jobs", responses=gate.answers(scope, 422))
    def jobs(
        identity: Caller,
        status: Statuses,
        kind: Kind = None,
        limit: Limit = PAGE,
        cursor: Cursor = None,
    ) -> Page[JobSummary]:
        """Jobs, live and finished, latest first."""
        with _visible(workspace, identity) as (tx, system):
            rows = managing.list_jobs(
                tx,
                identity=identity,
                system=system,
                statuses=status,
                kind=kind,
                before=_place(cursor),
                limit=limit + 1,
            )
        return cut(
            rows,
            key=lambda job: ((job.finished_at or job.run_at).isoformat(), str(job.job_id)),
            limit=limit,
        )

    @api.get("/jobs/stats", responses=gate.answers(scope))
    def stats(identity: Caller) -> QueueStats:
        """The number of waiting and running jobs, and the outcomes of the last day's jobs."""
        with _visible(workspace, identity) as (tx, system):
            statistics = managing.stats(tx, identity=identity, system=system)
        return QueueStats(statistics.depths, statistics.ended, statistics.paused)

    @api.get("/jobs/{job_id}", responses=gate.answers(scope, 404, 422))
    def job(identity: Caller, job_id: UUID) -> JobDetail:
        """A job with its payload, progress and errors."""
        with _visible(workspace, identity) as (tx, system):
            return managing.show_job(tx, identity=identity, job_id=job_id, system=system)

    return api


def _writing(workspace: Workspace, gate: Gate) -> APIRouter:
    api = APIRouter()
    scope = Scope.JOBS_WRITE
    Caller = Annotated[Identity, Depends(gate(scope))]  # noqa: N806 - it is a type
    problems = gate.answers(scope, 404, 409, 413, 422)

    @api.post("/jobs/{job_id}/retry", responses=problems)
    def retry(identity: Caller, job_id: UUID, how: Retry) -> Outcome:
        """Run an unsuccessful job again."""
        with _visible(workspace, identity) as (tx, system):
            managing.retry_job(
                tx,
                identity=identity,
                job_id=job_id,
                keep_attempts=how.keep_attempts,
                system=system,
            )
        return Outcome("pending")

    @api.post("/jobs/{job_id}/cancel", responses=problems)
    def cancel(identity: Caller, job_id: UUID) -> Outcome:
        """Cancel a job: at once when it is waiting; a running one is asked to stop."""
        with _visible(workspace, identity) as (tx, system):
            return Outcome(managing.cancel_job(tx, identity=identity, job_id=job_id, system=system))

    @api.post("/jobs/{job_id}/discard", responses=problems)
    def discard(identity: Caller, job_id: UUID) -> Outcome:
        """Remove a job from the dead letter queue; it stays in the history as failed."""
        with _visible(workspace, identity) as (tx, system):
            managing.discard_job(tx, identity=identity, job_id=job_id, system=system)
        return Outcome("failed")

    @api.post("/jobs/pause", responses=gate.answers(scope, 413, 422))
    def pause(identity: Caller, what: PauseRequest) -> Outcome:
        """Start no more jobs of the organization or of a project; running ones may finish."""
        with _visible(workspace, identity) as (tx, _):
            managing.pause_jobs(
                tx, identity=identity, project_id=what.project_id, reason=what.reason
            )
        return Outcome("paused")

    @api.post("/jobs/resume", responses=gate.answers(scope, 413, 422))
    def resume(identity: Caller, what: PauseRequest) -> Outcome:
        """Resume paused jobs."""
        with _visible(workspace, identity) as (tx, _):
            managing.resume_jobs(tx, identity=identity, project_id=what.project_id)
        return Outcome("resumed")

    return api


def _visible(
    workspace: Workspace, identity: Identity
) -> AbstractContextManager[tuple[Tx[Operational], bool]]:
    home = workspace.home
    return visible(workspace.stores.operational, identity=identity, home=home)


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, job_id = decoded(cursor, 2)
    try:
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None:
            raise ValueError("the time has no time zone")
        return instant, UUID(job_id)
    except ValueError:
        raise UsageError("invalid cursor", hint="Begin without a cursor.") from None
