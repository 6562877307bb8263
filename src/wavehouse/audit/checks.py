"""A ``wavehouse doctor`` check: unsealed entries, and the published checkpoints."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wavehouse.audit.adapters import SealFolder
from wavehouse.audit.service.verifying import list_checkpoints, waiting
from wavehouse.audit.types import LOGS
from wavehouse.kernel import clock
from wavehouse.kernel.findings import Finding

if TYPE_CHECKING:
    from wavehouse.workspace import Workspace

_NAME = "audit log"
_LONG = timedelta(hours=1)


def audit_log(workspace: Workspace) -> Finding:
    """Whether every log is sealed up to the last hour and has all its published entries."""
    folder = SealFolder.of(workspace.settings)
    now = clock.now()
    sealed = unsealed = 0
    for log, left in waiting(workspace.stores, identity=workspace.identity).items():
        latest = list_checkpoints(workspace.stores, identity=workspace.identity, log=log, limit=1)
        size = latest[0].tree_size if latest else 0
        if folder.last_size(log) > size:
            message = f"the {log} log has fewer entries than a published checkpoint"
            return Finding(_NAME, False, message, "wavehouse audit verify")
        if left.oldest is not None and now - left.oldest > _LONG:
            message = (
                f"{left.entries:,} entries of the {log} log have waited over an hour to be sealed"
            )
            return Finding(_NAME, False, message, "wavehouse audit seal")
        verified = folder.last_verified(log)
        if verified is not None and verified.findings:
            message = f"the {log} log, verified {verified.at:%Y-%m-%d %H:%M}: {verified.first}"
            return Finding(_NAME, False, message, "wavehouse audit verify")
        sealed += size
        unsealed += left.entries
    return Finding(
        _NAME, True, f"{sealed:,} entries of {len(LOGS)} logs sealed, {unsealed:,} newer"
    )
