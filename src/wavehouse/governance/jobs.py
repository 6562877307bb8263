"""Background work of ``governance``: the daily retention plan, and its application if enabled."""

from __future__ import annotations

from collections.abc import Callable

from wavehouse.governance.service.applying import apply, note_plan
from wavehouse.governance.service.planning import plan
from wavehouse.workspace import Workspace


def retaining(workspace: Workspace) -> Callable[[], str | None] | None:
    """Plan retention, and apply the plan when the setting ``retention`` is ``apply``."""
    mode = workspace.settings["retention"]
    if mode == "off":
        return None

    def work() -> str | None:
        made = plan(workspace.stores, workspace.settings)
        if mode == "plan":
            note_plan(workspace.stores, made)
            return f"Retention: {made.rows:,} rows are due." if made.rows else None
        done = apply(
            workspace.stores, workspace.settings, identity=workspace.identity, digest=made.digest
        )
        removed = sum(run.rows_removed or 0 for run in done.runs)
        lines = [f"Retention: {removed:,} rows removed."] if removed else []
        lines += [f"Retention, {run.policy}: {run.reason}" for run in done.failed]
        return "\n".join(lines) or None

    return work
