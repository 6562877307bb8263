"""Checks of ``wavehouse doctor`` for the machine and the server."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from wavehouse.kernel.findings import Finding

if TYPE_CHECKING:
    from wavehouse.kernel.config import Settings
    from wavehouse.workspace import Workspace

_ENOUGH_DISK = 2 * 2**30
_CLOCK_SECONDS = 5


def python(_: Settings) -> Finding:
    """The version of Python and its location."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), f"{version} at {sys.prefix}")


def disk(settings: Settings) -> Finding:
    """Whether the home is writable and has free space."""
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    message = f"{free / 2**30:,.1f} GiB free at {folder}"
    if not os.access(folder, os.W_OK):
        return Finding("disk", False, f"{folder} is not writable", "export WAVEHOUSE_HOME=…")
    return Finding("disk", free > _ENOUGH_DISK, message, "" if free > _ENOUGH_DISK else "df -h")


def server(workspace: Workspace) -> Finding:
    """The version and location of PostgreSQL."""
    version = workspace.stores.operational.answer().version
    embedded = workspace.stores.server
    where = f"embedded, {embedded.data}" if embedded else "at the configured URL"
    return Finding("postgresql", True, f"{version}, {where}")


def ladders(workspace: Workspace) -> Finding:
    """Whether the databases match their migrations."""
    from wavehouse import schema
    from wavehouse.app import targets_of

    pending = 0
    targets = targets_of(workspace.stores)
    for target in targets:
        status = schema.status(target.conninfo, target.folder, role=target.role)
        pending += sum(entry.state != schema.EntryState.APPLIED for entry in status.entries)
    if pending:
        return Finding(
            "schema",
            False,
            f"{pending} migrations differ from the files",
            "wavehouse schema status",
        )
    names = ", ".join(target.name for target in targets)
    return Finding("schema", True, f"{len(targets)} ladders applied ({names})")


def database_clock(workspace: Workspace) -> Finding:
    """Whether the clocks of this machine and the database agree."""
    from wavehouse.kernel import clock

    away = abs((workspace.stores.operational.answer().at - clock.now()).total_seconds())
    close = away < _CLOCK_SECONDS
    return Finding(
        "clock", close, f"{away:.1f} s from the database's", "" if close else "timedatectl"
    )
