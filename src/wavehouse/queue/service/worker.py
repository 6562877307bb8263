"""A worker process: one thread claims, sends heartbeats, leads and listens; N threads run jobs.

Handlers write in their own transactions; this loop writes only leases and heartbeats. Its steps are
short, so that no job delays a heartbeat.
"""

from __future__ import annotations

import contextvars
import os
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from uuid import uuid4

from wavehouse import __version__
from wavehouse.kernel import terminal
from wavehouse.kernel.errors import Unreachable
from wavehouse.kernel.processes import machine
from wavehouse.queue import rules
from wavehouse.queue.queries import leases
from wavehouse.queue.service.leading import Leader
from wavehouse.queue.service.running import Runner
from wavehouse.queue.service.waking import CHANNEL
from wavehouse.queue.types import Handler, Lease, Plan
from wavehouse.store import notices
from wavehouse.workspace import Reader, Workspace

BEAT = 10.0
BUSY, IDLE = 1.0, 5.0
GRACE = 30.0
_RETRY = 0.01


class Worker:
    """Claims and runs the jobs of one database until it is stopped."""

    def __init__(
        self,
        workspace: Workspace,
        handlers: Mapping[str, Handler],
        plans: Sequence[Plan] = (),
        *,
        concurrency: int = 4,
        batch: int = 1,
        name: str = "worker",
        say: Callable[[str], None] | None = None,
        readers: Mapping[str, Reader] | None = None,
    ) -> None:
        self._database = workspace.stores.operational
        self._database.most_connections = max(self._database.most_connections, concurrency + 6)
        self._server = workspace.stores.server
        self._handlers, self._plans = handlers, plans
        self._concurrency, self._batch, self._name = concurrency, batch, name
        self._say = say or terminal.say
        self.worker_id = uuid4()
        self._runner = Runner(workspace, handlers, self._say, readers or {})
        self._leader = Leader(self._database, self.worker_id)
        self._stop, self._wake = threading.Event(), threading.Event()
        self._running: dict[Future[None], list[Lease]] = {}
        self._turn = 0
        self._next_beat = 0.0
        self._since: datetime | None = None
        self._last_work = time.monotonic()
        self.claims = 0

    def stop(self) -> None:
        """Claim no more jobs; running ones may finish (Q24)."""
        self._stop.set()
        self._wake.set()

    def run(self, *, once: bool = False, grace: float = GRACE) -> None:
        """Work until ``stop``, or with ``once`` until nothing is due."""
        ear = threading.Thread(target=self._listen, name="queue ear", daemon=True)
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="job") as pool:
            entered = False
            ear.start()
            while not self._stop.is_set():
                try:
                    if not entered:
                        self._enter()
                        entered = True
                    if self._step(pool, once=once):
                        break
                except Unreachable:
                    entered = False
                    self._stop.wait(_RETRY + random.random())  # noqa: S311 - a jitter
                except Exception as error:  # the next iteration may succeed
                    self._say(f"the worker continues after {type(error).__name__}: {error}")
                    self._stop.wait(BUSY)
            self._drain(pool, grace)
        self._stop.set()
        ear.join(timeout=5)

    # --- the loop ---------------------------------------------------------------------------------

    def _enter(self) -> None:
        with self._database.worker() as tx:
            leases.ensure_months(tx)
            leases.enter(
                tx,
                worker_id=self.worker_id,
                name=self._name,
                host=machine(),
                pid=os.getpid(),
                kinds=sorted(self._handlers),
                release=__version__,
            )
        self._leader.announce(self._plans)
        self._leader.next_schedule = 0.0

    def _step(self, pool: ThreadPoolExecutor, *, once: bool) -> bool:
        """One iteration of the loop; True when nothing is left to do (``once``)."""
        self._wake.clear()
        self._collect()
        if time.monotonic() >= self._next_beat:
            self._beat()
        self._leader.work()
        free = self._concurrency - len(self._running)
        claimed = self._claim(free * self._batch) if free > 0 else []
        for group in self._runner.groups(claimed):
            for first in range(0, len(group), self._batch):
                part = group[first : first + self._batch]
                future = pool.submit(contextvars.copy_context().run, self._runner.run, part)
                self._running[future] = part
                future.add_done_callback(lambda _: self._wake.set())
        if claimed:
            self._last_work = time.monotonic()
        elif once and not self._running:
            return True
        if not claimed or len(self._running) >= self._concurrency:
            self._wake.wait(self._patience())
        return False

    def _patience(self) -> float:
        now = time.monotonic()
        busy = bool(self._running) or now - self._last_work < BUSY
        longest = (BUSY if busy else IDLE) * random.uniform(0.8, 1.2)  # noqa: S311 - a jitter
        due = [self._next_beat, now + 1.0]
        if self._leader.term is not None:
            due.append(self._leader.next_schedule)
        return max(0.0, min(longest, min(due) - now))

    def _claim(self, limit: int) -> list[Lease]:
        with self._database.worker() as tx:
            leases.claim_without_sync(tx)
            claimed = leases.claim(
                tx,
                worker_id=self.worker_id,
                limit=limit,
                lanes=rules.lanes_of_turn(self._turn),
                kinds=sorted(self._handlers),
                since=self._since,
            )
        self._turn += 1
        self.claims += 1
        return claimed

    def _beat(self) -> None:
        lost, self._runner.lost = self._runner.lost, 0
        with self._database.worker() as tx:
            alive = leases.heartbeat(
                tx, worker_id=self.worker_id, draining=self._stop.is_set(), lost=lost
            )
            held = leases.held(tx, worker_id=self.worker_id)
            self._since = leases.oldest_turn(tx)
        self._runner.compare(held)
        mine = {lease.lease_token for group in self._running.values() for lease in group}
        self._runner.give_up(each for each in held if each.lease_token not in mine)
        if not alive:
            self._enter()
        self._next_beat = time.monotonic() + BEAT

    def _collect(self) -> None:
        """Remove finished groups; re-raise errors of the runner itself."""
        for future in [each for each in self._running if each.done()]:
            del self._running[future]
            future.result()

    def _drain(self, pool: ThreadPoolExecutor, grace: float) -> None:
        """Release jobs not yet started, wait for running ones, unregister (Q24)."""
        unstarted = [lease for f, group in self._running.items() if f.cancel() for lease in group]
        self._running = {f: group for f, group in self._running.items() if not f.cancelled()}
        self._runner.stop()
        try:
            if unstarted:
                self._runner.release(unstarted)
            until = time.monotonic() + grace
            while self._running and time.monotonic() < until:
                wait(self._running, timeout=min(BEAT, max(0.0, until - time.monotonic())))
                self._collect()
                if self._running:
                    self._beat()
            with self._database.worker() as tx:
                leases.leave(tx, worker_id=self.worker_id)
        except Unreachable:
            return  # the next leader takes back what this worker held

    def _listen(self) -> None:
        """Wake the loop on notifications; restart the embedded server when it has died."""
        for _ in notices(self._database, CHANNEL, self._stop, lost=self._revive):
            self._wake.set()

    def _revive(self) -> None:
        if self._server is not None and not self._stop.is_set() and self._server.revive():
            self._say("The embedded PostgreSQL had stopped and was restarted.")
