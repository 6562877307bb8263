"""The class of a column, as comments of the database and diagrams show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEVELS = ("public", "internal", "confidential", "restricted")
"""Levels of sensitivity, the least sensitive first."""


@dataclass(frozen=True, slots=True)
class ColumnClass:
    """Category (a key of the vocabulary) and level of a column."""

    category: str
    level: str


Classes = Mapping[str, Mapping[str, ColumnClass]]
"""The columns' classes by table (``schema.table``) and column."""


@dataclass(frozen=True, slots=True)
class Hints:
    """The columns whose hints were written, or differ, and the tables that were locked."""

    columns: tuple[str, ...]
    locked: tuple[str, ...] = ()
