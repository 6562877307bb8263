"""The smoke cycle (OPS-2): a whole ladder up, down and up again by the runner itself.

Verify holds each down against its own up. This holds all of them together, with the history, the
checks and the locks of a real run.
"""

from __future__ import annotations

from pathlib import Path

from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.adapters.server import connected
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.rules.differences import differences
from wavehouse.schema.rules.layouts import Layout
from wavehouse.schema.service.ladder import read_ladder, readable_down
from wavehouse.schema.service.use_cases import apply, rollback
from wavehouse.schema.types import Migration, SmokeResult, Snapshot


def smoke(shadow: Shadow, folder: Path, layout: Layout) -> SmokeResult:
    """Walk a ladder up, down as far as it goes, and up again, in a shadow database.

    Roles that its files name must be there, as they are after ``verify``.
    """
    ladder = read_ladder(folder, layout)
    floor = next((one for one in reversed(ladder) if not _goes_down(one)), None)
    undone = len(ladder) - (ladder.index(floor) + 1 if floor else 0)
    stays = floor.version if floor else None
    step = "apply"
    with shadow.database() as conninfo:
        try:
            if stays is not None:
                apply(conninfo, folder, layout=layout, to=stays, hash_each=False)
            before = _look(conninfo)
            apply(conninfo, folder, layout=layout, hash_each=False)
            after = _look(conninfo)
            step = "rollback"
            if undone:
                rollback(conninfo, folder, layout=layout, steps=undone)
            left = differences(before, _look(conninfo))
            step = "reapply"
            apply(conninfo, folder, layout=layout, hash_each=False)
        except WavehouseError as error:
            return SmokeResult(len(ladder), undone, stays, failed=step, error=str(error))
        return SmokeResult(len(ladder), undone, stays, left, differences(after, _look(conninfo)))


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
