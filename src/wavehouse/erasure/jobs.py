"""Background work of ``erasure``: carry out approved requests, and resume stopped ones."""

from __future__ import annotations

from collections.abc import Callable

from wavehouse.erasure.service.many.running import run_waiting
from wavehouse.workspace import Workspace


def erasing(workspace: Workspace) -> Callable[[], str | None]:
    """Carry out pending erasures together, those of each organization as its own."""

    def work() -> str | None:
        _, stopped = run_waiting(
            workspace.stores, workspace.settings, identity=workspace.identity, everywhere=True
        )
        return "\n".join(f"Erasure {s.request_id}: {s.reason}" for s in stopped) or None

    return work
