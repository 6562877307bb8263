"""Tables of a warehouse: their columns in types that every engine has, and their partitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

Value = str | int | date | datetime
"""A parameter of a transform. Instants are UTC."""


class Kind(StrEnum):
    """The type of a column."""

    INSTANT = "instant"
    """UTC, with microseconds."""
    DAY = "day"
    ID = "id"
    TEXT = "text"
    WHOLE = "whole"
    """64 bits."""
    RATE = "rate"
    """A decimal with four digits after the point, below 10."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Only columns that are not part of a key may be ``nullable``."""

    name: str
    kind: Kind
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows belong to the UTC day of their column ``clock``.

    ``order`` is the sort order, or the index. ``period`` is the length of a partition where the
    engine can replace a part of one: day, month or year. ``distribution`` is the column that a
    cluster spreads the rows by; without one, every machine has all rows.
    """

    name: str
    columns: tuple[Column, ...]
    clock: str
    order: tuple[str, ...]
    period: str = "day"
    distribution: str = ""

    def column(self, name: str) -> Column:
        """The column with this name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def staged(self) -> str:
        """The name of the table of rows that are not visible yet."""
        return f"{self.name}_staged"


def definition(table: Table, types: Mapping[Kind, str], nullable: str, required: str) -> str:
    """The list of columns of a CREATE TABLE; ``{}`` in the last two is the type."""
    return ", ".join(
        f'"{column.name}" ' + (nullable if column.nullable else required).format(types[column.kind])
        for column in table.columns
    )


def quoted(names: tuple[str, ...]) -> str:
    """A list of names, quoted."""
    return ", ".join(f'"{name}"' for name in names)
