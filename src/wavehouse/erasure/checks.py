"""A ``wavehouse doctor`` check: requests close to their deadline, stopped runs, ended holds."""

from __future__ import annotations

from datetime import timedelta

from wavehouse.erasure.service import holds, requesting
from wavehouse.erasure.types import Status
from wavehouse.kernel import clock
from wavehouse.kernel.findings import Finding
from wavehouse.workspace import Workspace

_NAME = "erasures"
_NEAR = timedelta(days=7)


def erasures(workspace: Workspace) -> Finding:
    """Requests of the organization: overdue, stopped, due soon, held without a hold."""
    requests = requesting.listed(workspace.stores, identity=workspace.identity)
    opened = [request for request in requests if request.is_open]
    stopped = [request for request in opened if request.status == Status.FAILED]
    if stopped:
        return Finding(
            _NAME,
            False,
            f"{len(stopped)} stopped: {stopped[0].failure}",
            f"wavehouse erasure run {stopped[0].erasure_request_id}",
        )
    near = [request for request in opened if request.due_at - clock.now() < _NEAR]
    if near:
        return Finding(
            _NAME,
            False,
            f"{len(near)} due within a week, the first on {near[0].due_at:%Y-%m-%d}",
            "wavehouse erasure list",
        )
    free = holds.ended(workspace.stores, identity=workspace.identity)
    if free:
        return Finding(
            _NAME,
            False,
            f"{len(free)} were held and no legal hold is left: file their requests again",
            f"wavehouse erasure show {free[0]}",
        )
    return Finding(_NAME, True, f"{len(opened)} open" if opened else "none open")
