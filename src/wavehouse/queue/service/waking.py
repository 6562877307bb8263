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
_PATIENCE = 20.0
_guard = threading.Lock()
_wakers: WeakKeyDictionary[Database[Operational], Waker] = WeakKeyDictionary()


class Waker:
    """The notifications of one process to one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0.0
        self._waiting = False
        self._timer: threading.Timer | None = None
        self.sent = 0

    def wake(self, database: Database[Operational]) -> None:
        """Send a notification now, or one for all calls within the minimum gap."""
        with self._lock:
            if self._waiting:
                return
            wait = self._last + _GAP - time.monotonic()
            self._waiting = True
            if wait > 0:
                self._timer = threading.Timer(wait, self._send, [database])
                self._timer.daemon = True
                self._timer.start()
                return
        self._send(database)

    def stop(self) -> None:
        """Drop a waiting notification, or wait until it is sent: the database is being closed."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is None:
            return
        timer.cancel()
        timer.join(_PATIENCE)
        with self._lock:
            self._waiting = False

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
        if database not in _wakers:
            _wakers[database] = Waker()
            database.before_closing(_wakers[database].stop)
        return _wakers[database]


def wake(database: Database[Operational]) -> None:
    """Wake the workers of a database."""
    waker_of(database).wake(database)
