"""The jobs page: running, late and failed jobs; retry, cancel, discard, pause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import queue
from wavehouse.accounts import Identity
from wavehouse.charts import format as fmt
from wavehouse.kernel.errors import UsageError
from wavehouse.queue import JobStatus, JobSummary, Schedule, Stats
from wavehouse.store import Operational, Tx
from wavehouse.web.access import Form
from wavehouse.web.page_context import PageContext, back
from wavehouse.workspace import Workspace

ROWS = 50
LATE_SECONDS = 60
_TONES = {
    "running": "info",
    "done": "good",
    "dead": "bad",
    "failed": "warn",
    "cancelled": "plain",
    "blocked_budget": "warn",
    "paused": "warn",
}
_LANES = ("Interactive", "Scheduled", "Backfill")


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as the page shows it."""

    job_id: str
    kind: str
    status: str
    tone: str
    when: str
    attempts: str
    error: str
    can_retry: bool
    can_cancel: bool
    can_discard: bool


@dataclass(frozen=True, slots=True)
class LaneLine:
    """A lane as the page shows it."""

    name: str
    due: str
    future: str
    running: str
    oldest: str
    late: bool


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """A schedule as the page shows it."""

    name: str
    rhythm: str
    last: str


def router(context: PageContext) -> APIRouter:
    """Routes of ``/jobs`` and its forms."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    @routes.get("/jobs")
    def show(request: Request) -> Response:
        identity = context.visitor(request)
        with queue.visible(
            workspace.stores.operational,
            identity=identity,
            home=workspace.home,
        ) as (tx, system):
            stats = queue.stats(tx, identity=identity, system=system)
            failed = _listed(tx, identity, system, JobStatus.DEAD)
            live = _listed(
                tx, identity, system, JobStatus.RUNNING, JobStatus.PENDING, JobStatus.PAUSED,
                JobStatus.BLOCKED,
            )  # fmt: skip
            ended = _listed(
                tx, identity, system, JobStatus.DONE, JobStatus.CANCELLED, JobStatus.FAILED
            )
        return context.page(
            request,
            "jobs",
            identity,
            lanes=_lanes(stats),
            failed=[_line(job) for job in failed],
            live=[_line(job) for job in live],
            ended=[_line(job) for job in ended[:20]],
            schedules=[_schedule(schedule) for schedule in stats.schedules],
            workers=stats.workers,
            system=system,
            paused=stats.paused,
        )

    @routes.post("/jobs/retry")
    def retry(request: Request, fields: Form) -> Response:
        with _acting(context, request, fields) as (tx, identity, system):
            queue.retry_job(tx, identity=identity, job_id=_id(fields), system=system)
        return back("/jobs", "retried")

    @routes.post("/jobs/cancel")
    def cancel(request: Request, fields: Form) -> Response:
        with _acting(context, request, fields) as (tx, identity, system):
            queue.cancel_job(tx, identity=identity, job_id=_id(fields), system=system)
        return back("/jobs", "job_cancelled")

    @routes.post("/jobs/discard")
    def discard(request: Request, fields: Form) -> Response:
        with _acting(context, request, fields) as (tx, identity, system):
            queue.discard_job(tx, identity=identity, job_id=_id(fields), system=system)
        return back("/jobs", "job_discarded")

    @routes.post("/jobs/pause")
    def pause(request: Request, fields: Form) -> Response:
        with _acting(context, request, fields) as (tx, identity, _):
            queue.pause_jobs(tx, identity=identity)
        return back("/jobs", "paused")

    @routes.post("/jobs/resume")
    def resume(request: Request, fields: Form) -> Response:
        with _acting(context, request, fields) as (tx, identity, _):
            queue.resume_jobs(tx, identity=identity)
        return back("/jobs", "resumed")

    return routes


@contextmanager
def _acting(
    context: PageContext, request: Request, fields: dict[str, str]
) -> Iterator[tuple[Tx[Operational], Identity, bool]]:
    identity = context.editor(request, fields)
    workspace: Workspace = context.workspace
    with queue.visible(workspace.stores.operational, identity=identity, home=workspace.home) as (
        tx,
        system,
    ):
        yield tx, identity, system


def _listed(
    tx: Tx[Operational], identity: Identity, system: bool, *statuses: JobStatus
) -> list[JobSummary]:
    return queue.list_jobs(tx, identity=identity, system=system, statuses=statuses, limit=ROWS)


def _id(fields: dict[str, str]) -> UUID:
    try:
        return UUID(fields.get("job_id", ""))
    except ValueError:
        raise UsageError("invalid job id", hint="Reload the page.") from None


def _lanes(stats: Stats) -> list[LaneLine]:
    return [
        LaneLine(
            _LANES[depth.lane],
            fmt.count(depth.due),
            fmt.count(depth.future),
            fmt.count(depth.running),
            fmt.duration(depth.oldest_due_seconds) if depth.due else "–",
            depth.oldest_due_seconds > LATE_SECONDS,
        )
        for depth in stats.depths
    ]


def _line(job: JobSummary) -> JobLine:
    late = job.status == "pending" and job.late_seconds > LATE_SECONDS
    status = "late" if late else job.status.replace("_", " ")
    return JobLine(
        str(job.job_id),
        job.kind,
        status,
        "bad" if late else _TONES.get(job.status, "plain"),
        fmt.instant(job.finished_at or job.claimed_at or job.run_at),
        f"{job.attempts} of {job.max_attempts}",
        job.error or "",
        job.status in {"dead", "failed", "cancelled"},
        job.finished_at is None,
        job.status == "dead",
    )


def _schedule(schedule: Schedule) -> ScheduleLine:
    seconds = round(schedule.every.total_seconds()) if schedule.every else None
    rhythm = schedule.cron or f"every {fmt.duration(seconds)}"
    last = fmt.instant(schedule.last_run_at) if schedule.last_run_at else "not yet"
    return ScheduleLine(schedule.name, rhythm, last)
