"""SQL of reopening: the sealed rows of a dropped day return to partitions."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO

from wavehouse.store import Operational, Tx

_STAGED = {
    "measurement.requests": "sealed_requests",
    "measurement.downloads": "sealed_downloads",
    "measurement.listener_events": "sealed_events",
}
NAMED = tuple({"table": table, "staged": staged} for table, staged in _STAGED.items())
"""The names used in this module's statements."""


def is_dropping_raw(tx: Tx[Operational]) -> bool:
    """Whether a run of retention is dropping raw rows, or was killed while it did."""
    return bool(tx.value("SELECT governance.is_dropping_raw()"))


def destroyed_months(tx: Tx[Operational]) -> list[date]:
    """The months whose secret of listener keys was destroyed, by their first day."""
    return tx.values("SELECT month FROM measurement.key_epochs WHERE secret IS NULL ORDER BY month")


def load_sealed(tx: Tx[Operational], table: str, rows: IO[bytes]) -> int:
    """Add sealed rows, as CSV in the order of the table's columns, that its partition lacks.

    Returns the number of sealed rows.
    """
    staged = _STAGED[table]
    tx.execute("CREATE TEMP TABLE {staged} (LIKE {table})", staged=staged, table=table)
    with tx.copy("COPY {staged} FROM STDIN (FORMAT csv)", staged=staged) as sink:
        while block := rows.read(2**20):
            sink.write(block)
    tx.execute(
        "INSERT INTO {table} SELECT * FROM {staged} ON CONFLICT DO NOTHING",
        staged=staged,
        table=table,
    )
    number: int = tx.value("SELECT count(*) FROM {staged}", staged=staged)
    tx.execute("DROP TABLE {staged}", staged=staged)
    return number


def mark_hours(tx: Tx[Operational], *, first: datetime, last: datetime) -> None:
    """Mark the hours of a span that have events: they are rolled up again."""
    tx.execute(
        """
        INSERT INTO measurement.dirty_log (hour)
        SELECT DISTINCT date_trunc('hour', "timestamp", 'UTC') FROM measurement.listener_events
        WHERE "timestamp" >= %(first)s AND "timestamp" < %(last)s
        """,
        {"first": first, "last": last},
    )


def mark_reopened(tx: Tx[Operational], *, day: date, at: datetime) -> None:
    """Note that the rows of a day's current seal are in partitions again."""
    tx.execute(
        """
        UPDATE measurement.sealed_days SET reopened_at = %(at)s
        WHERE day = %(day)s AND superseded_at IS NULL
        """,
        {"day": day, "at": at},
    )
