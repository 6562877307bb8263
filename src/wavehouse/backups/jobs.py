"""Background work of ``backups``: the daily backup, if enabled, and pruning."""

from __future__ import annotations

from collections.abc import Callable

from wavehouse.backups.service.creating import catalogue, create, prune
from wavehouse.kernel import clock
from wavehouse.workspace import Workspace


def backing_up(workspace: Workspace) -> Callable[[], str | None] | None:
    """Back up once a day when the setting ``backups`` is daily, and prune; otherwise do nothing."""
    if workspace.settings["backups"] != "daily" or workspace.stores.server is None:
        return None
    settings = workspace.settings

    def work() -> str | None:
        listed = catalogue(settings)
        if listed and clock.now() - listed[-1].backup.finished_at < clock.DAY / 2:
            return None
        made = create(workspace.stores, settings, identity=workspace.identity)
        removed = prune(settings, identity=workspace.identity)
        return f"Backup {made.backup.backup_id}; {len(removed)} expired parts removed."

    return work
