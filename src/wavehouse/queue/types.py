"""Data types of ``queue``: jobs, leases, schedules, handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from wavehouse.kernel.errors import Conflict, WavehouseError

SYSTEM = UUID(int=0)
"""The organization id of the system's own jobs."""


class Lane(IntEnum):
    """Priority lanes (Q10)."""

    INTERACTIVE = 0
    SCHEDULED = 1
    BACKFILL = 2


class JobStatus(StrEnum):
    """The states of a job; docs/concepts/queue.md has the machine on one page."""

    PENDING = "pending"
    RUNNING = "running"
    BLOCKED = "blocked_budget"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    DEAD = "dead"
    FAILED = "failed"


class ErrorClass(StrEnum):
    """The class of an error, which decides about the next attempt (Q18)."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    BUDGET = "budget"
    POLICY = "policy"


class LeaseLost(Conflict):
    """The attempt's lease is gone: another worker has the job, or it was cancelled (Q15)."""

    code = "lease_lost"
    title = "The lease of this attempt was lost"


class Snooze(Exception):
    """Raised by a handler to run again after ``wait``, without costing an attempt."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"snoozed for {wait}")
        self.wait = wait


class OverBudget(WavehouseError):
    """The budget does not allow this now: the job waits and no attempt is counted (Q18)."""

    code = "over_budget"
    http_status = 402
    title = "The budget is used up"


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to add.

    It is dropped when a live job has the same organization, kind and ``unique_key``.
    """

    kind: str
    organization_id: UUID | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    user_id: UUID | None = None
    project_id: UUID | None = None
    unique_key: str | None = None
    lane: Lane = Lane.SCHEDULED
    run_at: datetime | None = None
    max_attempts: int = 5
    time_limit: timedelta = timedelta(minutes=10)
    keep_done: bool = True


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed job. Every write to it carries the token."""

    job_id: UUID
    lease_token: UUID
    organization_id: UUID | None
    user_id: UUID | None
    project_id: UUID | None
    kind: str
    payload: Mapping[str, Any]
    lane: int
    attempts: int
    max_attempts: int
    run_at: datetime
    deadline_at: datetime
    progress: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Held:
    """The database's view of a lease that a worker holds."""

    job_id: UUID
    lease_token: UUID
    cancelled: bool
    overdue: bool


@dataclass(frozen=True, slots=True)
class Rescued:
    """A job that the leader took back from a worker."""

    job_id: UUID
    outcome: str


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job in a listing, live or finished."""

    job_id: UUID
    organization_id: UUID | None
    kind: str
    lane: int
    status: str
    run_at: datetime
    claimed_at: datetime | None
    finished_at: datetime | None
    attempts: int
    max_attempts: int
    error: str | None
    late_seconds: int


@dataclass(frozen=True, slots=True)
class JobDetail:
    """All details of a job."""

    job_id: UUID
    organization_id: UUID | None
    kind: str
    lane: int
    status: str
    unique_key: str | None
    run_at: datetime
    claimed_at: datetime | None
    finished_at: datetime | None
    attempts: int
    max_attempts: int
    payload: Mapping[str, Any]
    progress: Mapping[str, Any] | None
    errors: list[Any]
    worker_id: UUID | None
    cancel_requested_at: datetime | None


@dataclass(frozen=True, slots=True)
class Depth:
    """The number of waiting and running jobs of a lane, and the age of the oldest due one."""

    lane: int
    due: int
    future: int
    running: int
    blocked: int
    oldest_due_seconds: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The number of jobs that finished with a status within the last day."""

    status: str
    number: int


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker process and its last heartbeat."""

    worker_id: UUID
    name: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    draining: bool
    lost_leases: int
    leads: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A worker of a machine, by its process."""

    worker_id: UUID
    pid: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Recurring work: by cron expression in UTC, or at an interval."""

    schedule_id: UUID
    name: str
    kind: str
    cron: str | None
    every: timedelta | None
    is_active: bool
    last_run_at: datetime | None
    next_run_at: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """The server's statistics on the queue's tables (Q28)."""

    live_rows: int
    dead_rows: int
    hot_percent: int | None
    oldest_transaction_seconds: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Queue statistics for operators."""

    depths: list[Depth]
    ended: list[Ended]
    workers: list[WorkerRow]
    schedules: list[Schedule]
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """How to run jobs of one kind.

    ``transactional``: ``call(tx, identity=, payload=)``; the effect and the completion are that one
    transaction. Otherwise ``call(attempt)``, for work of many transactions that may be repeated.
    ``together``: short transactional jobs of an organization may share a transaction.
    ``retry``: a fixed wait before the next attempt instead of the backoff.
    """

    kind: str
    call: Callable[..., str | None]
    transactional: bool = True
    together: bool = False
    retry: timedelta | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A schedule that a process registers at start."""

    name: str
    kind: str
    every: timedelta | None = None
    cron: str | None = None
    first: timedelta | None = None
