"""Backups that still contain an erased person, from their descriptions in the home.

Only the dates are read here: ``wavehouse.backups`` is above this context and repeats the erasures
when it restores one.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from wavehouse.erasure.types import HeldBackups
from wavehouse.kernel import files
from wavehouse.kernel.config import Settings

_PARTIAL = ".partial"


def held_backups(settings: Settings, *, at: datetime) -> HeldBackups:
    """The copies with data from before ``at``. The newest backup is kept even when it expired."""
    home, keep = settings.home, timedelta(days=settings["backup_keep_days"])
    expiries: list[datetime] = []
    unreadable: list[str] = []
    # Before the finished ones: a backup that ends between the two would be in neither.
    unfinished = sorted(path.name for path in (home / "backups").glob(f"*{_PARTIAL}"))
    for path in sorted((home / "backups").glob("*/backup.json")):
        if path.parent.name.endswith(_PARTIAL):
            continue
        try:
            content = json.loads(files.read(path))
            started = datetime.fromisoformat(content["started_at"])
            finished = datetime.fromisoformat(content["finished_at"])
        except (OSError, ValueError, KeyError, TypeError):
            unreadable.append(path.parent.name)
            continue
        if started <= at:
            expiries.append(finished + keep)
    return HeldBackups(
        len(expiries),
        max(expiries, default=None),
        tuple(unreadable),
        tuple(name.removesuffix(_PARTIAL) for name in unfinished),
        tuple(kept_aside(home)),
    )


def kept_aside(home: Path) -> list[str]:
    """The folders of states that restores kept aside; they stay until somebody removes them."""
    return sorted(
        path.name
        for path in home.iterdir()
        if path.is_dir() and path.name.startswith(files.KEPT_ASIDE)
    )
