"""The audit log: inserts beside a plain table, and the verification of a million entries.

Eight writers, one commit for each entry, on the audit log (hash, indexes, while it is sealed every
second) and on two tables without triggers: with the same indexes, and with the key alone. Rounds
alternate, and the median of their ratios counts. Then a million entries: sealed, verified in the
database, exported, and verified from the file alone.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ground
import psycopg
from measuring import Figure, Took, main, per_second, stopwatch, times
from psycopg import sql

from wavehouse import audit
from wavehouse.audit import SealFolder
from wavehouse.audit.rules import checking
from wavehouse.audit.service import verifying
from wavehouse.workspace import Workspace

WRITERS = 8
ROUNDS = 5
INSERTS = 2_000
ENTRIES = 1_000_000
BATCH = 100_000
PLAIN = """
    CREATE SCHEMA bench;
    CREATE TABLE bench.indexed (LIKE audit.audit_log INCLUDING ALL);
    CREATE TABLE bench.key_only (LIKE audit.audit_log INCLUDING DEFAULTS);
    ALTER TABLE bench.key_only ADD PRIMARY KEY (audit_id);
    GRANT USAGE ON SCHEMA bench TO wavehouse_operational_worker;
    GRANT INSERT ON ALL TABLES IN SCHEMA bench TO wavehouse_operational_worker
"""
INSERT = """
    INSERT INTO {} (at, actor, action, resource_type, resource_id, metadata, content_hash, xact_id)
    VALUES (now(), 'system:bench', 'thing.done', 'thing', %s, '{{"rows": 7, "title": "Zoë"}}',
            sha256('x'), pg_current_xact_id())
"""
MANY = """
    INSERT INTO audit.audit_log (at, actor, action, resource_type, resource_id, metadata)
    SELECT now() + n * interval '1 ms', 'user:' || n %% 100, 'thing.done', 'thing', n::text,
           jsonb_build_object('rows', n, 'title', 'Zoë') FROM generate_series(%s::int, %s::int) n
"""


def figures(size: float) -> Iterator[Figure]:
    """First the inserts, then the million."""
    with ground.workspace() as workspace:
        yield from _inserts(workspace, max(80, round(INSERTS * min(size, 1))))
    with ground.workspace() as workspace:
        yield from _verified(workspace, max(1_000, round(ENTRIES * size)))


def _inserts(workspace: Workspace, number: int) -> Iterator[Figure]:
    with ground.superuser(workspace) as connection:
        for statement in PLAIN.split(";"):
            connection.execute(statement.encode())
    tables = ("audit.audit_log", "bench.indexed", "bench.key_only")
    took: dict[str, list[float]] = {table: [] for table in tables}
    conninfo = workspace.stores.operational.place.conninfo("worker")
    connections = [psycopg.connect(conninfo, autocommit=True) for _ in range(WRITERS)]
    try:
        for turn in range(ROUNDS + 1):
            for table in tables:
                seconds = _sealed_while(workspace, lambda t=table: _written(connections, t, number))
                if turn:  # the first round warms up
                    took[table].append(seconds)
    finally:
        for each in connections:
            each.close()
    ours = took["audit.audit_log"]
    for table, what, goal in (
        ("bench.indexed", "a plain table with the same indexes", 1.5),
        ("bench.key_only", "a plain table with its key alone", None),
    ):
        ratio = statistics.median(a / b for a, b in zip(ours, took[table], strict=True))
        yield Figure(
            f"audit inserts, {WRITERS} writers, beside {what}",
            per_second(number, statistics.median(ours)),
            per_second(number, statistics.median(took[table])),
            times(ratio),
            f"≤ {goal} x" if goal else "–",
            ratio <= goal if goal else None,
        )


def _written(connections: list[psycopg.Connection], table: str, number: int) -> float:
    """Seconds of ``number`` inserts by all writers, each its own transaction."""
    schema, _, name = table.partition(".")
    statement = sql.SQL(INSERT).format(sql.Identifier(schema, name))

    def write(connection: psycopg.Connection) -> None:
        for row in range(number // WRITERS):
            connection.execute(statement, [str(row)])

    began = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, connections))
    return time.perf_counter() - began


def _sealed_while(workspace: Workspace, work: Callable[[], float]) -> float:
    """The result of the work, while the log is sealed every second, in every round alike."""
    stop = threading.Event()
    folder = SealFolder.of(workspace.settings)

    def sealing() -> None:
        while not stop.wait(1):
            audit.seal(workspace.stores, identity=workspace.identity, folder=folder)

    thread = threading.Thread(target=sealing)
    thread.start()
    try:
        return work()
    finally:
        stop.set()
        thread.join()


def _verified(workspace: Workspace, number: int) -> Iterator[Figure]:
    folder = SealFolder.of(workspace.settings)
    for first in range(1, number + 1, BATCH):
        with workspace.stores.operational.worker() as tx:
            tx.execute(MANY, [first, min(number, first + BATCH - 1)])
    server = next(workspace.settings.home.rglob("postmaster.pid")).parent
    with stopwatch(server) as took:
        sealed = audit.seal(
            workspace.stores, identity=workspace.identity, folder=folder, logs=["operational"]
        )[0]
    yield Figure(f"seal of {sealed.entries:,} entries", _seconds(took))
    goals = (5 * number / ENTRIES, 10 * number / ENTRIES)
    with stopwatch(server) as took:
        result = audit.verify(
            workspace.stores, identity=workspace.identity, folder=folder, logs=["operational"]
        )[0]
    assert result.ok, result.findings[:3]
    yield Figure(
        f"{result.entries:,} entries verified in the database",
        _seconds(took),
        goal=f"≤ {goals[0]:.1f} s",
        met=took.wall <= goals[0],
    )
    path = workspace.settings.home / "log.ndjson"
    with path.open("wb") as file:
        verifying.export(
            workspace.stores,
            identity=workspace.identity,
            folder=folder,
            log="operational",
            write=file.write,
        )
    with stopwatch() as took:
        _offline(path, folder)
    yield Figure(
        f"{result.entries:,} entries verified from a file, {path.stat().st_size / 2**20:,.0f} MiB",
        _seconds(took),
        goal=f"≤ {goals[1]:.1f} s",
        met=took.wall <= goals[1],
    )


def _offline(path: Path, folder: SealFolder) -> None:
    with path.open("rb") as lines:
        verified = checking.verify_export(lines, trusted=folder.public_keys())
    assert verified.ok, verified.findings[:3]


def _seconds(took: Took) -> str:
    return f"{took.wall:.2f} s ({took.cpu:.1f} s CPU)"


if __name__ == "__main__":
    main(__doc__ or "", figures)
