"""Use case: remove exactly the rows of a plan.

Each partition and each chunk of rows is a separate transaction, which also adds to the run's row:
after a kill the run has the number of removed rows, and the next plan continues.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import cast
from uuid import UUID

import psycopg

from wavehouse import audit, listeners
from wavehouse.accounts import Identity, user_actor
from wavehouse.governance.adapters import HomeFiles
from wavehouse.governance.queries import removing, runs
from wavehouse.governance.service.planning import OnStep, database_of, limit_of, plan
from wavehouse.governance.types import Action, Applied, Plan, Run, Step, StepState
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import Conflict
from wavehouse.store import Learning, Listeners, Stores, Tx

CHUNK = 10_000
"""Rows that one transaction deletes."""
_SESSIONS = 200
"""Sessions whose raw events one transaction archives."""
_TRIES = 3
_EVERY = clock.DAY
_REPLAN = "wavehouse retention plan"


def apply(
    stores: Stores,
    settings: Settings,
    *,
    identity: Identity,
    digest: str,
    large: bool = False,
    on_step: OnStep = lambda _: None,
) -> Applied:
    """Carry out the plan with this digest (its first 12 digits are enough).

    Conflict when the current plan differs, because rows were added or removed since. A step that
    fails does not stop the others; held and refused steps are stored as runs with their reason.
    """
    current = plan(stores, settings, large=large)
    if len(digest) < _SHORTEST or not current.digest.startswith(digest.lower()):
        raise Conflict(
            f"the plan has changed: it is now {current.digest[:_SHORTEST]}",
            hint="Review the new plan, then apply it by its digest.",
            command=_REPLAN,
        )
    with stores.operational.worker() as tx:
        audit.record(
            tx,
            actor=user_actor(identity),
            action="retention.applied",
            resource=("retention plan", current.digest),
            organization_id=identity.organization_id,
            metadata={"rows": current.rows},
        )
    done = []
    for step in current.steps:
        if step.state is not StepState.NOTHING:
            on_step(step.policy.name)
            done.append(_run(stores, settings, step, current))
    return Applied(current.digest, tuple(done))


_SHORTEST = 12


def note_plan(stores: Stores, made: Plan) -> None:
    """Store the due rows as runs with the status ``planned``, without removing anything."""
    for step in made.steps:
        if step.state is StepState.DUE:
            with database_of(stores, step.policy).worker() as tx:
                _begin(tx, step, made.digest, "planned", None, finished=True)


def _run(stores: Stores, settings: Settings, step: Step, whole: Plan) -> Run:
    database = database_of(stores, step.policy)
    if step.state in (StepState.HELD, StepState.REFUSED):
        status = "skipped" if step.state is StepState.HELD else "refused"
        with database.worker() as tx:
            run_id = _begin(tx, step, whole.digest, status, step.reason, finished=True)
            return runs.run(tx, run_id=run_id)
    with database.worker() as tx:
        if removing.lock_policy(tx, policy=step.policy.name):
            runs.end_abandoned(tx, policy=step.policy.name, at=clock.now())
        run_id = _begin(tx, step, whole.digest, "running", None, finished=False)
    status, reason = "done", None
    try:
        _remove(stores, settings, step, run_id)
    except Conflict as busy:
        status, reason = "failed", busy.message
    except psycopg.Error as error:
        status, reason = "failed", str(error).splitlines()[0]
    except OSError as error:
        status, reason = "failed", f"a file could not be removed: {error.strerror}"
    with database.worker() as tx:
        runs.finish(tx, run_id=run_id, status=status, reason=reason, at=clock.now())
        return runs.run(tx, run_id=run_id)


def _begin(
    tx: removing.AnyTx,
    step: Step,
    digest: str,
    status: str,
    reason: str | None,
    *,
    finished: bool,
) -> UUID:
    at = clock.now()
    return runs.begin(
        tx,
        policy=step.policy.name,
        table=step.policy.subject,
        action=step.policy.action.value,
        plan_digest=digest,
        keep_from=step.keep_from,
        status=status,
        reason=reason,
        at=at,
        finished_at=at if finished else None,
        next_due_at=at + _EVERY,
    )


def _remove(stores: Stores, settings: Settings, step: Step, run_id: UUID) -> None:
    policy, before = step.policy, step.keep_from
    database = database_of(stores, policy)
    if policy.files:
        count, freed = HomeFiles(settings.home, policy.files).remove(before)
        with database.worker() as tx:
            runs.add_removed(tx, run_id=run_id, rows=count, freed=freed)
        return

    def once(work: Callable[[removing.AnyTx], tuple[int, int]]) -> int:
        """Run one transaction with the policy's lock; retried when a table was locked."""
        for attempt in range(1, _TRIES + 1):
            try:
                with database.worker() as tx:
                    if not removing.lock_policy(tx, policy=policy.name):
                        raise Conflict("another run of this policy is in progress", command=_REPLAN)
                    rows, freed = work(tx)
                    runs.add_removed(tx, run_id=run_id, rows=rows, freed=freed)
                    return rows
            except psycopg.errors.LockNotAvailable:
                if attempt == _TRIES:
                    raise
        return 0

    if policy.action is Action.DROP_PARTITION:
        for part in step.due.parts:
            once(partial(_drop, step=step, part=part))
        return
    if policy.action is Action.COMPACT:
        while once(lambda tx: (listeners.compact(cast("Tx[Listeners]", tx), before=before), 0)):
            continue
        return
    if policy.action is Action.ARCHIVE:
        while once(
            lambda tx: (
                removing.archive(cast("Tx[Learning]", tx), before=before, most=_SESSIONS),
                0,
            )
        ):
            continue
        return
    while once(lambda tx: _delete(tx, step, before)) == CHUNK:
        continue


def _drop(tx: removing.AnyTx, *, step: Step, part: str) -> tuple[int, int]:
    day = step.keep_from.date()
    still = {
        each.name: each.bytes
        for each in removing.parts_before(tx, table=step.policy.table, day=day)
    }
    if part not in still:
        return 0, 0  # the run was killed after this partition
    rows = removing.drop_part(tx, table=step.policy.table, part=part, day=day)
    return rows, still[part]


def _delete(tx: removing.AnyTx, step: Step, before: datetime) -> tuple[int, int]:
    policy = step.policy
    limit = limit_of(tx, policy, before)
    if policy.action is Action.ANONYMISE:
        emptied = removing.empty_some(
            tx,
            table=policy.table,
            clock=policy.clock,
            column=policy.clear,
            before=limit,
            most=CHUNK,
        )
        return emptied, 0
    rows = removing.delete_some(
        tx, table=policy.table, clock=policy.clock, before=limit, most=CHUNK
    )
    return rows, 0
