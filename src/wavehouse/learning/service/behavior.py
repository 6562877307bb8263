"""The rollup of behavioural events by day, content and type.

The days of a window are removed and computed again, so that repetitions, late events and erased
learners all lead to the same rows.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.learning.queries import behavior as queries
from wavehouse.learning.queries.behavior import BehaviorRow
from wavehouse.store import Analytics, Stores, Tx

RECENT_DAYS = 3
ALL_DAYS = 367
"""A player may send events that are 366 days old."""
MOST_ROWS = 10_000
_AT_ONCE = 31


def roll_up_behavior(stores: Stores, *, days: int = RECENT_DAYS) -> int:
    """Compute the last ``days`` UTC days for all organizations; returns how many rows there are.

    Upkeep of the installation: it takes no identity. Each month is a separate transaction.
    """
    today, rows = clock.today(), 0
    first = today - timedelta(days=days - 1)
    last_of_all = today + timedelta(days=1)  # a player's clock may be five minutes ahead
    while first <= last_of_all:
        last = min(first + timedelta(days=_AT_ONCE - 1), last_of_all)
        rows += _computed(stores, first, last)
        first = last + timedelta(days=1)
    return rows


def behavior(
    tx: Tx[Analytics], *, identity: Identity, first: date, last: date
) -> list[BehaviorRow]:
    """The events by day, content and type, latest day first; at most 10,000 rows."""
    return queries.behavior(tx, first=first, last=last, limit=MOST_ROWS)


def _computed(stores: Stores, first: date, last: date) -> int:
    with stores.learning.worker() as tx:
        rows = queries.counted(tx, first=_start(first), until=_start(last + timedelta(days=1)))
    with stores.analytics.worker() as analytics:
        queries.delete_days(analytics, first=first, last=last)
        queries.insert_rows(analytics, rows=rows, at=clock.now())
    return len(rows)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
