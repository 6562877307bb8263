"""Work done after the response, so that the response time reveals nothing (AC8)."""

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
    """A thread that runs tasks in order. Its queue is bounded; further tasks are dropped.

    A failure is logged by the name of its error only, as the message could hold an address (AC10).
    Queued tasks are lost when the process ends, so that no mail server can delay shutdown; a user
    who misses an email can request another.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._waiting: Queue[Callable[[], object]] = Queue(most)
        self._thread: Thread | None = None
        self._lock = Lock()

    def do(self, work: Callable[[], object]) -> None:
        """Queue a task; it runs soon, with the caller's clock."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._work, name="letters", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(partial(copy_context().run, work))
        except Full:
            _LOG.warning("the email queue is full; one email was dropped")

    def wait(self) -> None:
        """Return when the queue is empty."""
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
