"""Use cases: usage by UTC hour and day in ``analytics``, computed from the events.

Events are never changed, only adjusted by further events, so a day is due when the number of its
events, their tokens or their cost differ from its rollup: no marks are kept, a late event makes its
day due whatever its age, and the comparison that finds due days is the reconciliation. A day is
replaced as a whole, hours and day in one transaction; a kill in between changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Analytics, Stores, Tx
from wavehouse.usage.queries import rollups as queries
from wavehouse.usage.types import DaySum, UsageRow

MOST_ROWS = 10_000
HOURS_KEPT = timedelta(days=365)
"""Retention drops older hours; their days stay."""

Day = tuple[UUID, date]


@dataclass(frozen=True, slots=True)
class RolledUsage:
    """Days that were computed again, and their hourly rows."""

    days: int
    rows: int


@dataclass(frozen=True, slots=True)
class DifferingDay:
    """A day whose rollup differs from its events; None where there is no row."""

    organization_id: UUID
    day: date
    rollup: str
    expected: DaySum | None
    actual: DaySum | None


def roll_up_usage(stores: Stores) -> RolledUsage:
    """Compute the due days of all organizations; each day is a transaction of its own.

    Upkeep of the installation: it takes no identity.
    """
    rows = 0
    with stores.operational.worker() as lock:
        queries.lock_rolling(lock)
        due = sorted({(each.organization_id, each.day) for each in usage_differences(stores)})
        for organization_id, day in due:
            rows += _replaced(stores, OrganizationId(organization_id), day)
    return RolledUsage(len(due), rows)


def usage_differences(stores: Stores) -> list[DifferingDay]:
    """The days whose rollups differ from their events, of all organizations.

    Days whose events retention has dropped are not compared: their rollup is the only record.
    """
    with stores.operational.worker(snapshot=True) as tx:
        kept, raw = queries.months_with_raw(tx), queries.raw_days(tx)
    with stores.analytics.worker(snapshot=True) as analytics:
        daily, hourly = queries.rolled_days(analytics), queries.rolled_hours(analytics)
    oldest = clock.today() - HOURS_KEPT
    return [
        *_differing("daily", raw, [row for row in daily if row.day.replace(day=1) in kept]),
        *_differing(
            "hourly",
            [row for row in raw if row.day >= oldest],
            [row for row in hourly if row.day >= oldest and row.day.replace(day=1) in kept],
        ),
    ]


def usage_by_bucket(
    tx: Tx[Analytics], *, identity: Identity, grain: str, first: date, last: date
) -> list[UsageRow]:
    """The organization's rollup by ``hour`` or ``day`` (UTC), latest first; at most 10,000 rows.

    InvalidInput when the period is empty. ``identity`` is the transaction's organization.
    """
    if last < first:
        raise InvalidInput("the last day is before the first", where="--to")
    if grain == "day":
        return queries.days(tx, first=first, last=last, limit=MOST_ROWS)
    start, until = clock.start_of_day(first), clock.start_of_day(last + timedelta(days=1))
    return queries.hours(tx, first=start, until=until, limit=MOST_ROWS)


def _differing(rollup: str, raw: Sequence[DaySum], rolled: Sequence[DaySum]) -> list[DifferingDay]:
    expected, actual = _by_day(raw), _by_day(rolled)
    return [
        DifferingDay(*key, rollup, expected.get(key), actual.get(key))
        for key in sorted(expected.keys() | actual.keys())
        if expected.get(key) != actual.get(key)
    ]


def _by_day(sums: Sequence[DaySum]) -> dict[Day, DaySum]:
    return {(each.organization_id, each.day): each for each in sums}


def _replaced(stores: Stores, organization_id: OrganizationId, day: date) -> int:
    start, until = clock.start_of_day(day), clock.start_of_day(day + timedelta(days=1))
    with stores.operational.worker(snapshot=True) as tx:
        rows = queries.computed(tx, organization_id=organization_id, first=start, until=until)
    with stores.analytics.worker() as analytics:
        queries.ensure_partitions(analytics, day=day)
        queries.replace(
            analytics,
            organization_id=organization_id,
            day=day,
            first=start,
            until=until,
            rows=rows,
            at=clock.now(),
        )
    return len(rows)
