"""``wavehouse doctor`` checks and ``/metrics`` values of the queue (Q28)."""

from __future__ import annotations

from collections.abc import Iterator

from wavehouse.accounts import Identity
from wavehouse.kernel.findings import Finding, Measure
from wavehouse.queue.queries import reading
from wavehouse.queue.service import managing
from wavehouse.store import Stores
from wavehouse.workspace import Workspace

LATE = 300
"""Seconds a due job may wait before ``doctor`` reports it."""
LANES = ("interactive", "scheduled", "backfill")


def queue(workspace: Workspace) -> Finding:
    """Depth of each lane and age of the oldest due job; kinds that no worker handles."""
    with workspace.stores.operational.worker() as tx:
        stats = managing.stats(tx, identity=workspace.identity, system=True)
        orphans = reading.orphans(tx) if stats.workers else []
    if orphans:
        return Finding(
            "queue", False, f"no worker can run {', '.join(orphans)}", "wavehouse jobs list"
        )
    shown = ", ".join(
        f"{LANES[depth.lane]} {depth.due} due, {depth.running} running" for depth in stats.depths
    )
    oldest = max(depth.oldest_due_seconds for depth in stats.depths)
    late = oldest > LATE and not stats.paused
    if late:
        shown += f", the oldest has waited {oldest} s"
    return Finding("queue", not late, shown, "wavehouse work" if late else "")


def dead_letter(workspace: Workspace) -> Finding:
    """Jobs that used up their attempts."""
    with workspace.stores.operational.worker() as tx:
        stats = managing.stats(tx, identity=workspace.identity, system=True)
    dead = sum(ended.number for ended in stats.ended if ended.status == "dead")
    command = "wavehouse jobs list --status dead" if dead else ""
    return Finding("dead letter", not dead, f"{dead} jobs", command)


def tables(workspace: Workspace) -> Finding:
    """Dead rows, HOT updates of heartbeats, the oldest transaction, lost leases."""
    with workspace.stores.operational.worker() as tx:
        health = reading.health(tx)
        lost = sum(worker.lost_leases for worker in reading.workers(tx))
    crowded = health.dead_rows > 10_000 and health.dead_rows > health.live_rows
    old = health.oldest_transaction_seconds > 3600
    hot = "–" if health.hot_percent is None else f"{health.hot_percent} %"
    message = (
        f"{health.live_rows} live and {health.dead_rows} dead rows, heartbeats in place {hot}, "
        f"oldest transaction {health.oldest_transaction_seconds} s, {lost} leases lost"
    )
    return Finding("queue tables", not (crowded or old), message)


def measures(stores: Stores, *, identity: Identity) -> Iterator[Measure]:
    """Depth of the organization's queue, and the outcomes of the last day's jobs."""
    with stores.operational.app(identity.organization_id) as tx:
        stats = managing.stats(tx, identity=identity)
    for depth in stats.depths:
        lane = {"lane": LANES[depth.lane]}
        yield Measure("wavehouse_jobs_due", depth.due, lane)
        yield Measure("wavehouse_jobs_running", depth.running, lane)
        yield Measure(
            "wavehouse_jobs_oldest_due_seconds",
            depth.oldest_due_seconds,
            lane,
        )
    for ended in stats.ended:
        yield Measure(
            "wavehouse_jobs_ended",
            ended.number,
            {"status": ended.status},
        )
