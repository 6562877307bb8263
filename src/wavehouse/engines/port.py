"""The port that every engine has: what a warehouse must be able to do.

Rows are staged first, where no reader sees them, by ``load`` and ``aggregate``. ``replace`` makes
them the rows of one UTC day, atomically. So a retry repeats a day, late data replaces it, and a
program that is killed in between changes nothing. One program writes at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Protocol

from wavehouse.engines.digests import digests_by_bucket
from wavehouse.engines.tables import Table, Value

Row = tuple[object, ...]


class Engine(Protocol):
    """An engine with its tables."""

    @property
    def name(self) -> str:
        """The engine, such as ``clickhouse``."""

    def ensure(self, table: Table, *, first: date, last: date) -> None:
        """Create a table, and its partitions from ``first`` to ``last``; both days included."""

    def discard(self, table: Table) -> None:
        """Remove the staged rows, also those that a killed program left."""

    def load(self, table: Table, file: Path) -> None:
        """Stage the rows of a Parquet file whose columns have the table's names."""

    def aggregate(self, table: Table, select: str, values: Mapping[str, Value]) -> None:
        """Stage the rows of a portable SELECT, computed where the rows are.

        Its columns are in the order of the table's. Tables of the schema ``measurement`` in it are
        this engine's.
        """

    def replace(self, table: Table, *, day: date) -> int:
        """Make the staged rows the rows of a day, all at once; returns their number.

        WavehouseError, and nothing changed, when a staged row is of another day.
        """

    def rows(self, table: Table, *, first: date, last: date) -> Sequence[Row]:
        """The rows of a period in any order, both days included; empty without the table."""

    def drop(self, table: Table, *, before: date) -> None:
        """Remove the rows of all days before one."""

    def close(self) -> None:
        """Close the connection."""


def digests(
    engine: Engine, table: Table, *, first: date, last: date, without: Sequence[str] = ()
) -> dict[str, str]:
    """The digest of each bucket (value of ``clock``) of a period; ``without`` are columns."""
    names = table.names
    kept = [n for n, name in enumerate(names) if name not in without and name != table.clock]
    order = [names.index(table.clock), *kept]
    return digests_by_bucket(map(itemgetter(*order), engine.rows(table, first=first, last=last)))
