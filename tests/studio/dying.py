"""A program that works on one due slot and kills itself at its n-th write: a commit or a file.

The kill tests start it with the database's address, the store's folder and n. An even n dies before
the write, an odd one after it. It prints the number of writes when it survives.
"""

from __future__ import annotations

import base64
import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from wavehouse.store import Database
from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.studio.service import generating
from wavehouse.studio.service.generation.places import Place
from wavehouse.studio.service.generation.running import run_next

writes = 0


def dying(write: Callable[..., Any], last: int) -> Callable[..., Any]:
    """The same write, with the kill before or after the wanted one."""

    def counted(*arguments: Any, **named: Any) -> Any:
        global writes
        writes += 1
        if writes == last // 2 + 1 and last % 2 == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = write(*arguments, **named)
        if writes == last // 2 + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return counted


def main() -> None:
    """Work on one slot, or die."""
    location, folder, last = sys.argv[1:4]
    database: Database[Any] = Database(pickle.loads(base64.b64decode(location)))  # noqa: S301
    place = Place(database, FolderStore(Path(folder)), "https://pod.example")
    with generating.worker(database) as worker_id:
        psycopg.Connection.commit = dying(psycopg.Connection.commit, int(last))  # type: ignore[method-assign]
        Path.replace = dying(Path.replace, int(last))  # type: ignore[method-assign]
        run_next(place, worker_id=worker_id)
    print(writes)


main()
