"""Work of the program itself that repeats while it serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wavehouse.workspace import Workspace


def reviving(workspace: Workspace) -> Callable[[], str | None] | None:
    """Start the embedded server again if it has died."""
    server = workspace.stores.server
    if server is None:
        return None
    return lambda: "The embedded PostgreSQL had died; it runs again." if server.revive() else None
