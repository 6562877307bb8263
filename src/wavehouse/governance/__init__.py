"""Public interface of ``governance``: retention, legal holds, the classification of data."""

from wavehouse.governance.adapters.classification_file import json_schema as classification_schema
from wavehouse.governance.service.applying import apply, note_plan
from wavehouse.governance.service.classification import load as classification
from wavehouse.governance.service.classifying import column_classes, lint_catalogue, uncovered
from wavehouse.governance.service.holding import (
    hold_table,
    list_holds,
    list_person_holds,
    release_hold,
)
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
from wavehouse.governance.types.classification import (
    ColumnEntry,
    ErasureAction,
    Form,
    Hop,
    Identifier,
    Level,
    Link,
    RowPath,
    Subject,
    SubjectLink,
    TableEntry,
)
from wavehouse.governance.types.classified import Classification, is_personal

__all__ = [
    "REMOVING",
    "Action",
    "Applied",
    "Classification",
    "ColumnEntry",
    "Due",
    "ErasureAction",
    "Form",
    "Hold",
    "Hop",
    "Identifier",
    "Level",
    "Link",
    "Period",
    "Plan",
    "Policy",
    "RowPath",
    "Run",
    "Step",
    "StepState",
    "Subject",
    "SubjectLink",
    "TableEntry",
    "apply",
    "classification",
    "classification_schema",
    "column_classes",
    "hold_table",
    "is_personal",
    "lint_catalogue",
    "list_holds",
    "list_person_holds",
    "list_runs",
    "note_plan",
    "plan",
    "policies",
    "release_hold",
    "uncovered",
]
