"""Checks of ``wavehouse doctor``: the last run of each retention policy, the classification."""

from __future__ import annotations

from wavehouse.governance.service.classifying import stale_comments, uncovered
from wavehouse.governance.service.planning import list_runs
from wavehouse.kernel.findings import Finding
from wavehouse.workspace import Workspace

_NAME = "retention"


def retention(workspace: Workspace) -> Finding:
    """Policies whose latest run failed, was refused, or is only planned."""
    latest = {}
    for _, run in reversed(list_runs(workspace.stores, limit=1000)):
        latest[run.policy] = run
    wrong = [run for run in latest.values() if run.status in ("failed", "refused")]
    if wrong:
        message = f"{wrong[0].policy}: {wrong[0].reason}"
        more = f"; {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return Finding(_NAME, False, f"{message}{more}", "wavehouse retention plan")
    planned = sum(run.status == "planned" for run in latest.values())
    if planned:
        return Finding(
            _NAME, True, f"{planned} policies have rows that are due: wavehouse retention plan"
        )
    return Finding(_NAME, True, "nothing is overdue" if latest else "no run yet")


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
