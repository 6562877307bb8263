"""Wakes workers when jobs are added: at most twenty notifications a second per process (Q25).

A notification is sent after the commit, in its own transaction: NOTIFY in every enqueueing
transaction would serialize their commits.
"""

from __future__ import annotations

import contextlib
import threading
import time
from weakref import WeakKeyDictionary

from wavehouse.kernel.errors import WavehouseError
from wavehouse.queue.queries import leases
from wavehouse.store import Database, Operational

CHANNEL = "wavehouse_queue"
_GAP = 0.05
_guard = threading.Lock()
_wakers: WeakKeyDictionary[Database[Operational], Waker] = WeakKeyDictionary()


class Waker:
    """The notifications of one process to one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0.0
        self._waiting = False
        self.sent = 0

    def wake(self, database: Database[Operational]) -> None:
        """Send a notification now, or one for all calls within the minimum gap."""
        with self._lock:
            if self._waiting:
                return
            wait = self._last + _GAP - time.monotonic()
            self._waiting = True
        if wait <= 0:
            self._send(database)
            return
        timer = threading.Timer(wait, self._send, [database])
        timer.daemon = True
        timer.start()

    def _send(self, database: Database[Operational]) -> None:
        with self._lock:
            self._waiting = False
            self._last = time.monotonic()
            self.sent += 1
        # Workers also poll, so a lost notification only delays jobs.
        with contextlib.suppress(WavehouseError), database.worker() as tx:
            leases.notify(tx)


def waker_of(database: Database[Operational]) -> Waker:
    """The process's waker of a database."""
    with _guard:
        return _wakers.setdefault(database, Waker())


def wake(database: Database[Operational]) -> None:
    """Wake the workers of a database."""
    waker_of(database).wake(database)
