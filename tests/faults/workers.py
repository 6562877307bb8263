"""Kills workers and the server while jobs run: every job ends once, with one effect.

    make workers                # 200 kills; ARGS=30 for fewer

Three worker processes run jobs that each write one row. One of them, or every fifth time the
postmaster, is killed with SIGKILL at a random moment and started again. Every tenth time the
leader is stopped as well (SIGSTOP) and continues some kills later, when another one leads. At the
end each job has exactly one effect and one row in ``queue.jobs_done``, no lease is held and no
counter is wrong.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
from tests.stopping import reachable_folder

from wavehouse import app, queue
from wavehouse.kernel.processes import is_running
from wavehouse.queue import Handler, NewJob, Worker

KIND = "kill.effect"
WORKERS = 3
BATCH = 60


def _effect(tx: Any, *, identity: Any, payload: Any) -> None:
    """Write a row to the outbox, then wait, so that the worker can be killed meanwhile."""
    tx.execute(
        "INSERT INTO queue.outbox (organization_id, event_type, subject_type, subject_id, "
        "occurred_at) VALUES (%s, 'kill.effect', 'job', %s, clock_timestamp())",
        [identity.organization_id, payload["number"]],
    )
    time.sleep(random.uniform(0, 0.02))


def work() -> None:
    """A worker process, until it is killed or stopped."""
    with app.open_workspace() as workspace:
        worker = Worker(workspace, {KIND: Handler(kind=KIND, call=_effect)}, concurrency=3)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        worker.run()


def _start(home: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "WAVEHOUSE_HOME": str(home)}
    return subprocess.Popen([sys.executable, "-m", __spec__.name, "work"], env=environment)


def main(kills: int) -> int:
    """Kill, restart, compare; returns the number of errors."""
    home = reachable_folder()
    chance = random.Random(kills)
    os.environ["WAVEHOUSE_HOME"] = str(home)
    try:
        with app.open_workspace({"home": str(home)}) as workspace:
            assert workspace.stores.server is not None
            fleet = Fleet(home, chance)
            added = 0
            for kill in range(kills):
                added = _more(workspace, added)
                time.sleep(chance.uniform(0.3, 2.0))
                fleet.restart_ended()
                fleet.continue_stopped(kill)
                if kill % 10 == 9:
                    fleet.stop_leader(workspace, until=kill + 8)
                if kill % 5 == 4:
                    _kill_server(workspace.stores.server)
                else:
                    fleet.kill_one()
                print(f"kill {kill + 1}: {added:,} jobs added", flush=True)
            fleet.continue_stopped(kills + 8)
            fleet.restart_ended()
            _drain(workspace)
            fleet.end()
            print(
                f"{fleet.stops} leaders stopped, {fleet.terms} times another one led when they "
                f"continued; {fleet.failed_starts} workers ended at their start with the server"
            )
            return _compared(workspace, added)
    finally:
        shutil.rmtree(home, ignore_errors=True)


class Fleet:
    """The worker processes."""

    def __init__(self, home: Path, chance: random.Random) -> None:
        self._home, self._chance = home, chance
        self._workers = [_start(home) for _ in range(WORKERS)]
        self._stopped: dict[int, tuple[int, int]] = {}
        self._workspace: Any = None
        self.stops = self.terms = self.failed_starts = 0

    def kill_one(self) -> None:
        """Kill a random worker that is not stopped, and start another one."""
        running = [n for n in range(WORKERS) if self._workers[n].pid not in self._stopped]
        place = self._chance.choice(running)
        self._workers[place].kill()
        self._workers[place].wait()
        self._workers[place] = _start(self._home)

    def restart_ended(self) -> None:
        """Start workers again that ended by themselves: the server was killed at their start."""
        for place, worker in enumerate(self._workers):
            if worker.poll() is not None:
                self.failed_starts += 1
                self._workers[place] = _start(self._home)

    def stop_leader(self, workspace: Any, *, until: int) -> None:
        """Stop the leader's process until kill number ``until``."""
        self._workspace = workspace
        leads = self._leader()
        if leads and leads[0] in [each.pid for each in self._workers]:
            os.kill(leads[0], signal.SIGSTOP)
            self._stopped[leads[0]] = (until, leads[1])
            self.stops += 1

    def continue_stopped(self, kill: int) -> None:
        """Continue the processes whose time has come."""
        for pid, (until, term) in list(self._stopped.items()):
            if kill >= until:
                leads = self._leader()
                self.terms += bool(leads and leads[1] > term)
                os.kill(pid, signal.SIGCONT)
                del self._stopped[pid]

    def end(self) -> None:
        """Stop all workers in order."""
        for each in self._workers:
            each.terminate()
        for each in self._workers:
            each.wait()

    def _leader(self) -> tuple[int, int] | None:
        """The process of the leader, and its term."""
        try:
            with self._workspace.stores.operational.worker() as tx:
                row = tx.tuples(
                    "SELECT w.pid, l.term FROM queue.leader l "
                    "JOIN queue.workers w ON w.worker_id = l.holder"
                ).fetchone()
        except Exception:
            return None
        return None if row is None else (int(row[0]), int(row[1]))


def _kill_server(server: Any) -> None:
    """Kill the postmaster, wait for its end, and start the server again."""
    pid = int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])
    os.kill(pid, signal.SIGKILL)
    while is_running(pid):
        time.sleep(0.05)
    while not server.is_running():
        server.revive()
        time.sleep(0.1)


def _more(workspace: Any, added: int) -> int:
    """Add a batch; starts a server again that was just killed."""
    jobs = [
        NewJob(KIND, payload={"number": str(added + n)}, max_attempts=1000) for n in range(BATCH)
    ]
    while True:
        try:
            with workspace.stores.operational.worker() as tx:
                queue.enqueue(tx, *jobs)
            return added + BATCH
        except Exception:
            workspace.stores.server.revive()
            time.sleep(0.2)


def _drain(workspace: Any) -> None:
    """Wait until no job is live, at most until the last dead worker is detected."""
    until = time.monotonic() + 1200
    while time.monotonic() < until:
        try:
            with workspace.stores.operational.worker() as tx:
                if not _left(tx):
                    return
        except Exception:
            workspace.stores.server.revive()
        time.sleep(1)


def _left(tx: Any) -> int:
    """Make jobs due that wait after an error, as only the end matters; returns how many remain."""
    tx.execute("UPDATE queue.organization_queue_state SET turn_at = least(turn_at, "
               "clock_timestamp()) WHERE running < cap")  # fmt: skip
    tx.execute("UPDATE queue.jobs SET run_at = clock_timestamp() "
               "WHERE status = 'pending' AND run_at > clock_timestamp()")  # fmt: skip
    return int(tx.value("SELECT count(*) FROM queue.jobs WHERE kind = 'kill.effect'"))


def _compared(workspace: Any, added: int) -> int:
    with psycopg.connect(workspace.stores.operational.place.admin) as db:
        rows = db.execute(
            """
            SELECT (SELECT count(*) FROM queue.outbox),
                   (SELECT count(DISTINCT subject_id) FROM queue.outbox),
                   (SELECT count(*) FROM queue.jobs_done
                    WHERE kind = 'kill.effect' AND status = 'done'),
                   (SELECT count(*) FROM queue.jobs WHERE kind = 'kill.effect'),
                   (SELECT coalesce(sum(running), 0) FROM queue.organization_queue_state),
                   (SELECT count(*) FROM queue.jobs_done WHERE attempts > 1)
            """
        ).fetchone()
    assert rows is not None
    effects, distinct, done, left, running, again = rows
    print(
        f"{added:,} jobs: {effects:,} effects, {distinct:,} of them different, {done:,} done, "
        f"{left} left, {running} leases held, {again} needed more than one attempt"
    )
    return int((effects, distinct, done, left, running) != (added, added, added, 0, 0))


if __name__ == "__main__":
    if sys.argv[1:] == ["work"]:
        work()
    else:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 200))
