"""Findings of the classification, and the facts that its rules compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wavehouse.governance.types import Policy
from wavehouse.governance.types.classification import Vocabulary
from wavehouse.governance.types.classified import Classification
from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND
from wavehouse.schema import Catalogue


@dataclass(frozen=True, slots=True)
class Code:
    """A rule of the classification: its number, name, reason, and how to fix a finding."""

    number: str
    name: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ClassFinding:
    """A finding about ``database.schema.table`` or one of its columns."""

    code: Code
    table: str
    column: str
    message: str

    @property
    def where(self) -> str:
        """The full name of the column, or of the table."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def as_json(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "code": self.code.number,
            "rule": self.code.name,
            "where": self.where,
            "message": self.message,
            "remedy": self.code.remedy,
        }


@dataclass(frozen=True, slots=True)
class Edge:
    """A column is derived from another one. Both are ``database.schema.table.column``."""

    source: str
    target: str
    job: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of a column that look like ``kind``: how many of the values that were read."""

    table: str
    column: str
    kind: str
    matching: int
    read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The data that the rules compare.

    ``sizes`` are rows by table; a missing table is of unknown size.

    ``samples`` and ``edges`` are empty when nothing was sampled or derived.
    """

    classification: Classification
    vocabulary: Vocabulary
    catalogues: Mapping[str, Catalogue]
    policies: tuple[Policy, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    samples: tuple[Sample, ...] = ()
    large: int = 10_000


@dataclass(frozen=True, slots=True)
class ClassCheck:
    """The findings of a check, and how much was compared."""

    findings: tuple[ClassFinding, ...]
    databases: tuple[str, ...]
    tables: int
    columns: int
    sampled: int

    @property
    def exit_code(self) -> int:
        """0 without findings, else 3."""
        return EXIT_FOUND if self.findings else EXIT_DONE

    def as_json(self) -> dict[str, Any]:
        """The check as JSON values."""
        return {
            "databases": list(self.databases),
            "tables": self.tables,
            "columns": self.columns,
            "sampled_columns": self.sampled,
            "findings": [finding.as_json() for finding in self.findings],
        }
