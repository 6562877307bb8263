"""Undo a restore: the state before it is back, and people who were erased since are erased there.

The undo is continued when it was stopped: ``restore.json`` says how far it came.
"""

from __future__ import annotations

from pathlib import Path

from wavehouse.backups import adapters
from wavehouse.backups.service import restoring, states
from wavehouse.backups.types import Pending, Restored
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import Refused
from wavehouse.store import EmbeddedServer


def undo(
    settings: Settings,
    *,
    finish: restoring.Finish,
    say: restoring.Say = lambda _: None,
) -> Restored | None:
    """Return to the state before the last restore in place; both states stay on disk.

    The home is not ready until ``finish`` has repeated the erasures: the ledger may have some from
    after the restore. None for a restore that was stopped before it copied anything: the state
    came back as it was. Refused without an earlier state.
    """
    home = settings.home
    pending = adapters.read_pending(home)
    if pending is not None and pending.undone is None and not pending.moved:
        _stop_moving(home, pending)
        return None
    if pending is None or pending.undone is None:
        pending = _beginning(home, pending)
    with EmbeddedServer(home).removable() as data:
        pending = states.take_back(home, data, pending)
    return restoring.complete(home, pending, finish=finish, say=say)


def _beginning(home: Path, pending: Pending | None) -> Pending:
    """What the undo is going to do; nothing has moved yet."""
    if pending is not None and pending.kept_aside is not None:
        former = states.inside(home, pending.kept_aside)
    else:
        kept = sorted(home.glob("before-restore-*"))
        if not kept:
            raise Refused("no restore has kept an earlier state", where=str(home))
        former = kept[-1]
    return states.undo_of(home, former)


def _stop_moving(home: Path, pending: Pending) -> None:
    """Bring back what a restore had moved when it was stopped; nothing was copied yet."""
    if pending.kept_aside is None:
        raise Refused(
            "the restore into this new home was stopped before it copied anything",
            where=str(home),
            hint="Delete the folder, and restore again.",
        )
    with EmbeddedServer(home).removable():
        states.bring_back(home, states.inside(home, pending.kept_aside))
        adapters.clear_pending(home)
