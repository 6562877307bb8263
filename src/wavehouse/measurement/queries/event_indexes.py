"""SQL of the optional indexes on listener events, which are built day by day."""

from __future__ import annotations

from wavehouse.measurement.types import EventIndex
from wavehouse.store import Operational, Tx


def event_indexes(tx: Tx[Operational]) -> list[EventIndex]:
    """Every secondary index on listener events, with its number of days and its bytes."""
    return tx.rows(
        EventIndex,
        """
        SELECT c.relname::text AS name, i.indisvalid AS is_complete,
               (SELECT count(*)::int FROM pg_inherits h WHERE h.inhparent = c.oid) AS days,
               (SELECT count(*)::int FROM pg_inherits h
                WHERE h.inhparent = i.indrelid) AS all_days,
               (SELECT coalesce(sum(pg_relation_size(h.inhrelid)), 0)::bigint
                FROM pg_inherits h WHERE h.inhparent = c.oid) AS bytes
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = 'measurement.listener_events'::regclass AND NOT i.indisprimary
        ORDER BY c.relname
        """,
    )


def event_days(tx: Tx[Operational]) -> list[str]:
    """The partitions of listener events, newest day first."""
    return tx.values(
        """
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = 'measurement.listener_events'::regclass
        ORDER BY inhrelid::regclass::text DESC
        """
    )


def limit_waiting(tx: Tx[Operational]) -> None:
    """Limit lock waits to two seconds, so that the loader does not wait behind an index build."""
    tx.execute("SELECT set_config('lock_timeout', '2s', true)")


def begin_event_index(tx: Tx[Operational], *, column: str) -> None:
    """Create an optional index for future days."""
    tx.execute("SELECT measurement.begin_event_index(%(column)s)", {"column": column})


def index_event_day(tx: Tx[Operational], *, column: str, day: str) -> bool:
    """Create an optional index on one day; False when it already exists."""
    return bool(
        tx.value(
            "SELECT measurement.index_event_day(%(column)s, %(day)s::regclass)",
            {"column": column, "day": day},
        )
    )


def drop_event_index(tx: Tx[Operational], *, column: str) -> None:
    """Drop an optional index from every day."""
    tx.execute("SELECT measurement.drop_event_index(%(column)s)", {"column": column})
