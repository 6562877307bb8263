"""Background work of ``audit``: the seal every minute, the verification every day."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wavehouse.audit.adapters import SealFolder
from wavehouse.audit.service.sealing import seal
from wavehouse.audit.service.verifying import verify

if TYPE_CHECKING:
    from wavehouse.workspace import Workspace


def sealing(workspace: Workspace) -> Callable[[], str | None]:
    """Seal all logs. Returns nothing: the doctor reports entries that wait too long."""
    folder = SealFolder.of(workspace.settings)

    def work() -> str | None:
        seal(workspace.stores, identity=workspace.identity, folder=folder)
        return None

    return work


def verifying(workspace: Workspace) -> Callable[[], str | None]:
    """Verify all logs. Doctor and the page report what was found."""
    folder = SealFolder.of(workspace.settings)

    def work() -> str | None:
        results = verify(workspace.stores, identity=workspace.identity, folder=folder)
        wrong = [finding for each in results for finding in each.findings]
        if not wrong:
            return None
        return f"audit log: {wrong[0].where}: {wrong[0].message} ({len(wrong)} findings)"

    return work
