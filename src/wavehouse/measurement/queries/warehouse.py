"""SQL of pushing to a warehouse: the lock, and a day's state in one snapshot."""

from __future__ import annotations

from datetime import date

from wavehouse.measurement.queries import sealing
from wavehouse.measurement.types import SealedDay
from wavehouse.store import Operational, Tx


def lock_warehouse(tx: Tx[Operational]) -> None:
    """Allow one program to write to the warehouse at a time, until the transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('measurement.warehouse', 7))")


def day_of(tx: Tx[Operational], *, day: date) -> SealedDay | None:
    """The state of one day; None for a day without partitions and seal."""
    return next(iter(sealing.sealed_days(tx, day=day)), None)
