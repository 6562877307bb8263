"""The lateness of figures, and anomalies in recent requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """The time since which stored requests have waited to be counted; past days separately."""

    since: datetime | None
    since_of_past: datetime | None


@dataclass(frozen=True, slots=True)
class RollupPasses:
    """Rollup runs: their number, the longest, and how long hours waited for them."""

    passes: int
    longest: timedelta | None
    waited_p99: timedelta | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuietSource:
    """A folder that used to deliver logs regularly and no longer does."""

    folder: str
    format: str
    last_read_at: datetime


@dataclass(frozen=True, slots=True)
class RequestShares:
    """Requests of the last ``hours``. ``candidates`` count, or would count with a known file."""

    hours: int
    requests: int
    candidates: int
    unknown_path: int
    bad_ip: int


@dataclass(frozen=True, slots=True)
class WeeklyDownloads:
    """Downloads of a show in two weeks."""

    podcast_id: UUID
    last_week: int
    week_before: int
    newest_day: date
