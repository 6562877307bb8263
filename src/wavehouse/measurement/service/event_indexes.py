"""Use cases: the full or the slim set of indexes on raw listener events.

The slim set is the default: the primary key, by episode and by campaign. The full set adds three
more, at the cost measured in ``docs/guides/indexes.md``. It is built one day at a time, each in its
own transaction, so that stopping loses nothing and writers wait for at most one day's index.
"""

from __future__ import annotations

from collections.abc import Callable

from psycopg.errors import LockNotAvailable

from wavehouse import accounts, audit
from wavehouse.accounts import Identity, Role
from wavehouse.kernel.errors import Conflict, Refused
from wavehouse.measurement.queries import event_indexes as queries
from wavehouse.measurement.types import EventIndex
from wavehouse.store import Database, Operational

OPTIONAL = ("podcast_id", "platform", "event_type")
"""Columns of the optional indexes, each followed by the timestamp, descending."""
OnDay = Callable[[int], None]


def event_indexes(operational: Database[Operational], *, identity: Identity) -> list[EventIndex]:
    """Every secondary index on listener events. Refused unless the caller is an administrator."""
    _check_administrator(identity)
    with operational.worker() as tx:
        return queries.event_indexes(tx)


def use_full_set(
    operational: Database[Operational], *, identity: Identity, on_day: OnDay = lambda _: None
) -> int:
    """Build the missing indexes of the full set; returns how many days got an index."""
    _check_administrator(identity)
    made = 0
    try:
        for column in OPTIONAL:
            with operational.worker() as tx:
                queries.limit_waiting(tx)
                queries.begin_event_index(tx, column=column)
                days = queries.event_days(tx)
            for day in days:
                with operational.worker() as tx:
                    queries.limit_waiting(tx)
                    made += queries.index_event_day(tx, column=column, day=day)
                on_day(1)
    except LockNotAvailable:
        raise _busy("full", made) from None
    _record(operational, identity, "full")
    return made


def use_slim_set(operational: Database[Operational], *, identity: Identity) -> None:
    """Drop the optional indexes."""
    _check_administrator(identity)
    try:
        for column in OPTIONAL:
            with operational.worker() as tx:
                queries.limit_waiting(tx)
                queries.drop_event_index(tx, column=column)
    except LockNotAvailable:
        raise _busy("slim", 0) from None
    _record(operational, identity, "slim")


def _check_administrator(identity: Identity) -> None:
    if identity.role != Role.ADMIN:
        raise Refused("only an administrator may manage indexes", hint="Ask an administrator.")


def _record(operational: Database[Operational], identity: Identity, chosen: str) -> None:
    with operational.worker() as tx:
        audit.record(
            tx,
            actor=accounts.user_actor(identity),
            action=f"event_indexes.{chosen}",
            resource=("table", "measurement.listener_events"),
            organization_id=identity.organization_id,
        )


def _busy(wanted: str, made: int) -> Conflict:
    return Conflict(
        f"listener events are in use; {made} days were indexed, the rest are unchanged",
        hint="Run the command again when fewer events arrive; it continues from there.",
        command=f"wavehouse indexes {wanted}",
    )
