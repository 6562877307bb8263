"""Data types of the warehouse: days, results of pushing, comparisons. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class WarehouseDay:
    """A UTC day: the version of its events here, and of those in the warehouse.

    ``version`` is None when raw events are gone here; ``pushed`` and ``rolled`` when the warehouse
    has no events of the day, or no rollups. ``rolled`` is what ``pushed`` was when they were made.
    """

    day: date
    version: str | None
    waiting: bool
    """Requests wait to be counted, or hours to be rolled up."""
    pushed: str | None = None
    rolled: str | None = None
    events: int | None = None

    @property
    def push_due(self) -> bool:
        """The events in the warehouse are not those here."""
        return self.version != self.pushed


@dataclass(frozen=True, slots=True)
class DayDone:
    """A day that was pushed or rolled up, and its rows in the warehouse."""

    day: date
    rows: int = 0
    removed: bool = False
    """Its raw events are gone here, so they were removed there."""


@dataclass(frozen=True, slots=True)
class BucketDigests:
    """The digest of the rollups of an hour or a day, here and in the warehouse; empty: no rows."""

    bucket: str
    stored: str
    warehouse: str

    @property
    def equal(self) -> bool:
        """Both have the same rows."""
        return self.stored == self.warehouse


@dataclass(frozen=True, slots=True)
class Difference:
    """An hour or a day of one rollup that differs."""

    table: str
    bucket: str
    stored: str
    warehouse: str

    @property
    def day(self) -> date:
        """The day of the bucket."""
        return date.fromisoformat(self.bucket[:10])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rollups here compared with those of the warehouse.

    ``waiting`` are days that were not compared, because they wait to be rolled up here.
    """

    hours: tuple[BucketDigests, ...] = ()
    days: tuple[BucketDigests, ...] = ()
    differing: tuple[Difference, ...] = ()
    waiting: tuple[date, ...] = ()
    repaired: tuple[date, ...] = ()
