"""Use cases: the full or the slim set of indexes of raw listener events.

The slim set is the default: the primary key, by episode and by campaign. The full set adds the
three that were asked for besides, at the price that ``docs/guides/indexes.md`` measures. It is
built one day at a time, each in its own transaction, so that a stop loses nothing and writers
wait for one day's index at most.
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
    """Every secondary index of listener events. Refused for everybody but an administrator."""
    _check_administrator(identity)
    with operational.worker() as tx:
        return queries.event_indexes(tx)


def use_full_set(
    operational: Database[Operational], *, identity: Identity, on_day: OnDay = lambda _: None
) -> int:
    """Build what is missing of the full set; how many days got an index."""
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
        raise Refused("indexes are the administrator's", hint="Ask an administrator.")


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
        f"listener events are in use; {made} days were indexed, the rest is as it was",
        hint="Run it again when fewer events arrive: it goes on from there.",
        command=f"wavehouse indexes {wanted}",
    )
