"""What counting speaks of: what was counted, rolled up, reconciled. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Counted:
    """What a counting pass did: units derived, downloads added and taken back, hours touched."""

    days: int = 0
    downloads_added: int = 0
    downloads_removed: int = 0
    hours_marked: int = 0


@dataclass(frozen=True, slots=True)
class RolledUp:
    """What a pass of the roller did."""

    hours: int = 0
    days: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An hour or day of a rollup that does not hold the downloads that the raw events give."""

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
    """A stored request and what became of it."""

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
    """How far an organization's data goes; it changes whenever one of its figures may have.

    ``newest_batch`` is the number of the latest stretch of a log file that was stored;
    ``dirty_hours`` are hours with events that wait to be rolled up.
    """

    newest_request: datetime | None
    newest_rollup: datetime | None
    newest_batch: int | None
    dirty_hours: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that waits, of all organizations: batches to count, hours to roll up."""

    batches: int
    hours: int


@dataclass(frozen=True, slots=True)
class EventIndex:
    """A secondary index of listener events: on how many of their days, and its bytes."""

    name: str
    is_complete: bool
    days: int
    all_days: int
    bytes: int
