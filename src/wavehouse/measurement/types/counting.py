"""Results of counting, rolling up and reconciling. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Counted:
    """The result of a counting pass: units derived, downloads added and removed, hours affected."""

    days: int = 0
    downloads_added: int = 0
    downloads_removed: int = 0
    hours_marked: int = 0


@dataclass(frozen=True, slots=True)
class RolledUp:
    """The result of a rollup run."""

    hours: int = 0
    days: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An hour or day of a rollup whose downloads differ from the raw events."""

    table: str
    hour: datetime
    podcast_id: UUID
    raw: int
    rollup: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Raw events compared with the rollups, hour by hour."""

    hours: int
    raw_events: int
    rollup_events: int
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class TracedRequest:
    """A stored request with its outcome."""

    requested_at: datetime
    file: str
    line_number: int
    episode: str | None
    method: str
    status: int
    range_start: int
    range_end: int
    network: str | None
    country_code: str | None
    app: str
    outcome: str
    flags: tuple[str, ...]
    timed: bool
    unit_bytes: int | None
    threshold_bytes: int | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """The state of an organization's data; it changes whenever one of its figures may have.

    ``newest_batch`` is the number of the latest stored batch of a log file; ``dirty_hours`` are
    hours with events not rolled up yet.
    """

    newest_request: datetime | None
    newest_rollup: datetime | None
    newest_batch: int | None
    dirty_hours: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Pending work of all organizations: batches to count, hours to roll up."""

    batches: int
    hours: int


@dataclass(frozen=True, slots=True)
class EventIndex:
    """A secondary index on listener events: its number of days and its bytes."""

    name: str
    is_complete: bool
    days: int
    all_days: int
    bytes: int
