"""The sessions that block a statement, read from the server while it waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema import queries
from wavehouse.schema.adapters.server import another
from wavehouse.schema.service.session import Session
from wavehouse.schema.types import Blocker

_LOOK_SECONDS = 0.01
_CONNECT_SECONDS = 5


@contextmanager
def watched(session: Session) -> Iterator[set[Blocker]]:
    """Collect the sessions and prepared transactions that block ours while the work runs."""
    blockers: set[Blocker] = set()
    done, ready = threading.Event(), threading.Event()
    pid = session.connection.info.backend_pid

    def look() -> None:
        with suppress(psycopg.Error, WavehouseError), another(session.connection) as watcher:
            ready.set()
            while not done.wait(_LOOK_SECONDS):
                blockers.update(queries.blockers(watcher, pid=pid))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    ready.wait(_CONNECT_SECONDS)
    try:
        yield blockers
    finally:
        done.set()
        thread.join(5)
