"""Use case: count requests stored since the last pass, one UTC day per transaction.

Counting serves the whole installation: one pass counts the days of all organizations, so it takes
no identity, and its result is for the operator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.config import Settings
from wavehouse.measurement.queries import counting
from wavehouse.measurement.service.adoption import adopt_unknown
from wavehouse.measurement.service.lookups import list_version
from wavehouse.measurement.types import RULE_VERSION, Counted
from wavehouse.store import Database, Operational, Tx


def pending_days(operational: Database[Operational]) -> list[date]:
    """The days waiting to be counted, including those of newly known paths."""
    adopt_unknown(operational)
    with operational.worker() as tx:
        return counting.marked_days(tx)


def count(
    operational: Database[Operational],
    settings: Settings,
    *,
    on_day: Callable[[date], None] = lambda _: None,
) -> Counted:
    """Count every marked day; each commits separately, so an interruption loses nothing."""
    limits = Limits(settings["excess_downloads"], settings["excess_agents"])
    done = Counted()
    for day in pending_days(operational):
        with telemetry.span("count.day"), operational.worker() as tx:
            part = _count_day(tx, day=day, limits=limits)
        on_day(day)
        done = Counted(
            done.days + 1,
            done.downloads_added + part.downloads_added,
            done.downloads_removed + part.downloads_removed,
            done.hours_marked + part.hours_marked,
        )
    return done


@dataclass(frozen=True, slots=True)
class Limits:
    """The highest numbers of requests by one address on one day for a household (R18)."""

    episodes: int
    agents: int


def _count_day(tx: Tx[Operational], *, day: date, limits: Limits) -> Counted:
    """Derive the affected units of one day and update downloads and events."""
    counting.lock_counting(tx)
    marks = counting.marks_of(tx, day=day)
    if not marks:
        return Counted()
    start = clock.start_of_day(day)
    end = start + timedelta(days=1)
    batches = sorted({mark.batch_id for mark in marks})
    counting.collect_touched_keys(tx, start=start, end=end, batches=batches)
    counting.release_excess(tx, start=start, end=end)
    counting.derive_downloads(
        tx, start=start, end=end, rule_version=RULE_VERSION, list_version=list_version()
    )
    counting.filter_excess(tx, start=start, end=end, episodes=limits.episodes, agents=limits.agents)
    counting.delete_stale_downloads(tx, start=start, end=end)
    counting.insert_downloads(tx)
    counting.derive_events(tx)
    removed = counting.delete_stale_events(tx, start=start, end=end)
    added, hours = counting.insert_events(tx)
    counting.delete_marks(tx, ids=[mark.id for mark in marks])
    return Counted(1, added, removed, hours)


def recount(
    operational: Database[Operational], settings: Settings, *, first: date, last: date
) -> Counted:
    """Count whole days again: after a change of a list, a file's facts or a rule."""
    with operational.worker() as tx:
        counting.mark_day(tx, first=first, last=last)
    return count(operational, settings)
