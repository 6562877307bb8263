"""Data types of ``erasure``: requests, plans, steps, certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from wavehouse.kernel.databases import DatabaseName


class SubjectKind(StrEnum):
    """The kind of a subject: a kind of person, or an organization."""

    LISTENER = "listener"
    LEARNER = "learner"
    CREATOR = "creator"
    ORGANIZATION = "organization"
    BUYER = "buyer"


ROOT: Mapping[SubjectKind, DatabaseName] = {
    SubjectKind.LISTENER: "listeners",
    SubjectKind.LEARNER: "learning",
    SubjectKind.CREATOR: "operational",
    SubjectKind.ORGANIZATION: "operational",
    SubjectKind.BUYER: "operational",
}
"""The database of a kind of subject; its requests are stored there."""


TENANTS = (SubjectKind.LEARNER, SubjectKind.BUYER)
"""Kinds of subjects whose rows and ids are one organization's own."""


class Purpose(StrEnum):
    """The reason for a request."""

    ERASURE = "erasure"
    ACCESS = "access"


class RequestedBy(StrEnum):
    """The author of a request."""

    SUBJECT = "subject"
    ADMINISTRATOR = "administrator"


class Channel(StrEnum):
    """How identity was proved."""

    SESSION = "session"
    SIGNED_LINK = "signed_link"
    ADMINISTRATOR = "administrator"
    API = "api"


class Status(StrEnum):
    """The state of a request."""

    RECEIVED = "received"
    IDENTITY_PENDING = "identity_pending"
    VERIFIED = "verified"
    SOFT_DELETED = "soft_deleted"
    EXECUTING = "executing"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    PARTIALLY_HELD = "partially_held"
    REJECTED = "rejected"
    FAILED = "failed"


ENDED = (Status.COMPLETED, Status.PARTIALLY_HELD, Status.REJECTED)
"""States that nothing follows."""


class Rejection(StrEnum):
    """The reason for rejecting a request, from a fixed list."""

    IDENTITY_NOT_SHOWN = "identity_not_shown"
    UNFOUNDED = "unfounded"
    LEGAL_OBLIGATION = "legal_obligation"
    UNDONE = "undone"


class Action(StrEnum):
    """The action of a step on the rows of its table."""

    DELETE = "delete"
    ANONYMISE = "anonymise"
    PSEUDONYMISE = "pseudonymise"
    NULL = "null"
    KEEP = "keep"
    REDACT = "redact"


class StepStatus(StrEnum):
    """The state of a step."""

    PENDING = "pending"
    DONE = "done"
    HELD = "held"
    FAILED = "failed"
    PENDING_PROCESSOR = "pending_processor"


class LedgerKind(StrEnum):
    """The kind of identifier that was hashed for the ledger."""

    EMAIL = "email"
    SUBJECT_ID = "subject_id"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Clocks:
    """The legal deadlines of a request; ``due_at`` is the earlier of the two."""

    gdpr_at: datetime
    ccpa_at: datetime
    acknowledge_at: datetime

    @property
    def due_at(self) -> datetime:
        """The earlier deadline."""
        return min(self.gdpr_at, self.ccpa_at)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or view; ``relkind`` is PostgreSQL's code for the kind of relation."""

    table_name: str
    column_name: str
    type: str
    required: bool
    relkind: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: rows of ``child`` refer to rows of ``parent`` by ``columns``.

    ``on_delete`` is PostgreSQL's code: a (no action), r (restrict), c (cascade), n (set null), d
    (set default). ``nullable`` are the nullable columns.
    """

    child: str
    parent: str
    columns: tuple[str, ...]
    on_delete: str
    nullable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """A way in which rows of a table belong to a subject, and the effect of erasure on them.

    ``number`` distinguishes several ways of one table. ``over`` are the tables that lead to the
    subject; they must keep their rows until this way is processed.
    """

    store: str
    table: str
    number: int
    action: Action
    through: str
    over: tuple[str, ...] = ()
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: a table, the action on the subject's rows, and their number.

    ``column`` is the reference that a ``null`` step clears. ``held`` is the legal hold that stops
    the step.
    """

    position: int
    store: str
    table: str
    number: int
    action: Action
    through: str = ""
    basis: str = ""
    column: str = ""
    rows: int = 0
    held: str = ""

    @property
    def name(self) -> str:
        """The table with its store."""
        return f"{self.store}.{self.table}"

    @property
    def key(self) -> tuple[str, str, int]:
        """The step's identity within its request."""
        return self.store, self.table, self.number


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered steps of a request, the version of the policy, and a digest of both."""

    steps: tuple[Step, ...]
    policy_version: str
    digest: str

    @property
    def rows(self) -> int:
        """The rows that the plan changes."""
        return sum(s.rows for s in self.steps if s.action is not Action.KEEP and not s.held)

    @property
    def held(self) -> tuple[Step, ...]:
        """Steps stopped by a legal hold."""
        return tuple(step for step in self.steps if step.held)


@dataclass(frozen=True, slots=True)
class Request:
    """A request for erasure or for access. ``subject_id`` is None once it has ended."""

    erasure_request_id: UUID
    purpose: str
    subject_kind: str
    subject_id: str | None
    organization_id: UUID | None
    requested_by: str
    channel: str
    status: str
    undo_days: int
    filed_by: UUID | None
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None
    rejected_reason: str | None
    failure: str | None
    received_at: datetime
    verified_at: datetime | None
    grace_until: datetime | None
    due_gdpr_at: datetime
    due_ccpa_at: datetime
    due_acknowledgement_at: datetime | None
    acknowledged_at: datetime | None
    extended_at: datetime | None
    completed_at: datetime | None
    plan_digest: bytes | None
    policy_version: str | None

    @property
    def due_at(self) -> datetime:
        """The earlier of the two deadlines."""
        return min(self.due_gdpr_at, self.due_ccpa_at)

    @property
    def is_open(self) -> bool:
        """Whether work remains."""
        return self.status not in ENDED


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was carried out, or held, with the rows that it changed."""

    store: str
    table_name: str
    batch: int
    position: int
    action: str
    status: str
    rows_touched: int | None
    basis: str | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Identifier:
    """A value that identifies a person, to be hashed for the ledger and searched for."""

    kind: LedgerKind
    value: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A person or organization with its identifiers, read before anything is removed."""

    kind: SubjectKind
    key: str
    organization_id: UUID | None
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A table or a file in which an identifier is still stored, and how often.

    ``basis`` is the legal basis, or the hold, on which it stays; empty for a residue.
    """

    where: str
    rows: int
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """The result of one level of verification: what was scanned, and what was found.

    ``skipped`` names what could not be scanned, with the reason: it is never claimed as clean.
    """

    name: str
    scanned: Mapping[str, int]
    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether everything that was found has a basis to stay."""
        return all(each.basis for each in self.findings)


@dataclass(frozen=True, slots=True)
class HeldBackups:
    """Backups from before an instant, and states that restores kept aside.

    ``expires_at`` is when the last of the backups expires; None without one. ``unreadable`` are
    backups whose description cannot be read, so their date is unknown; ``unfinished`` are those
    that are being made, or were stopped.
    """

    backups: int
    expires_at: datetime | None
    unreadable: tuple[str, ...]
    unfinished: tuple[str, ...]
    kept_aside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A line of the ledger: a keyed hash, never the identifier."""

    identifier_hash: bytes
    erasure_request_id: UUID
    kind: str
    key_version: int
    status: str
    recorded_at: datetime
    late_arrivals: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of carrying out a request."""

    request: Request
    plan: Plan
    done: tuple[Done, ...]
    certificate: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A request that could not be carried out, and why; the reason has no personal data."""

    request_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay of the ledger; a legal hold keeps data of those in ``held``."""

    entries: int
    subjects: int
    erased: tuple[UUID, ...] = field(default_factory=tuple)
    held: tuple[UUID, ...] = field(default_factory=tuple)

    @property
    def summary(self) -> str:
        """A line about the people who were in the databases."""
        kept = f", {len(self.held):,} kept by a legal hold" if self.held else ""
        return f"{len(self.erased):,} erased again{kept}"
