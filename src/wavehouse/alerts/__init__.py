"""Public interface of ``alerts``: rules, open alerts, acknowledgements."""

from wavehouse.alerts.rules import RULES
from wavehouse.alerts.service.evaluating import evaluate, evaluate_all
from wavehouse.alerts.service.managing import (
    acknowledge_alert,
    end_silence,
    list_alerts,
    list_silences,
    silence_rule,
)
from wavehouse.alerts.service.measuring import observe, passes_of_late
from wavehouse.alerts.types import (
    Alert,
    Evaluated,
    Observation,
    Rule,
    RuleName,
    Silence,
)

__all__ = [
    "RULES",
    "Alert",
    "Evaluated",
    "Observation",
    "Rule",
    "RuleName",
    "Silence",
    "acknowledge_alert",
    "end_silence",
    "evaluate",
    "evaluate_all",
    "list_alerts",
    "list_silences",
    "observe",
    "passes_of_late",
    "silence_rule",
]
