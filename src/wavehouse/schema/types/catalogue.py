"""The schema as its documents describe it: tables, references, functions. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND


@dataclass(frozen=True, slots=True)
class Column:
    """A column in the catalogue."""

    name: str
    type: str
    not_null: bool
    default: str | None
    identity: str
    generated: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a table; NOT NULL is an attribute of the column."""

    name: str
    kind: str
    columns: tuple[str, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A reference, with the details the diagram needs: whether it is optional and unique."""

    name: str
    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]
    on_delete: str
    optional: bool
    single: bool
    definition: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index that does not belong to a constraint."""

    name: str
    unique: bool
    definition: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A row security policy."""

    name: str
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view with its dependent objects. Partitions are merged into their parent."""

    name: str
    kind: str
    comment: str | None
    partition_key: str | None
    storage: tuple[str, ...]
    row_security: bool
    view: str | None
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[str, ...]
    policies: tuple[Policy, ...]
    grants: tuple[str, ...]

    @property
    def space(self) -> str:
        """The PostgreSQL schema of the table."""
        return self.name.split(".", 1)[0]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        return next((c.columns for c in self.constraints if c.kind == "p"), ())


@dataclass(frozen=True, slots=True)
class Function:
    """A function created by a migration."""

    name: str
    definition: str
    comment: str | None
    grants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The current schema of a database: the same for the same migrations, on any server."""

    spaces: tuple[tuple[str, tuple[str, ...]], ...]
    default_grants: tuple[str, ...]
    functions: tuple[Function, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class DocumentsCheck:
    """Documents that differ from the database: changed, missing or obsolete."""

    stale: tuple[Path, ...]
    missing: tuple[Path, ...]
    extra: tuple[Path, ...]

    @property
    def exit_code(self) -> int:
        """0 when every document matches the database, else 3."""
        return EXIT_FOUND if self.stale or self.missing or self.extra else EXIT_DONE

    def as_json(self) -> dict[str, object]:
        """The result as JSON values."""
        return {
            "stale": [str(path) for path in self.stale],
            "missing": [str(path) for path in self.missing],
            "extra": [str(path) for path in self.extra],
        }
