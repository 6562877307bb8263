"""Background work of ``audit``: the seal, every minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wavehouse.audit.adapters import SealFolder
from wavehouse.audit.service.sealing import seal

if TYPE_CHECKING:
    from wavehouse.workspace import Workspace


def sealing(workspace: Workspace) -> Callable[[], str | None]:
    """Seal all logs. Returns nothing: the doctor reports entries that wait too long."""
    folder = SealFolder.of(workspace.settings)

    def work() -> str | None:
        seal(workspace.stores, identity=workspace.identity, folder=folder)
        return None

    return work
