"""Checks of ``wavehouse doctor`` on usage (U10)."""

from __future__ import annotations

from wavehouse.kernel.findings import Finding
from wavehouse.usage.queries import correcting
from wavehouse.workspace import Workspace


def totals(workspace: Workspace) -> Finding:
    """Whether daily totals and budgets were the sums of their events at the last comparison."""
    with workspace.stores.operational.worker() as tx:
        rows = correcting.reconciliations(tx, organization_id=None)
    if not rows:
        return Finding("usage totals", True, "not compared yet")
    differing = [row for row in rows if row.differences]
    if differing:
        first = differing[0].differences[0]
        message = (
            f"totals of {len(differing)} organizations differ from their events: "
            f"{first['total']} {first['key']} is {first['actual']}, should be {first['expected']}"
        )
        return Finding("usage totals", False, message, "wavehouse usage reconcile --repair")
    number = sum(row.compared for row in rows)
    return Finding("usage totals", True, f"{number} totals equal their events")
