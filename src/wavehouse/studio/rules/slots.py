"""Slots of a cadence as instants, and the handling of missed ones (Q1, Q2, Q7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from uuid import UUID

from wavehouse.studio.rules.cadence import Cadence

HORIZON = timedelta(days=35)
GRACE = timedelta(hours=24)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot: its place on the project's clock, and the instant."""

    local_date: date
    local_time: time
    ordinal: int
    slot_at: datetime


@dataclass(frozen=True, slots=True)
class PendingSlot:
    """A stored future slot without a claim."""

    slot_id: UUID
    local_date: date
    local_time: time
    ordinal: int
    slot_at: datetime
    timezone: str


@dataclass(frozen=True, slots=True)
class Overdue:
    """A slot that is past its time and was never started."""

    slot_id: UUID
    slot_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes that planning has to make; ``kept`` slots are unchanged."""

    add: tuple[Slot, ...]
    remove: tuple[PendingSlot, ...]
    kept: tuple[PendingSlot, ...]


def instant_of(day: date, at: time, zone: tzinfo) -> datetime:
    """The instant of a local wall time (Q1).

    A time inside a gap moves later by the gap's length; one that occurs twice is the earlier: both
    are the meaning of ``fold=0`` (RFC 5545; "compatible" in Temporal).
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def slots_between(
    cadence: Cadence, zone: tzinfo, first: datetime, last: datetime
) -> tuple[Slot, ...]:
    """The slots from ``first`` to ``last``, both inclusive, in the order of time.

    The ordinal is the time's place in the day. Where a gap moves a slot onto another one, as on a
    date that a zone skipped, the slot that really has this wall time remains.
    """
    day = max(cadence.start, first.astimezone(zone).date() - _DAY)
    end = last.astimezone(zone).date() + _DAY
    by_instant: dict[datetime, Slot] = {}
    while day <= end:
        if cadence.falls_on(day):
            for ordinal, at in enumerate(cadence.times):
                slot = Slot(day, at, ordinal, instant_of(day, at, zone))
                if first <= slot.slot_at <= last and (
                    slot.slot_at not in by_instant or _exists(slot, zone)
                ):
                    by_instant[slot.slot_at] = slot
        day += _DAY
    return tuple(by_instant[instant] for instant in sorted(by_instant))


def difference(wanted: Iterable[Slot], stored: Iterable[PendingSlot], timezone: str) -> Difference:
    """Compare wanted slots with the pending ones: equal ones are kept, the others replaced (Q6)."""
    missing = {(slot.local_date, slot.ordinal): slot for slot in wanted}
    kept: list[PendingSlot] = []
    remove: list[PendingSlot] = []
    for pending in stored:
        key = (pending.local_date, pending.ordinal)
        slot = missing.get(key)
        if slot is not None and (slot.slot_at, slot.local_time, timezone) == (
            pending.slot_at,
            pending.local_time,
            pending.timezone,
        ):
            kept.append(pending)
            del missing[key]
        else:
            remove.append(pending)
    add = sorted(missing.values(), key=lambda slot: slot.slot_at)
    return Difference(tuple(add), tuple(remove), tuple(kept))


def missed(
    overdue: Sequence[Overdue],
    now: datetime,
    *,
    policy: str,
    limit: int | None,
    grace: timedelta = GRACE,
) -> tuple[UUID, ...]:
    """The overdue slots that will not run (Q7).

    A slot within ``grace`` is late and still runs; after that it is missed. ``run_latest`` runs the
    newest missed slot, unless a later one is overdue too; ``run_all`` runs the newest ``limit``
    missed slots (all without a limit); ``skip`` runs none.
    """
    newest_first = sorted(overdue, key=lambda slot: slot.slot_at, reverse=True)
    late = [slot for slot in newest_first if slot.slot_at >= now - grace]
    too_late = newest_first[len(late) :]
    if policy == "run_all":
        keep = len(too_late) if limit is None else limit
    elif policy == "run_latest":
        keep = 0 if late else 1
    else:
        keep = 0
    return tuple(slot.slot_id for slot in too_late[keep:])


def _exists(slot: Slot, zone: tzinfo) -> bool:
    local = slot.slot_at.astimezone(zone)
    return (local.date(), local.time()) == (slot.local_date, slot.local_time)
