"""The worker: an effect and its completion are one transaction, in every case."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from wavehouse import queue
from wavehouse.accounts import Identity
from wavehouse.kernel.errors import InvalidInput, Refused, TooManyRequests
from wavehouse.kernel.processes import machine
from wavehouse.queue import (
    Attempt,
    Handler,
    JobDetail,
    LeaseLost,
    NewJob,
    OverBudget,
    Plan,
    Snooze,
    Worker,
)
from wavehouse.store import Operational, Stores, Tx
from wavehouse.workspace import Workspace

KIND = "toy.wind"


def _effect(tx: Tx[Operational], text: str) -> None:
    """A handler's effect: a row in the outbox."""
    tx.execute(
        "INSERT INTO queue.outbox (organization_id, event_type, subject_type, subject_id, "
        "occurred_at) VALUES (uuidv7(), 'toy.wound', 'toy', %s, '2026-11-10T12:00:00Z')",
        [text],
    )


def _effects(workspace: Workspace) -> list[str]:
    with workspace.stores.operational.worker() as tx:
        return tx.values("SELECT subject_id FROM queue.outbox ORDER BY subject_id")


def _added(workspace: Workspace, *jobs: NewJob) -> list[UUID]:
    with workspace.stores.operational.worker() as tx:
        return queue.enqueue(tx, *jobs)


def _job(workspace: Workspace, job_id: UUID) -> JobDetail:
    with workspace.stores.operational.worker() as tx:
        return queue.show_job(tx, identity=workspace.identity, job_id=job_id, system=True)


def _worker(
    workspace: Workspace, call: Callable[..., str | None], **options: Any
) -> tuple[Worker, list[str]]:
    lines: list[str] = []
    batch = options.pop("batch", 1)
    handler = Handler(kind=KIND, call=call, **options)
    return Worker(workspace, {KIND: handler}, batch=batch, say=lines.append), lines


def _wound(tx: Tx[Operational], *, identity: Identity, payload: Mapping[str, Any]) -> str | None:
    _effect(tx, str(payload["text"]))
    if payload.get("bad"):
        raise InvalidInput("the spring is broken")
    return None


def test_q19_a_handler_gets_the_transaction_that_completes_its_job(workspace: Workspace) -> None:
    """It also gets the job's identity; its log line is printed."""
    seen: list[Identity] = []

    def wind(tx: Tx[Operational], *, identity: Identity, payload: Mapping[str, Any]) -> str:
        seen.append(identity)
        _effect(tx, payload["text"])
        return "The toy is wound."

    (job_id,) = _added(workspace, NewJob(KIND, payload={"text": "a"}))
    worker, lines = _worker(workspace, wind)
    worker.run(once=True)

    assert ["a"] == _effects(workspace)
    assert "done" == _job(workspace, job_id).status
    assert [workspace.identity] == seen
    assert ["The toy is wound."] == lines


@pytest.mark.parametrize("happening", ["rescued", "cancelled"])
def test_q15_the_effect_of_a_lost_lease_is_rolled_back(
    workspace: Workspace, happening: str
) -> None:
    """The job was taken back or cancelled while its handler ran."""

    def wind(tx: Tx[Operational], *, identity: Identity, payload: Mapping[str, Any]) -> None:
        _effect(tx, "a")
        with workspace.stores.operational.worker() as other:
            if happening == "cancelled":
                queue.cancel_job(other, identity=identity, job_id=job_id, system=True)
            else:
                other.execute("UPDATE queue.jobs SET lease_token = gen_random_uuid()")

    (job_id,) = _added(workspace, NewJob(KIND))
    worker, _ = _worker(workspace, wind)
    worker.run(once=True)

    assert [] == _effects(workspace)
    expected = "cancelled" if happening == "cancelled" else "running"
    assert expected == _job(workspace, job_id).status


class _Speechless(Exception):
    """An error whose message cannot be made."""

    def __str__(self) -> str:
        raise KeyError("format")


@pytest.mark.parametrize(
    ("error", "status", "attempts"),
    [
        (InvalidInput("no spring"), "dead", 1),
        (InvalidInput("a NUL \x00, half a character \ud800, " + 600 * "x"), "dead", 1),
        (_Speechless(), "pending", 1),
        (TooManyRequests("later", retry_after=10**15), "pending", 1),
        (Refused("not this toy"), "failed", 1),
        (OverBudget("no coins"), "blocked_budget", 0),
        (OSError("no air"), "pending", 1),
        (Snooze(timedelta(hours=1)), "pending", 0),
    ],
)
def test_q18_an_error_ends_the_attempt_by_its_class(
    workspace: Workspace, error: Exception, status: str, attempts: int
) -> None:
    """The effect is rolled back in every case, whatever the error's message is."""

    def wind(tx: Tx[Operational], **_: object) -> None:
        _effect(tx, "a")
        raise error

    (job_id,) = _added(workspace, NewJob(KIND))
    worker, _ = _worker(workspace, wind)
    worker.run(once=True)

    job = _job(workspace, job_id)
    assert (status, attempts) == (job.status, job.attempts)
    assert [] == _effects(workspace)


def test_a_group_with_a_bad_job_does_the_good_ones_one_by_one(workspace: Workspace) -> None:
    """Jobs that share a transaction do not share its failure."""
    added = _added(
        workspace,
        *(NewJob(KIND, payload={"text": f"{n}", "bad": n == 2}) for n in range(5)),
    )
    worker, _ = _worker(workspace, _wound, together=True, batch=10)
    worker.run(once=True)

    assert ["0", "1", "3", "4"] == _effects(workspace)
    assert ["done", "done", "dead", "done", "done"] == [
        _job(workspace, each).status for each in added
    ]


def test_a_long_job_goes_on_at_its_checkpoint(workspace: Workspace) -> None:
    """The second attempt gets the first one's checkpoint; the last effect completes the job."""

    def wind(attempt: Attempt) -> None:
        if not attempt.progress:
            attempt.checkpoint({"turns": 3})
            raise Snooze(timedelta(0))
        with attempt.finishing() as tx:
            _effect(tx, f"{attempt.progress['turns']} turns")

    (job_id,) = _added(workspace, NewJob(KIND))
    worker, _ = _worker(workspace, wind, transactional=False)
    worker.run(once=True)

    assert ["3 turns"] == _effects(workspace)
    assert ("done", 1) == (_job(workspace, job_id).status, _job(workspace, job_id).attempts)


def test_q24_a_worker_that_stops_releases_what_it_did_not_start(workspace: Workspace) -> None:
    """It waits for running jobs; its row and its term are deleted."""
    began, go_on = threading.Event(), threading.Event()

    def wind(attempt: Attempt) -> None:
        began.set()
        assert go_on.wait(30)
        with pytest.raises(Exception, match="the worker is stopping"):
            attempt.check()

    added = _added(workspace, NewJob(KIND), NewJob(KIND))
    lines: list[str] = []
    handler = Handler(kind=KIND, call=wind, transactional=False)
    worker = Worker(workspace, {KIND: handler}, concurrency=1, batch=2, say=lines.append)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert began.wait(30)
    worker.stop()
    while _job(workspace, added[1]).status != "pending":
        pass
    go_on.set()
    thread.join(60)

    assert ["done", "pending"] == [_job(workspace, each).status for each in added]
    assert 0 == _job(workspace, added[1]).attempts
    with workspace.stores.operational.worker() as tx:
        assert [] == queue.stats(tx, identity=workspace.identity, system=True).workers


def test_an_attempt_whose_end_was_not_written_is_tried_again(workspace: Workspace) -> None:
    """After a server outage, a live worker holds a lease that it does not work on."""
    (job_id,) = _added(workspace, NewJob(KIND, payload={"text": "a"}))
    worker, _ = _worker(workspace, _wound)
    with workspace.stores.operational.worker() as tx:
        tx.execute("SELECT queue.claim(%s, 1)", [worker.worker_id])
    assert "running" == _job(workspace, job_id).status
    worker.run(once=True)

    assert ("done", 2) == (_job(workspace, job_id).status, _job(workspace, job_id).attempts)
    assert ["a"] == _effects(workspace)


def test_q25_a_worker_that_sleeps_is_woken_by_a_commit(workspace: Workspace) -> None:
    """By a notification after it; many concurrent commits send few notifications."""
    from wavehouse.queue.service.waking import waker_of

    done = threading.Event()

    def wind(tx: Tx[Operational], **_: object) -> None:
        done.set()

    worker, _ = _worker(workspace, wind)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        for _number in range(50):
            _added(workspace, NewJob(KIND))
        assert done.wait(30)
    finally:
        worker.stop()
        thread.join(60)

    assert 1 <= waker_of(workspace.stores.operational).sent < 50


def test_schedules_are_rows_that_the_leader_makes_jobs_of(workspace: Workspace) -> None:
    """One job for each due time, and none while the previous one is live."""
    wound: list[int] = []
    handler = Handler(kind=KIND, call=lambda _: wound.append(1), transactional=False)
    plan = Plan(name="winding", kind=KIND, every=timedelta(hours=1), first=timedelta(0))
    for _ in range(2):
        Worker(workspace, {KIND: handler}, [plan]).run(once=True)

    assert 1 <= len(wound) <= 2
    with workspace.stores.operational.worker() as tx:
        (schedule,) = queue.stats(tx, identity=workspace.identity, system=True).schedules
    assert ("winding", timedelta(hours=1)) == (schedule.name, schedule.every)
    assert schedule.last_run_at is not None


def test_an_organizations_job_runs_as_its_user_under_row_security(workspace: Workspace) -> None:
    """It cannot write another organization's row."""
    errors: list[str] = []

    def wind(tx: Tx[Operational], *, identity: Identity, payload: Mapping[str, Any]) -> None:
        try:
            with tx.savepoint():
                _effect(tx, "foreign")
        except Exception as error:
            errors.append(type(error).__name__)
        assert identity.user_id == workspace.identity.user_id

    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        (job_id,) = queue.enqueue(tx, NewJob(KIND), identity=workspace.identity)
    worker, _ = _worker(workspace, wind)
    worker.run(once=True)

    assert ["InsufficientPrivilege"] == errors
    assert "done" == _job(workspace, job_id).status
    assert issubclass(LeaseLost, Exception)


def test_q20_a_dead_worker_of_this_machine_is_replaced_at_once(workspace: Workspace) -> None:
    """On this host nobody waits 45 s for a dead process's heartbeat; other hosts are waited for."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    near, far = _added(
        workspace, NewJob(KIND, payload={"text": "near"}), NewJob(KIND, payload={"text": "far"})
    )
    with workspace.stores.operational.worker() as tx:
        for host in (machine(), "another-host"):
            tx.execute(
                "SELECT queue.enter(w, 'killed', %s, %s, ARRAY[%s], '{0,1,2}', '0'), "
                "queue.claim(w, 1) FROM (SELECT uuidv7() AS w) new",
                [host, ended.pid, KIND],
            )
    assert ["running", "running"] == [_job(workspace, each).status for each in (near, far)]
    worker, _ = _worker(workspace, _wound)
    worker.run(once=True)

    assert ("done", 2) == (_job(workspace, near).status, _job(workspace, near).attempts)
    assert "running" == _job(workspace, far).status
    assert ["near"] == _effects(workspace)


def test_q25_a_notification_that_waits_does_not_open_a_closed_database(stores: Stores) -> None:
    """Its thread made a new pool after the program had closed all of them."""
    from wavehouse.queue.service.waking import wake, waker_of

    wake(stores.operational)
    wake(stores.operational)  # within the gap: a timer waits
    sent = waker_of(stores.operational).sent

    stores.operational.close()

    time.sleep(0.2)
    assert {} == stores.operational._pools
    assert sent == waker_of(stores.operational).sent
    wake(stores.operational)  # a database that is used again is woken again
    assert sent < waker_of(stores.operational).sent
