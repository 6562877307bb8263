"""Checks of ``wavehouse doctor``: the last run of each retention policy, the classification."""

from __future__ import annotations

from datetime import timedelta

from wavehouse.governance.service.classifying import stale_comments, uncovered
from wavehouse.governance.service.planning import list_runs, overdue
from wavehouse.kernel import clock
from wavehouse.kernel.findings import Finding
from wavehouse.workspace import Workspace

_NAME = "retention"
_LATE = timedelta(days=2)
"""Twice the interval of the schedule: the worker did not run."""


def retention(workspace: Workspace) -> Finding:
    """Policies whose latest run failed or was refused, and those with something to remove.

    The databases are read for the latter: a plan that was never made, or was made before the
    worker stopped, says nothing about today.
    """
    latest = {}
    for _, run in reversed(list_runs(workspace.stores, limit=1000)):
        latest[run.policy] = run
    wrong = [run for run in latest.values() if run.status in ("failed", "refused")]
    if wrong:
        message = f"{wrong[0].policy}: {wrong[0].reason}"
        more = f"; {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return Finding(_NAME, False, f"{message}{more}", "wavehouse retention plan")
    due = overdue(workspace.stores, workspace.settings)
    if not due:
        return Finding(_NAME, True, "nothing is older than its limit")
    more = f" and {len(due) - 1} more policies" if len(due) > 1 else ""
    message = f"data of {due[0]}{more} is older than its limit"
    mode = workspace.settings["retention"]
    last = max((run.started_at for run in latest.values()), default=None)
    if mode == "apply" and (last is None or clock.now() - last > _LATE):
        return Finding(_NAME, False, f"{message}; no worker removes it", "wavehouse up")
    if mode == "off":
        message = f"{message}; retention is off (WAVEHOUSE_RETENTION)"
    elif last is None:
        message = f"{message}; no plan was made yet"
    else:
        message = f"{message}; last planned {last:%Y-%m-%d}"
    return Finding(_NAME, True, message, "wavehouse retention plan")


def classification(workspace: Workspace) -> Finding:
    """Columns without a class, classes without a column, comments without their class."""
    findings = uncovered(workspace.stores.databases)
    if not findings:
        stale = sum(
            len(each.columns) for each in stale_comments(workspace.stores.databases).values()
        )
        if stale:
            return Finding(
                "classification",
                False,
                f"the database's comments of {stale:,} columns do not have their class",
                "wavehouse classify comments",
            )
        return Finding("classification", True, "every column of every database has a class")
    more = f"; {len(findings) - 1} more" if len(findings) > 1 else ""
    message = f"{findings[0].where} {findings[0].message}{more}"
    return Finding("classification", False, message, "wavehouse classify check")
