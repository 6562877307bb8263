"""The queue: jobs per second, claims with large backlogs, fairness, WAL; peers on the same server.

    make queue-bench                 # or ARGS="--size 0.1 --peers FOLDER", ARGS="--only rate"

``FOLDER`` holds the peers (``pip install --target FOLDER procrastinate pgqueuer``); they run no-op
jobs on a database of their own, on the same server, in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.clones import Clones
from tests.migrated import copy_home
from tests.stopping import reachable_folder

from wavehouse import app, queue
from wavehouse.kernel import config
from wavehouse.queue import Handler, NewJob, Worker
from wavehouse.store import EmbeddedServer
from wavehouse.workspace import Workspace

KIND = "bench.nothing"
PARTS = ["rate", "claims", "fairness", "snapshot"]


def say(what: str, figure: str) -> None:
    """Print one figure."""
    print(f"{what:62} {figure}", flush=True)


def _nothing(_: Any, **__: Any) -> None:
    return None


def throughput(workspace: Workspace, db: Any, jobs: int) -> float:
    """No-op jobs through the full runtime in batches of 100; and the WAL they write."""
    before = db.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
    with workspace.stores.operational.worker() as tx:
        queue.enqueue(tx, *(NewJob(KIND) for _ in range(jobs)))
    handler = Handler(kind=KIND, call=_nothing, together=True)
    worker = Worker(workspace, {KIND: handler}, concurrency=2, batch=100)
    began = time.perf_counter()
    worker.run(once=True)
    rate = jobs / (time.perf_counter() - began)
    wal = db.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", [before])
    done = db.execute("SELECT count(*) FROM queue.jobs_done WHERE kind = %s", [KIND])
    assert done.fetchone()[0] >= jobs
    say(f"ours: {jobs:,} no-op jobs, batch 100, two threads", f"{rate:,.0f} jobs/s")
    say("ours: WAL from enqueue to done, a job", f"{wal.fetchone()[0] / jobs:,.0f} bytes")
    return rate


def singles(workspace: Workspace, jobs: int) -> float:
    """No-op jobs one by one, each in its own transaction."""
    with workspace.stores.operational.worker() as tx:
        queue.enqueue(tx, *(NewJob(KIND) for _ in range(jobs)))
    handler = Handler(kind=KIND, call=_nothing)
    worker = Worker(workspace, {KIND: handler}, concurrency=4, batch=5)
    began = time.perf_counter()
    worker.run(once=True)
    rate = jobs / (time.perf_counter() - began)
    say(f"ours: {jobs:,} no-op jobs, a transaction each, four threads", f"{rate:,.0f} jobs/s")
    return rate


def claims(db: Any, number: int) -> tuple[float, float]:
    """p50 and p99 of single claims, in milliseconds, each completed."""
    worker, times = uuid4(), []
    shares = db.execute("SELECT uuidv7() FROM generate_series(1, 20)").fetchall()
    for place in range(number):
        db.execute("SELECT queue.enqueue(%s, %s)", [KIND, shares[place % 20][0]])
        began = time.perf_counter()
        rows = db.execute("SELECT job_id, lease_token FROM queue.claim(%s, 1)", [worker]).fetchall()
        times.append(time.perf_counter() - began)
        if rows:
            db.execute("SELECT queue.complete(%s, %s)", [[rows[0][0]], [rows[0][1]]])
    times.sort()
    return 1000 * times[number // 2], 1000 * times[number * 99 // 100]


def fill(db: Any, rows: int, *, due: bool) -> None:
    """Give one organization this many rows, due or in the future."""
    at = (
        "clock_timestamp() - n * interval '1 millisecond'"
        if due
        else ("clock_timestamp() + interval '1 day' + n * interval '1 second'")
    )
    db.execute(
        "INSERT INTO queue.jobs (organization_id, kind, run_at) SELECT o, %s, "
        f"{at} FROM (SELECT uuidv7() AS o) x, generate_series(1, %s) n",
        [KIND, rows],
    )
    db.execute("ANALYZE queue.jobs")
    db.execute("SELECT queue.wake_jobs(share, min(run_at)) FROM queue.jobs GROUP BY share")


def backlogs(db: Any, rows: int, number: int) -> None:
    """Claims without other rows, with future rows, and with due rows."""
    empty = claims(db, number)
    say("claim of one, nothing else: p50, p99", f"{empty[0]:.2f} ms, {empty[1]:.2f} ms")
    for due in (False, True):
        db.execute("TRUNCATE queue.jobs, queue.organization_queue_state")
        fill(db, rows, due=due)
        found = claims(db, number)
        what = f"claim of one, {rows:,} {'due' if due else 'future'} rows: p50, p99, p99 of empty"
        say(what, f"{found[0]:.2f} ms, {found[1]:.2f} ms, × {found[1] / empty[1]:.1f}")


def fairness(db: Any, rows: int) -> None:
    """500 organizations with ten jobs each beside one with a million."""
    db.execute("TRUNCATE queue.jobs, queue.organization_queue_state")
    fill(db, rows, due=True)
    small = {row[0] for row in db.execute("SELECT uuidv7() FROM generate_series(1, 500)")}
    for share in small:
        db.execute(
            "SELECT queue.enqueue_many(jsonb_agg(jsonb_build_object('kind', %s::text, "
            "'organization_id', %s::text))) FROM generate_series(1, 10)",
            [KIND, str(share)],
        )
    worker, taken, claimed, most = uuid4(), Counter[Any](), 0, 0
    while sum(taken[share] for share in small) < 5000 and claimed < 20_000:
        rows_ = db.execute(
            "SELECT job_id, lease_token, organization_id FROM queue.claim(%s, 20)", [worker]
        ).fetchall()
        claimed += len(rows_)
        taken.update(row[2] for row in rows_)
        most = max(most, *Counter(row[2] for row in rows_).values(), 0)
        ids, tokens = [r[0] for r in rows_], [r[1] for r in rows_]
        db.execute("SELECT queue.complete(%s, %s)", [ids, tokens])
    say("jobs claimed until 500 organizations had their 5,000", f"{claimed:,}")


def snapshot(workspace: Workspace, db: Any, jobs: int) -> None:
    """Churn while another session holds an old snapshot."""
    db.execute("TRUNCATE queue.jobs, queue.organization_queue_state")
    before = claims(db, 300)
    with psycopg.connect(workspace.stores.operational.place.admin) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT count(*) FROM queue.jobs")
        throughput(workspace, db, jobs)
        after = claims(db, 300)
    say(f"claim p50 before and after {jobs:,} jobs under a held snapshot",
        f"{before[0]:.2f} ms, {after[0]:.2f} ms, × {after[0] / before[0]:.1f}")  # fmt: skip


def peers(admin: str, jobs: int, ours: float) -> None:
    """Procrastinate and pgqueuer with the same number of no-op jobs."""
    for name, run in (("procrastinate", _procrastinate), ("pgqueuer", _pgqueuer)):
        with psycopg.connect(make_conninfo(admin, dbname="postgres"), autocommit=True) as root:
            root.execute(f"DROP DATABASE IF EXISTS peer_{name}")  # type: ignore[arg-type]
            root.execute(f"CREATE DATABASE peer_{name}")  # type: ignore[arg-type]
        try:
            rate = asyncio.run(run(make_conninfo(admin, dbname=f"peer_{name}"), jobs))
            say(f"{name}: {jobs:,} no-op jobs", f"{rate:,.0f} jobs/s (ours × {ours / rate:.1f})")
        except Exception as error:  # a peer's interface changes: report it and continue
            say(name, f"did not run: {type(error).__name__}: {error}")


async def _procrastinate(conninfo: str, jobs: int) -> float:
    import procrastinate

    peer = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo))

    @peer.task(name="nothing")
    async def nothing() -> None:
        return None

    async with peer.open_async():
        await peer.schema_manager.apply_schema_async()
        await nothing.batch_defer_async(*({} for _ in range(jobs)))
        began = time.perf_counter()
        await peer.run_worker_async(concurrency=100, wait=False, delete_jobs="never")
        return jobs / (time.perf_counter() - began)


async def _pgqueuer(conninfo: str, jobs: int) -> float:
    from pgqueuer import PgQueuer
    from pgqueuer.db import PsycopgDriver
    from pgqueuer.queries import Queries
    from pgqueuer.types import QueueExecutionMode

    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        driver = PsycopgDriver(connection)
        queries = Queries(driver)
        await queries.install()
        await queries.enqueue(["nothing"] * jobs, [None] * jobs, [0] * jobs)
        peer = PgQueuer(driver)

        @peer.entrypoint("nothing")
        async def nothing(_: Any) -> None:
            return None

        began = time.perf_counter()
        await peer.qm.run(batch_size=100, mode=QueueExecutionMode.drain)
        return jobs / (time.perf_counter() - began)


def main() -> None:
    """All figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=float, default=1.0)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    chosen = parser.parse_args()
    if chosen.peers:
        sys.path.append(str(chosen.peers))
    jobs, rows = max(2000, int(50_000 * chosen.size)), max(20_000, int(1_000_000 * chosen.size))
    folder = reachable_folder()
    copy_home(folder)
    try:
        settings = config.load({"home": str(folder)}, environment={})
        with EmbeddedServer(settings.home, lasting=False).running() as server:
            clones = Clones(server)
            with clones.lent() as stores:
                workspace = app.entered(settings, stores)
                admin = stores.operational.place.admin
                with psycopg.connect(admin, autocommit=True) as db:
                    db.execute("SELECT queue.ensure_months()")
                    db.execute("CHECKPOINT")
                    if "rate" in chosen.only:
                        ours = throughput(workspace, db, jobs)
                        singles(workspace, jobs // 10)
                        if chosen.peers:
                            peers(admin, jobs // 10, ours)
                    if "claims" in chosen.only:
                        backlogs(db, rows, 500)
                    if "fairness" in chosen.only:
                        fairness(db, rows)
                    if "snapshot" in chosen.only:
                        snapshot(workspace, db, jobs // 2)
            clones.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
