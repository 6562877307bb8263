"""The smoke cycle (OPS-2): the runner applies a whole ladder, rolls it back and applies it again.

Verify compares each down file with its own up file. This runs all of them together, with the
history, the checks and the locks of a real run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg

from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.adapters.server import connected
from wavehouse.schema.adapters.shadow import Shadow, make_missing_role
from wavehouse.schema.rules.differences import differences
from wavehouse.schema.rules.layouts import Layout
from wavehouse.schema.service.ladder import read_ladder, readable_down
from wavehouse.schema.service.use_cases import apply, rollback
from wavehouse.schema.types import Migration, SmokeResult, Snapshot

_MOST_ROLES = 50


def smoke(shadow: Shadow, folder: Path, layout: Layout) -> SmokeResult:
    """Walk a ladder up, down as far as possible, and up again, in a shadow database.

    Roles that its files name but do not create are created, without login.
    """
    ladder = read_ladder(folder, layout)
    floor = next((migration for migration in reversed(ladder) if not _goes_down(migration)), None)
    undone = len(ladder) - (ladder.index(floor) + 1 if floor else 0)
    stays = floor.version if floor else None
    step = "apply"
    with shadow.database() as conninfo:
        up = partial(apply, conninfo, folder, layout=layout, hash_each=False)
        try:
            if stays is not None:
                _with_roles(conninfo, partial(up, to=stays))
            before = _look(conninfo)
            _with_roles(conninfo, up)
            after = _look(conninfo)
            step = "rollback"
            if undone:
                down = partial(rollback, conninfo, folder, layout=layout, steps=undone)
                _with_roles(conninfo, down)
            left = differences(before, _look(conninfo))
            step = "reapply"
            _with_roles(conninfo, up)
        except WavehouseError as error:
            return SmokeResult(len(ladder), undone, stays, failed=step, error=str(error))
        return SmokeResult(len(ladder), undone, stays, left, differences(after, _look(conninfo)))


def _with_roles(conninfo: str, work: Callable[[], object]) -> None:
    """Do the work, and repeat it for each missing role that is then created."""
    for _ in range(_MOST_ROLES):
        try:
            work()
            return
        except WavehouseError as error:
            cause = error.__cause__
            while cause is not None and not isinstance(cause, psycopg.Error):
                cause = cause.__cause__
            with connected(conninfo) as connection:
                if cause is None or not make_missing_role(connection, cause):
                    raise


def _goes_down(migration: Migration) -> bool:
    if migration.down is None:
        return False
    try:
        readable_down(migration)
    except WavehouseError:
        return False
    return True


def _look(conninfo: str) -> Snapshot:
    with connected(conninfo) as connection:
        return objects(connection)
