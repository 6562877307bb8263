"""Checks of ``wavehouse doctor`` on the studio's files."""

from __future__ import annotations

from wavehouse.kernel.findings import Finding
from wavehouse.studio.service import collecting
from wavehouse.studio.service.generation.places import store_of
from wavehouse.workspace import Workspace

_WORTH_SAYING = 1024 * 1024 * 1024


def files(workspace: Workspace) -> Finding:
    """Whether every published audio file is stored, and how much is no longer referenced."""
    operational, store = workspace.stores.operational, store_of(workspace.settings)
    counted = collecting.collect(operational, store, identity=workspace.identity)
    if counted.missing:
        message = (
            f"{len(counted.missing)} published audio files are missing, "
            f"the first is {counted.missing[0]}"
        )
        return Finding("studio files", False, message, "wavehouse backup list")
    if counted.unreferenced_bytes > _WORTH_SAYING:
        message = (
            f"{counted.unreferenced} files ({counted.unreferenced_bytes / 1e9:.1f} GB) "
            "are not referenced any more"
        )
        return Finding("studio files", False, message, "wavehouse studio files --collect")
    return Finding(
        "studio files", True, f"{counted.files} files, {counted.unreferenced} unreferenced"
    )
