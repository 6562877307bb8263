"""The classification in the form that erasure needs: ways, row selections, column changes.

Every table and column in it is first checked against the catalogue, so that a renamed table is an
error before anything is removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from wavehouse import governance
from wavehouse.erasure.types import Action, Column, SubjectKind, Way
from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.kernel.errors import Conflict
from wavehouse.store import Change, Hop, Path, Selection

_NEUTRAL = {"text": "erased", "character varying": "erased", "jsonb": "{}", "text[]": "{}"}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of the databases, by ``store.schema.table`` and name."""

    by_table: Mapping[str, Mapping[str, Column]]

    def type_of(self, table: str, column: str) -> str:
        """A column's type. Conflict when the table or the column does not exist."""
        if table not in self.by_table:
            raise Conflict(
                f"the table {table} is classified and does not exist: was it renamed?",
                hint="Nothing was removed. Classify the table under its new name.",
                command="wavehouse classify check",
            )
        known = self.by_table[table].get(column)
        if known is None:
            raise Conflict(
                f"the column {column} of {table} is classified and does not exist",
                hint="Nothing was removed. Classify the column under its new name.",
                command="wavehouse classify check",
            )
        return known.type


@dataclass(frozen=True, slots=True)
class _Grouped:
    """The links of a table that have the same effect, as one way with several paths."""

    way: Way
    paths: tuple[governance.RowPath, ...]
    clear: tuple[str, ...]
    replace: Mapping[str, str]


class SubjectMap:
    """The rows of a kind of subject in every table, according to the classification."""

    def __init__(
        self, classification: governance.Classification, kind: SubjectKind, columns: Columns
    ) -> None:
        self.version = classification.digest
        self.kind = kind
        self.root = classification.subjects[kind.value].root
        self.identifiers = classification.subjects[kind.value].identifiers
        self.columns = columns
        self._classification = classification
        self._groups = self._grouped(classification.subject_tables(kind.value))
        for group in self._groups.values():
            self._check(group)

    @property
    def ways(self) -> tuple[Way, ...]:
        """All ways, in the order of the file."""
        return tuple(group.way for group in self._groups.values())

    @property
    def root_table(self) -> str:
        """The root table, ``schema.table``."""
        return self.root.partition(".")[2].rpartition(".")[0]

    @property
    def root_column(self) -> str:
        """The root column."""
        return self.root.rpartition(".")[2]

    def selection(
        self,
        way: tuple[str, str, int],
        values: Mapping[str, Sequence[str]],
        organization: UUID | None,
    ) -> Selection:
        """The rows of a way that belong to a subject.

        ``values`` are the subject's values by the name of the identifier; ``""`` is the root.
        """
        group = self._groups[way]
        table = f"{group.way.store}.{group.way.table}"
        paths = tuple(self._path(table, path, values) for path in group.paths)
        tenant = "organization_id" in self.columns.by_table[table]
        return Selection(group.way.table, paths, organization if tenant else None)

    def _path(
        self, table: str, path: governance.RowPath, values: Mapping[str, Sequence[str]]
    ) -> Path:
        store = table.partition(".")[0]
        last = f"{store}.{path.hops[-1].to_table}" if path.hops else table
        foreign = path.identifier and f"{last}.{self.root_column}" == self.root
        return Path(
            column=path.column,
            type=self.columns.type_of(last, path.column),
            values=tuple(values.get(path.identifier, ())),
            hops=tuple(Hop(h.columns, h.to_table, h.to_columns) for h in path.hops),
            owner=self.root_column if foreign else "",
            owners=tuple(values.get("", ())),
        )

    def changes(
        self, way: tuple[str, str, int], values: Mapping[str, Sequence[str]]
    ) -> list[Change]:
        """The changes of anonymising or pseudonymising; none if a row only refers to a subject."""
        group = self._groups[way]
        table = f"{group.way.store}.{group.way.table}"
        made: dict[str, Change] = {}
        for name in group.clear:
            column, _, key = name.partition(".")
            if key:
                known = made.get(column)
                text = f"{known.text},{key}" if known else key
                made[column] = Change(column, "keys", "jsonb", text)
            else:
                made[column] = self._emptied(table, column, group, values)
        for column, text in group.replace.items():
            made[column] = Change(column, "text", self.columns.type_of(table, column), text)
        return list(made.values())

    def _emptied(
        self, table: str, column: str, group: _Grouped, values: Mapping[str, Sequence[str]]
    ) -> Change:
        kind = self.columns.type_of(table, column)
        own = [p for p in group.paths if p.column == column and not p.hops]
        if kind.endswith("[]") and own:
            mine = tuple(v.lower() for p in own for v in values.get(p.identifier, ()))
            return Change(column, "remove", kind, values=mine)
        if not self.columns.by_table[table][column].required:
            return Change(column, "null")
        if kind == "bytea":
            return Change(column, "bytes")
        if kind not in _NEUTRAL:
            raise Conflict(
                f"the column {column} of {table} is NOT NULL, and has no neutral value",
                hint="Give it a replacement in the classification.",
                command="wavehouse classify check",
            )
        return Change(column, "text", kind, _NEUTRAL[kind])

    def nothing(self, column: str) -> Change:
        """The change that empties a column."""
        return Change(column, "null")

    def personal_columns(self, table: str) -> list[str]:
        """The columns of ``store.schema.table`` that the classification marks as personal data."""
        return [
            name
            for name in self._classification.personal_columns(table)
            if name in self.columns.by_table.get(table, {})
        ]

    def categories(self, table: str) -> dict[str, str]:
        """The category of each column of ``store.schema.table``."""
        entry = self._classification.tables[table]
        return {name: column.category for name, column in entry.columns.items()}

    def column_of(self, identifier: str) -> tuple[DatabaseName, str, str]:
        """The database, table and column of an identifier."""
        database, _, rest = self.identifiers[identifier].column.partition(".")
        table, _, column = rest.rpartition(".")
        name: DatabaseName = next(each for each in DATABASES if each == database)
        return name, table, column

    def _grouped(
        self, links: Iterable[governance.SubjectLink]
    ) -> dict[tuple[str, str, int], _Grouped]:
        by_effect: dict[tuple[object, ...], list[governance.SubjectLink]] = {}
        for each in links:
            effect = (
                each.database,
                each.table,
                each.link.on_erasure.value,
                each.link.clear,
                tuple(sorted(each.link.replace.items())),
            )
            by_effect.setdefault(effect, []).append(each)
        groups: dict[tuple[str, str, int], _Grouped] = {}
        for listed in by_effect.values():
            first = listed[0]
            number = sum(
                1 for store, table, _ in groups if (store, table) == (first.database, first.table)
            )
            paths = tuple(path for each in listed for path in each.paths)
            way = Way(
                first.database,
                first.table,
                number,
                Action(first.link.on_erasure.value),
                "; ".join(each.link.through for each in listed),
                tuple(sorted({hop.to_table for path in paths for hop in path.hops})),
                first.link.basis,
            )
            groups[way.store, way.table, number] = _Grouped(
                way, paths, first.link.clear, first.link.replace
            )
        return groups

    def _check(self, group: _Grouped) -> None:
        """Conflict when the catalogue lacks a table or a column that a way uses."""
        table = f"{group.way.store}.{group.way.table}"
        for path in group.paths:
            here = table
            for hop in path.hops:
                for column in hop.columns:
                    self.columns.type_of(here, column)
                here = f"{group.way.store}.{hop.to_table}"
            self.columns.type_of(here, path.column)
        for name in (*group.clear, *group.replace):
            self.columns.type_of(table, name.partition(".")[0])
