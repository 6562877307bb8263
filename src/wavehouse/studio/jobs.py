"""Background work of the studio: planning, and generating the episodes of due slots."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from wavehouse.kernel import clock
from wavehouse.kernel.serving import address_of
from wavehouse.queue import Attempt, Lane, NewJob, enqueue
from wavehouse.store import Database, Operational
from wavehouse.studio.adapters.hubs import WebPinger
from wavehouse.studio.queries import generation, leases
from wavehouse.studio.service import collecting, pinging, planning
from wavehouse.studio.service.generation.places import place_of, store_of
from wavehouse.studio.service.generation.running import run_next
from wavehouse.studio.types.ids import ProjectId
from wavehouse.workspace import Workspace

GENERATE = "studio.generate"
_MOST_AT_ONCE = 8
_TIME_LIMIT = timedelta(minutes=30)


def planning_ahead(workspace: Workspace) -> Callable[[], str | None]:
    """Plan all projects 35 days ahead, and end missed slots (Q5 to Q7)."""
    operational = workspace.stores.operational

    def work() -> str | None:
        changed, wrong = planning.plan_all(operational)
        with operational.worker() as tx:
            generation.fail_orphans(tx)
        lines = [f"{changed} slots were planned, moved or missed"] if changed else []
        return "; ".join(lines + wrong) or None

    return work


def collecting_files(workspace: Workspace) -> Callable[[], str | None]:
    """Delete stored files that nothing references any more; many at once are only reported."""
    operational, store = workspace.stores.operational, store_of(workspace.settings)

    def work() -> str | None:
        counted = collecting.collect(operational, store, identity=workspace.identity)
        if not counted.unreferenced:
            return None
        if 2 * counted.unreferenced > counted.files:
            return (
                f"{counted.unreferenced} of {counted.files} stored files are not referenced; "
                "nothing was deleted: wavehouse studio files --collect"
            )
        done = collecting.collect(operational, store, identity=workspace.identity, apply=True)
        return f"{done.deleted} unreferenced files were deleted"

    return work


def dispatching(workspace: Workspace) -> Callable[[], str | None]:
    """Create a job for each due slot, and take back the slots of dead workers (Q20)."""
    operational = workspace.stores.operational

    def work() -> str | None:
        dispatch(operational)
        return None

    return work


def dispatch(operational: Database[Operational]) -> int:
    """Create jobs for due slots, at most eight at once; returns how many slots are due."""
    now = clock.now()
    with operational.worker() as tx:
        leases.rescue_slots(tx, now=now)
        due = sum(each.number for each in leases.due_slots(tx, now=now, most=_MOST_AT_ONCE))
    if due:
        planning.end_missed(operational)
        with operational.worker() as tx:
            enqueue(
                tx,
                *(
                    NewJob(
                        GENERATE,
                        unique_key=f"slot {number}",
                        lane=Lane.SCHEDULED,
                        time_limit=_TIME_LIMIT,
                        keep_done=False,
                    )
                    for number in range(min(due, _MOST_AT_ONCE))
                ),
            )
    return due


def generate(attempt: Attempt) -> str | None:
    """Claim a due slot and generate its episode."""
    workspace = attempt.workspace
    workshop = place_of(workspace.stores.operational, workspace.settings)
    with workshop.operational.worker() as tx:
        worker_id = leases.worker_of_job(
            tx, job_id=attempt.lease.job_id, token=attempt.lease.lease_token
        )
    if worker_id is None:
        return None
    outcome = run_next(workshop, worker_id=worker_id, check=attempt.check)
    if outcome is None:
        return None
    return f"slot {outcome.slot_id}: {outcome.status}, {outcome.message}"


def ping(attempt: Attempt) -> str | None:
    """Notify the WebSub hub of a feed that it has changed."""
    workspace = attempt.workspace
    settings = workspace.settings
    return pinging.ping(
        workspace.stores.operational,
        identity=attempt.identity,
        project_id=ProjectId(UUID(attempt.payload["project_id"])),
        address=address_of(settings),
        hub=settings["studio_hub"] or "",
        pinger=WebPinger(allow_private=settings["webhook_allow_private"]),
    )
