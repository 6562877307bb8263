"""Data types of ``governance``: retention policies, plans, runs, legal holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from wavehouse.kernel.databases import DatabaseName


class Action(StrEnum):
    """The action for rows that are older than their limit."""

    DROP_PARTITION = "drop_partition"
    DELETE = "delete"
    COMPACT = "compact"
    ARCHIVE = "archive"
    ANONYMISE = "anonymise"
    ELSEWHERE = "elsewhere"
    NONE = "none"


REMOVING = (
    Action.DROP_PARTITION,
    Action.DELETE,
    Action.COMPACT,
    Action.ARCHIVE,
    Action.ANONYMISE,
)
"""Actions that ``wavehouse retention apply`` carries out, in their order."""


class Guard(StrEnum):
    """A condition that must hold before rows are removed."""

    SEALED = "sealed"
    """Each day is counted, equal to its rollups, and sealed as files that hold its rows."""


class StepState(StrEnum):
    """Whether a step of a plan would run."""

    DUE = "due"
    NOTHING = "nothing"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Period:
    """A time span in calendar units. ``unit`` is day, month, year, or expiry with ``number`` 0."""

    number: int
    unit: str

    def __str__(self) -> str:
        if self.unit == "expiry":
            return "expiry"
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long rows of a table, or files of a folder of the home, are kept.

    ``clock`` is the column whose time decides. Only policies whose action is in ``REMOVING`` are
    carried out here; for others, ``note`` names the remover, or the reason for keeping the rows.
    Files are held together with the table ``held_with`` (``database.schema.table``). ``clear`` is
    the column that an anonymising policy empties: the row stays.
    """

    name: str
    action: Action
    owner: str
    source: str
    database: DatabaseName | None = None
    table: str = ""
    files: str = ""
    held_with: str = ""
    clear: str = ""
    clock: str = ""
    keep: Period | None = None
    guard: Guard | None = None
    note: str = ""

    @property
    def subject(self) -> str:
        """The table with its schema, or the folder."""
        return self.table or f"files:{self.files}"


@dataclass(frozen=True, slots=True)
class Due:
    """The rows older than a limit, the oldest of them, and, for partitions, bytes and names.

    ``parts`` are partitions (or files) with the end of their time span, oldest first.
    """

    rows: int = 0
    oldest: datetime | None = None
    bytes: int | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A policy in a plan: the rows that it would remove, and the reason that stops it."""

    policy: Policy
    keep_from: datetime
    due: Due
    state: StepState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The removals of retention at present. ``digest`` identifies exactly these steps."""

    made_at: datetime
    steps: tuple[Step, ...]
    digest: str

    @property
    def rows(self) -> int:
        """Rows that would be removed."""
        return sum(step.due.rows for step in self.steps if step.state is StepState.DUE)


@dataclass(frozen=True, slots=True)
class Run:
    """A stored run of one policy."""

    retention_run_id: UUID
    policy: str
    table_name: str
    action: str
    plan_digest: str
    keep_from: datetime
    rows_removed: int | None
    bytes_freed: int | None
    status: str
    reason: str | None
    started_at: datetime
    finished_at: datetime | None
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on a table or a person: retention skips it until the hold ends (RT5).

    ``table_name`` is empty for a person, of whom only a keyed hash is stored; ``database`` is then
    the one with the person's rows.
    """

    legal_hold_id: UUID
    table_name: str
    reason: str
    ordered_by: str
    starts_at: datetime
    expires_at: datetime
    released_at: datetime | None
    database: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """The runs that one ``apply`` made."""

    digest: str
    runs: tuple[Run, ...] = field(default_factory=tuple)

    @property
    def failed(self) -> tuple[Run, ...]:
        """Runs that did not end as planned."""
        return tuple(run for run in self.runs if run.status in ("failed", "refused"))
