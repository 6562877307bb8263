"""Public interface of ``queue``: jobs, handlers, and the worker that runs them."""

from wavehouse.queue.rules import class_of, described, kind_of, wait_of
from wavehouse.queue.service.attempt import Attempt
from wavehouse.queue.service.managing import (
    cancel_job,
    discard_job,
    enqueue,
    list_jobs,
    pause_jobs,
    resume_jobs,
    retry_job,
    show_job,
    stats,
)
from wavehouse.queue.service.scoping import check_operator, is_operator, visible
from wavehouse.queue.service.worker import Worker
from wavehouse.queue.types import (
    Depth,
    Handler,
    JobDetail,
    JobStatus,
    JobSummary,
    Lane,
    LeaseLost,
    NewJob,
    OverBudget,
    Plan,
    Schedule,
    Snooze,
    Stats,
    WorkerRow,
)

__all__ = [
    "Attempt",
    "Depth",
    "Handler",
    "JobDetail",
    "JobStatus",
    "JobSummary",
    "Lane",
    "LeaseLost",
    "NewJob",
    "OverBudget",
    "Plan",
    "Schedule",
    "Snooze",
    "Stats",
    "Worker",
    "WorkerRow",
    "cancel_job",
    "check_operator",
    "class_of",
    "described",
    "discard_job",
    "enqueue",
    "is_operator",
    "kind_of",
    "list_jobs",
    "pause_jobs",
    "resume_jobs",
    "retry_job",
    "show_job",
    "stats",
    "visible",
    "wait_of",
]
