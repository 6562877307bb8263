"""Work that needs locks, retried within the runner's patience.

A long wait for a lock would queue every reader behind this migration; a short wait, a rollback and
a pause let them through (see docs/guides/migrations.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from wavehouse.schema.service.blocking import watched
from wavehouse.schema.service.failures import RETRIED, busy
from wavehouse.schema.service.session import Session, pauses
from wavehouse.schema.types import SqlFile

Result = TypeVar("Result")


def patiently(session: Session, file: SqlFile, work: Callable[[], Result]) -> tuple[Result, int]:
    """The result of the work, and the number of retries.

    Raises SchemaBusy when the locks are not free in time; the last attempt is watched, so that the
    error names the sessions that hold them.
    """
    started = time.monotonic()
    for retries, pause in enumerate(pauses()):
        try:
            return work(), retries
        except RETRIED:
            if time.monotonic() - started >= session.patience.retry_seconds:
                break
            time.sleep(pause)
    with watched(session) as blockers:
        try:
            return work(), retries + 1
        except RETRIED as error:
            last = error
    raise busy(file, retries + 2, last, blockers)
