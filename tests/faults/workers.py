"""Kills workers and the server while jobs run: every job ends once, with one effect.

    make workers                # 200 kills; ARGS=30 for fewer

Three worker processes run jobs that each write one row. One of them, or every fifth time the
postmaster, is killed with SIGKILL at a random moment and started again. At the end each job has
exactly one effect and one row in ``queue.jobs_done``, no lease is held and no counter is wrong.
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
    added = 0
    os.environ["WAVEHOUSE_HOME"] = str(home)
    try:
        with app.open_workspace({"home": str(home)}) as workspace:
            server = workspace.stores.server
            assert server is not None
            workers = [_start(home) for _ in range(WORKERS)]
            for kill in range(kills):
                added = _more(workspace, added)
                time.sleep(chance.uniform(0.3, 2.0))
                if kill % 5 == 4:
                    postmaster = (server.data / "postmaster.pid").read_text().split("\n", 1)[0]
                    os.kill(int(postmaster), signal.SIGKILL)
                    while not server.is_running():
                        server.revive()
                        time.sleep(0.1)
                else:
                    place = chance.randrange(WORKERS)
                    workers[place].kill()
                    workers[place].wait()
                    workers[place] = _start(home)
                print(f"kill {kill + 1}: {added:,} jobs added", flush=True)
            _drain(workspace)
            for each in workers:
                each.terminate()
            for each in workers:
                each.wait()
            return _compared(workspace, added)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _more(workspace: Any, added: int) -> int:
    """Add a batch; waits for a server that was just killed."""
    jobs = [
        NewJob(KIND, payload={"number": str(added + n)}, max_attempts=1000) for n in range(BATCH)
    ]
    while True:
        try:
            with workspace.stores.operational.worker() as tx:
                queue.enqueue(tx, *jobs)
            return added + BATCH
        except Exception:
            time.sleep(0.2)


def _drain(workspace: Any) -> None:
    """Wait until no job is live, at most until the last dead worker is detected."""
    until = time.monotonic() + 600
    while time.monotonic() < until:
        with workspace.stores.operational.worker() as tx:
            # Jobs delayed by a backoff are made due: only the final state matters.
            tx.execute("UPDATE queue.jobs SET run_at = clock_timestamp() WHERE status = 'pending'")
            tx.execute("UPDATE queue.organization_queue_state SET turn_at = least(turn_at, "
                       "clock_timestamp()) WHERE running < cap")  # fmt: skip
            if not tx.value("SELECT count(*) FROM queue.jobs WHERE kind = 'kill.effect'"):
                return
        time.sleep(1)


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
