"""Work that a request leaves behind, so that its time does not tell what was found (AC8)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import BoundedSemaphore

_LOG = logging.getLogger(__name__)
_MOST = 1_000


class Later:
    """One thread that works in order; at most so many pieces of work wait, more are dropped.

    What fails is logged by the name of its error only: its words could hold an address (AC10).
    """

    def __init__(self, most: int = _MOST) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="letters")
        self._room = BoundedSemaphore(most)

    def do(self, work: Callable[[], object]) -> None:
        """Do it soon, at the clock of who asks."""
        if not self._room.acquire(blocking=False):
            _LOG.warning("too many letters wait; one was dropped")
            return
        self._pool.submit(copy_context().run, self._try, work)

    def wait(self) -> None:
        """Return when all that was asked for until now is done."""
        self._pool.submit(int).result()

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            _LOG.error("a letter could not be sent: %s", type(error).__name__)
        finally:
            self._room.release()
