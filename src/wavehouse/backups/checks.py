"""A ``wavehouse doctor`` check: the age of the newest backup, and the write-ahead log's archive."""

from __future__ import annotations

from datetime import timedelta

from wavehouse.backups import adapters
from wavehouse.backups.queries import archiver
from wavehouse.backups.service.creating import catalogue
from wavehouse.kernel import clock
from wavehouse.kernel.findings import Finding
from wavehouse.workspace import Workspace

_NAME = "backups"
_OLD = timedelta(days=8)


def backups(workspace: Workspace) -> Finding:
    """Whether there is a recent backup, and whether the log is archived."""
    if workspace.stores.server is None:
        return Finding(_NAME, True, "servers at URLs have backups of their own")
    listed = catalogue(workspace.settings)
    if not listed:
        return Finding(_NAME, True, "no backup yet: wavehouse backup create")
    with workspace.stores.operational.worker() as tx:
        failing = archiver(tx)
    if failing is not None:
        return Finding(
            _NAME, False, f"the write-ahead log is not archived since {failing}", "df -h"
        )
    newest = listed[-1].backup
    left = adapters.partial_folders(workspace.settings.home)
    if clock.now() - newest.finished_at > _OLD:
        message = f"the newest backup is from {newest.finished_at:%Y-%m-%d}"
        return Finding(_NAME, False, message, "wavehouse backup create")
    note = f", {len(left)} stopped ones" if left else ""
    noun = "backup" if len(listed) == 1 else "backups"
    return Finding(_NAME, True, f"{len(listed)} {noun}, the newest {newest.backup_id}{note}")
