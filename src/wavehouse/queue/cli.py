"""``wavehouse jobs``: background jobs and their failures."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

if TYPE_CHECKING:
    from wavehouse.queue.types import Depth, JobSummary
    from wavehouse.workspace import OpenWorkspace

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_STATUSES = [
    "pending", "running", "blocked_budget", "paused", "done", "cancelled", "dead", "failed",
]  # fmt: skip


@click.group()
def jobs() -> None:
    """Background jobs: list, show, retry, cancel, pause. `wavehouse work` runs them."""


@jobs.command("list")
@click.option(
    "--status",
    "statuses",
    type=click.Choice(_STATUSES),
    multiple=True,
    help="Only jobs in this state; repeatable.",
)
@click.option("--kind", help="Only jobs of this kind, such as measurement.counting.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@AS_JSON
@click.pass_obj
def list_jobs(
    open_workspace: OpenWorkspace,
    statuses: tuple[str, ...],
    kind: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List jobs, live and finished, latest first."""
    from wavehouse.kernel import terminal
    from wavehouse.queue.service import managing
    from wavehouse.queue.service.scoping import visible
    from wavehouse.queue.types import JobStatus

    with (
        open_workspace() as workspace,
        visible(
            workspace.stores.operational,
            identity=workspace.identity,
            home=workspace.home,
        ) as (tx, system),
    ):
        jobs = managing.list_jobs(
            tx,
            identity=workspace.identity,
            system=system,
            statuses=[JobStatus(status) for status in statuses],
            kind=kind,
            limit=limit,
        )
    if as_json:
        terminal.print_json({"jobs": [_json(job) for job in jobs]})
    elif jobs:
        terminal.print_table(
            ["job", "kind", "status", "run at", "attempts", "error"],
            [
                [
                    job.job_id,
                    job.kind,
                    job.status,
                    job.run_at,
                    f"{job.attempts}/{job.max_attempts}",
                    job.error,
                ]
                for job in jobs
            ],
        )
    else:
        terminal.say("There are no such jobs.")


def _json(job: JobSummary) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(job)


@jobs.command()
@click.argument("job_id", type=click.UUID)
@AS_JSON
@click.pass_obj
def show(open_workspace: OpenWorkspace, job_id: UUID, as_json: bool) -> None:
    """Show a job with its payload, progress and errors."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.queue.service import managing
    from wavehouse.queue.service.scoping import visible

    with (
        open_workspace() as workspace,
        visible(
            workspace.stores.operational,
            identity=workspace.identity,
            home=workspace.home,
        ) as (tx, system),
    ):
        job = managing.show_job(tx, identity=workspace.identity, job_id=job_id, system=system)
    if as_json:
        terminal.print_json(asdict(job))
        return
    shown = {name: value for name, value in asdict(job).items() if name != "errors"}
    terminal.print_table(["", ""], [[name, value] for name, value in shown.items()])
    for error in job.errors:
        terminal.out(
            f"attempt {error.get('attempt')} at {error.get('at')}: "
            f"{error.get('type', '')} {error.get('message', '')}"
        )


@jobs.command()
@click.argument("job_ids", nargs=-1, type=click.UUID, required=True)
@click.option("--keep-attempts", is_flag=True, help="Keep the attempt count and allow one more.")
@click.pass_obj
def retry(open_workspace: OpenWorkspace, job_ids: tuple[UUID, ...], keep_attempts: bool) -> None:
    """Run unsuccessful jobs again."""
    from wavehouse.kernel import terminal
    from wavehouse.queue.service import managing
    from wavehouse.queue.service.scoping import visible

    with (
        open_workspace() as workspace,
        visible(
            workspace.stores.operational,
            identity=workspace.identity,
            home=workspace.home,
        ) as (tx, system),
    ):
        for job_id in job_ids:
            managing.retry_job(
                tx,
                identity=workspace.identity,
                job_id=job_id,
                keep_attempts=keep_attempts,
                system=system,
            )
    terminal.say(f"{len(job_ids)} jobs will run again.")


@jobs.command()
@click.argument("job_ids", nargs=-1, type=click.UUID, required=True)
@click.pass_obj
def cancel(open_workspace: OpenWorkspace, job_ids: tuple[UUID, ...]) -> None:
    """Cancel jobs: waiting ones at once; running ones are asked to stop and cannot complete."""
    from wavehouse.kernel import terminal
    from wavehouse.queue.service import managing
    from wavehouse.queue.service.scoping import visible

    with (
        open_workspace() as workspace,
        visible(
            workspace.stores.operational,
            identity=workspace.identity,
            home=workspace.home,
        ) as (tx, system),
    ):
        for job_id in job_ids:
            outcome = managing.cancel_job(
                tx, identity=workspace.identity, job_id=job_id, system=system
            )
            terminal.say(f"{job_id} {'was asked to stop' if outcome == 'requested' else outcome}")


@jobs.command()
@click.argument("job_ids", nargs=-1, type=click.UUID, required=True)
@click.pass_obj
def discard(open_workspace: OpenWorkspace, job_ids: tuple[UUID, ...]) -> None:
    """Remove jobs from the dead letter queue; they stay in the history as failed."""
    from wavehouse.kernel import terminal
    from wavehouse.queue.service import managing
    from wavehouse.queue.service.scoping import visible

    with (
        open_workspace() as workspace,
        visible(
            workspace.stores.operational,
            identity=workspace.identity,
            home=workspace.home,
        ) as (tx, system),
    ):
        for job_id in job_ids:
            managing.discard_job(tx, identity=workspace.identity, job_id=job_id, system=system)
    terminal.say(f"{len(job_ids)} jobs were discarded.")


@jobs.command()
@click.option("--everything", is_flag=True, help="Pause the whole queue, including system jobs.")
@click.option("--project", "project_id", type=click.UUID, help="Pause only this project.")
@click.option("--reason", default="", help="The reason, shown to operators.")
@click.pass_obj
def pause(
    open_workspace: OpenWorkspace, everything: bool, project_id: UUID | None, reason: str
) -> None:
    """Start no more jobs of the organization; running ones may finish."""
    from wavehouse.kernel import terminal
    from wavehouse.queue.service import managing
    from wavehouse.queue.service.scoping import check_operator, visible

    with open_workspace() as workspace:
        if everything:
            check_operator(workspace.identity, home=workspace.home)
        with visible(
            workspace.stores.operational,
            identity=workspace.identity,
            home=workspace.home,
        ) as (tx, _):
            new = managing.pause_jobs(
                tx,
                identity=workspace.identity,
                project_id=project_id,
                everything=everything,
                reason=reason,
            )
    terminal.say("Paused. Resume with: wavehouse jobs resume" if new else "It was already paused.")


@jobs.command()
@click.option("--everything", is_flag=True, help="Resume the whole queue.")
@click.option("--project", "project_id", type=click.UUID, help="Resume only this project.")
@click.pass_obj
def resume(open_workspace: OpenWorkspace, everything: bool, project_id: UUID | None) -> None:
    """Resume paused jobs."""
    from wavehouse.kernel import terminal
    from wavehouse.queue.service import managing
    from wavehouse.queue.service.scoping import check_operator, visible

    with open_workspace() as workspace:
        if everything:
            check_operator(workspace.identity, home=workspace.home)
        with visible(
            workspace.stores.operational,
            identity=workspace.identity,
            home=workspace.home,
        ) as (tx, _):
            was = managing.resume_jobs(
                tx, identity=workspace.identity, project_id=project_id, everything=everything
            )
    terminal.say("Resumed." if was else "It was not paused.")


@jobs.command()
@AS_JSON
@click.pass_obj
def stats(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Depth of the lanes, jobs finished within a day, workers and schedules."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.queue.service import managing
    from wavehouse.queue.service.scoping import visible

    with (
        open_workspace() as workspace,
        visible(
            workspace.stores.operational,
            identity=workspace.identity,
            home=workspace.home,
        ) as (tx, system),
    ):
        counts = managing.stats(tx, identity=workspace.identity, system=system)
    if as_json:
        data = asdict(counts)
        for schedule in data["schedules"]:
            every = schedule.pop("every")
            schedule["every_seconds"] = None if every is None else every.total_seconds()
        terminal.print_json(data)
        return
    terminal.print_table(
        ["lane", "due", "future", "running", "blocked", "oldest due"],
        [_depth_row(depth) for depth in counts.depths],
    )
    for ended in counts.ended:
        terminal.out(f"{ended.status}\t{ended.number}")
    for worker in counts.workers:
        role = "leads" if worker.leads else "works"
        terminal.out(f"{worker.name} ({worker.host}, {worker.pid})\t{role}")
    if counts.paused:
        terminal.say("The queue is paused: wavehouse jobs resume")


def _depth_row(depth: Depth) -> list[object]:
    name = ("interactive", "scheduled", "backfill")[depth.lane]
    oldest = f"{depth.oldest_due_seconds} s"
    return [name, depth.due, depth.future, depth.running, depth.blocked, oldest]
