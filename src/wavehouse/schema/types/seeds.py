"""Sample rows and the partitions they need. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One sample row: its table and its values by column."""

    table: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EnsuredPartition:
    """A partition that a seed needs: its table, a day in it, and its span."""

    table: str
    day: str
    span: str


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A seed file: the partitions it needs and its rows, in order."""

    path: Path
    ensured: tuple[EnsuredPartition, ...]
    rows: tuple[SeedRow, ...]


@dataclass(frozen=True, slots=True)
class SeedResult:
    """The result of seeding: rows written now, and rows that already existed."""

    written: int
    unchanged: int
    tables: int

    def as_json(self) -> dict[str, object]:
        """The result as JSON values."""
        return {"written": self.written, "unchanged": self.unchanged, "tables": self.tables}
