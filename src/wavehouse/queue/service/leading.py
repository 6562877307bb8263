"""The leader's duties: rescues, schedules, partitions (Q20, Q26). Every write carries its term."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from wavehouse.kernel import clock
from wavehouse.kernel.processes import is_running, machine
from wavehouse.queue import rules
from wavehouse.queue.queries import leases, reading
from wavehouse.queue.types import Plan, Schedule
from wavehouse.store import Database, Operational

RENEW, RESCUE, TIDY = 3.0, 2.0, 3600.0
KEEP_DAYS = 90
_KEPT = timedelta(hours=1)
"""Successful jobs that recur more often than this are not stored individually."""


class Leader:
    """The leadership of one worker, while it lasts."""

    def __init__(self, database: Database[Operational], worker_id: UUID) -> None:
        self._database = database
        self._worker_id = worker_id
        self._due: dict[str, float] = {}
        self.term: int | None = None
        self.next_schedule = 0.0

    def announce(self, plans: Sequence[Plan]) -> None:
        """Store the schedules that this process can handle."""
        with self._database.worker() as tx:
            for plan in plans:
                first = plan.first if plan.first is not None else plan.every
                reading.put_schedule(
                    tx,
                    name=plan.name,
                    kind=plan.kind,
                    every=plan.every,
                    cron=plan.cron,
                    first=first if first is not None else timedelta(0),
                )

    def work(self) -> bool:
        """Run the due duties. True when jobs were created."""
        made = False
        self._when("neighbours", RESCUE, self._remove_dead_neighbours)
        self._when("renew", RENEW, self._renew)
        if self.term is not None:
            self._when("rescue", RESCUE, self._rescue)
            self._when("tidy", TIDY, self._tidy)
            if time.monotonic() >= self.next_schedule:
                made = self.tick()
        return made

    def _when(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        if time.monotonic() >= self._due.get(name, 0.0):
            action()
            self._due[name] = time.monotonic() + seconds

    def _renew(self) -> None:
        with self._database.worker() as tx:
            self.term = leases.lead(tx, worker_id=self._worker_id)

    def _remove_dead_neighbours(self) -> None:
        """Remove workers of this machine whose process has ended, before their heartbeat is missed.

        Their jobs are rescued immediately, and a dead leader's leadership ends.
        """
        with self._database.worker() as tx:
            for neighbour in reading.neighbours(tx, host=machine()):
                if not is_running(neighbour.pid):
                    leases.leave(tx, worker_id=neighbour.worker_id)

    def _rescue(self) -> None:
        with self._database.worker() as tx:
            if self.term is not None:
                leases.rescue(tx, term=self.term)

    def _tidy(self) -> None:
        with self._database.worker() as tx:
            leases.ensure_months(tx)
            leases.drop_done(tx, days=KEEP_DAYS)
            if self.term is not None:
                leases.sweep_workers(tx, term=self.term)

    def tick(self) -> bool:
        """Create the jobs of due schedules."""
        made = False
        with self._database.worker() as tx:
            for schedule in reading.due_schedules(tx):
                keep = schedule.every is None or schedule.every >= _KEPT
                job = leases.tick(
                    tx,
                    term=self.term or 0,
                    schedule_id=schedule.schedule_id,
                    due=schedule.next_run_at,
                    following=_following(schedule),
                    keep=keep,
                )
                made = made or job is not None
            wait = reading.next_schedule(tx)
        seconds = 5.0 if wait is None else min(wait.total_seconds(), 5.0)
        if seconds <= 0:  # a schedule without a worker for it stays due; avoid a busy loop
            seconds = 0.02 if made else 1.0
        self.next_schedule = time.monotonic() + seconds
        return made


def _following(schedule: Schedule) -> datetime | None:
    """The next time of a cron expression; the database computes it for intervals."""
    return rules.next_time(schedule.cron, clock.now()) if schedule.cron else None
