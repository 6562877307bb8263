"""Erasures for tests: by the operator, at once; rows by table."""

from __future__ import annotations

from wavehouse import erasure
from wavehouse.workspace import Workspace


def listener(workspace: Workspace, email: str) -> dict[str, int]:
    """Erase a listener; how many rows of each table were changed."""
    outcome = erasure.erase_listener(
        workspace.stores, workspace.settings, identity=workspace.identity, email=email
    )
    return {each.table_name: each.rows_touched or 0 for each in outcome.done}
