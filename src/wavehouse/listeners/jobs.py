"""Work of ``listeners`` that repeats."""

from __future__ import annotations

from collections.abc import Callable

from wavehouse.listeners.service.expiry import tidy
from wavehouse.workspace import Workspace


def tidying(workspace: Workspace) -> Callable[[], None]:
    """Delete sessions, links and passkey challenges that have expired."""

    def work() -> None:
        tidy(workspace.stores.listeners)

    return work
