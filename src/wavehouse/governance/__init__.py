"""Public interface of ``governance``: retention policies, plans, runs, legal holds."""

from wavehouse.governance.service.applying import apply, note_plan
from wavehouse.governance.service.holding import hold_table, list_holds, release_hold
from wavehouse.governance.service.planning import list_runs, plan, policies
from wavehouse.governance.types import (
    REMOVING,
    Action,
    Applied,
    Due,
    Hold,
    Period,
    Plan,
    Policy,
    Run,
    Step,
    StepState,
)

__all__ = [
    "REMOVING",
    "Action",
    "Applied",
    "Due",
    "Hold",
    "Period",
    "Plan",
    "Policy",
    "Run",
    "Step",
    "StepState",
    "apply",
    "hold_table",
    "list_holds",
    "list_runs",
    "note_plan",
    "plan",
    "policies",
    "release_hold",
]
