"""Work that a request leaves behind, so that its response time reveals nothing (AC8)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from queue import Full, Queue
from threading import Lock, Thread

_LOG = logging.getLogger(__name__)
_MOST = 1_000


class Later:
    """One thread that works in order; at most so many pieces of work wait, more are dropped.

    What fails is logged by the name of its error only: its words could hold an address (AC10).
    What waits when the program ends is lost, so that no mail server can hold the end up; a user who
    misses an email asks for another.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._waiting: Queue[Callable[[], object]] = Queue(most)
        self._thread: Thread | None = None
        self._lock = Lock()

    def do(self, work: Callable[[], object]) -> None:
        """Run it soon, at the caller's clock."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._work, name="letters", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(partial(copy_context().run, work))
        except Full:
            _LOG.warning("too many emails are waiting; one was dropped")

    def wait(self) -> None:
        """Return when nothing waits any more."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            work = self._waiting.get()
            try:
                work()
            except Exception as error:
                _LOG.error("an email could not be sent: %s", type(error).__name__)
            finally:
                self._waiting.task_done()
