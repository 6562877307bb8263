"""The state of a home, as folders: what a restore moves away, and what is moved back.

Everything is moved by renames within the home, so that each of them can be repeated after a kill.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from wavehouse.backups import adapters
from wavehouse.backups.types import Pending
from wavehouse.kernel import clock, files
from wavehouse.kernel.errors import Refused

_KEPT = {
    "backups",
    "erasure",
    "programs",
    "restore.json",
    "serving.json",
    "start.lock",
    "users.lock",
}
"""What a restore keeps: the ledger of erasures above all."""


def folder(home: Path, *, prefix: str) -> Path:
    """The name of a new folder of the home, for a state that is set aside."""
    return home / f"{prefix}{clock.now():%Y%m%dT%H%M%S%fZ}"


def inside(home: Path, path: str | None) -> Path:
    """The folder of that name in the home, which may have been moved since it was written down."""
    if path is None:
        raise Refused("restore.json names no earlier state", where=str(home))
    return home / Path(path).name


def set_aside(home: Path, data: Path, target: Path) -> None:
    """Move the home's state, or what is left of it there, into a folder of the home."""
    target.mkdir(mode=0o711, exist_ok=True)
    for path in _of_state(home, data):
        path.rename(target / path.name)


def bring_back(home: Path, former: Path) -> None:
    """Move a state that was set aside back, or what is left of it there; its folder goes."""
    if not former.is_dir():
        return
    for path in sorted(former.iterdir()):
        path.rename(home / path.name)
    former.rmdir()


def clear(home: Path, data: Path) -> None:
    """Remove the state of a new home."""
    for path in _of_state(home, data):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _of_state(home: Path, data: Path) -> list[Path]:
    return [
        path
        for path in sorted(home.iterdir())
        if path == data or not (path.name in _KEPT or path.name.startswith(files.KEPT_ASIDE))
    ]


def undo_of(home: Path, former: Path) -> Pending:
    """An undo that has moved nothing yet: back to ``former``, which a restore has set aside."""
    now = clock.now()
    undone = folder(home, prefix="undone-restore-")
    return Pending(
        former.name, now, now, str(former), moved=False, copied=False, undone=str(undone)
    )


def take_back(home: Path, data: Path, pending: Pending) -> Pending:
    """Exchange the home's state for the one that a restore has set aside.

    ``pending`` is an undo, new or stopped: each part is written down when it is done, so that a
    kill between two of them never mixes the states. Returns it with both parts done.
    """
    undone, former = inside(home, pending.undone), inside(home, pending.kept_aside)
    adapters.write_pending(home, pending)
    if not pending.moved:
        set_aside(home, data, undone)
        pending = replace(pending, moved=True)
        adapters.write_pending(home, pending)
    if not pending.copied:
        bring_back(home, former)
        if not data.is_dir():
            raise Refused("the earlier state is not there", where=str(former))
        pending = replace(pending, copied=True)
        adapters.write_pending(home, pending)
    return pending
