"""Use cases: compare the classification with the databases, and write skeletons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wavehouse import schema
from wavehouse.governance.adapters import lineage, read_policies
from wavehouse.governance.adapters.classification_file import read_vocabulary
from wavehouse.governance.queries import observing
from wavehouse.governance.rules.classifying import values
from wavehouse.governance.rules.classifying.checking import findings
from wavehouse.governance.rules.classifying.coverage import coverage
from wavehouse.governance.rules.classifying.skeletons import skeletons, walk
from wavehouse.governance.service.classification import load
from wavehouse.governance.types import Policy
from wavehouse.governance.types.classification import ORGANIZATION
from wavehouse.governance.types.classified import Classification, is_personal
from wavehouse.governance.types.findings import (
    ClassCheck,
    ClassFinding,
    Edge,
    Facts,
    Sample,
)
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import NotFound
from wavehouse.schema import Catalogue, Classes, ColumnClass, Hints
from wavehouse.store import AnyDatabase, owner_role

_TEXTS = ("text", "character", "json", "uuid", "inet")
_RUNNER = "schema_ops"
"""The PostgreSQL schema in which the runner of migrations keeps its history."""
_PEOPLE = 5_000
"""Ids of persons that are compared with values of other columns, for each kind of person."""


def check(
    databases: Sequence[AnyDatabase],
    settings: Settings,
    *,
    path: Path | None = None,
    rows: int = 200,
) -> ClassCheck:
    """Compare the classification with the catalogues, and with ``rows`` values of each column.

    ``rows`` of 0 reads no values. Serves the whole installation: the file is the operator's.
    """
    known = load(path)
    described = _catalogues(databases)
    sizes: dict[str, int] = {}
    samples: list[Sample] = []
    read: set[str] = set()
    people = _people(databases, known) if rows else frozenset()
    for database in databases:
        observed, sampled, columns = _observe(
            database, described[database.name], known, people, rows
        )
        sizes |= observed
        samples += sampled
        read |= columns
    facts = _facts(
        known,
        described,
        policies=read_policies(settings),
        sizes=sizes,
        edges=lineage.edges(described),
        samples=tuple(samples),
    )
    return ClassCheck(
        _of_databases(findings(facts), described),
        tuple(described),
        sum(len(catalogue.tables) for catalogue in described.values()),
        sum(len(table.columns) for each in described.values() for table in each.tables),
        len(read),
    )


def lint_catalogue(
    database: str, catalogue: Catalogue, settings: Settings, path: Path | None = None
) -> tuple[ClassFinding, ...]:
    """Findings about the schema that a ladder of migrations creates; nothing is sampled.

    ``path`` is another file of classifications. A database that it does not have is the only one
    that it has. The runner's own tables need no entries there.
    """
    known = load(path)
    declared = known.file.databases
    name = next(iter(declared)) if database not in declared and len(declared) == 1 else database
    if not any(table.startswith(f"{name}.{_RUNNER}.") for table in known.tables):
        own = tuple(table for table in catalogue.tables if table.space != _RUNNER)
        catalogue = replace(catalogue, tables=own)
    described = {name: catalogue}
    policies = read_policies(settings)
    facts = _facts(known, described, policies=policies, edges=lineage.edges(described))
    return _of_databases(findings(facts), described)


def uncovered(databases: Sequence[AnyDatabase]) -> tuple[ClassFinding, ...]:
    """Columns without an entry and entries without a column: the quick part of the check."""
    return tuple(coverage(_facts(load(), _catalogues(databases))))


def column_classes(database: str) -> Classes:
    """The product's own classes of a database's columns, by table and column."""
    return {
        name.partition(".")[2]: {
            column: ColumnClass(entry.category, str(entry.level))
            for column, entry in table.columns.items()
        }
        for name, table in load().tables.items()
        if name.partition(".")[0] == database
    }


def write_comments(databases: Sequence[AnyDatabase]) -> dict[str, Hints]:
    """Write the classes into the comments of the columns; what changed, by database."""
    return {
        database.name: schema.write_hints(
            database.place.conninfo("migrate"),
            column_classes(database.name),
            role=owner_role(database.name),
        )
        for database in databases
    }


def stale_comments(databases: Sequence[AnyDatabase]) -> dict[str, Hints]:
    """The columns whose comments do not have their class, by database."""
    return {
        database.name: schema.missing_hints(
            database.place.conninfo("migrate"),
            column_classes(database.name),
            role=owner_role(database.name),
        )
        for database in databases
    }


def skeleton(databases: Sequence[AnyDatabase], *, path: Path | None = None) -> str:
    """Entries for the columns that have none, as YAML; empty when every column has one."""
    return skeletons(_catalogues(databases), load(path), clock.today())


def derivations(
    databases: Sequence[AnyDatabase], column: str, *, downstream: bool
) -> tuple[Edge, ...]:
    """The edges that lead from a column (``downstream``) or to it, over any number of steps.

    NotFound for a column that is not classified.
    """
    table, _, name = column.rpartition(".")
    entry = load().tables.get(table)
    if entry is None or name not in entry.columns:
        raise NotFound(
            f"{column!r} is not in the classification",
            hint="Write database.schema.table.column.",
            command="wavehouse classify list",
        )
    return walk(lineage.edges(_catalogues(databases)), column, downstream=downstream)


def _facts(
    known: Classification,
    described: Mapping[str, Catalogue],
    *,
    policies: tuple[Policy, ...] = (),
    sizes: Mapping[str, int] | None = None,
    edges: tuple[Edge, ...] = (),
    samples: tuple[Sample, ...] = (),
) -> Facts:
    return Facts(
        classification=known,
        vocabulary=read_vocabulary(),
        catalogues=described,
        policies=policies,
        sizes=sizes or {},
        edges=edges,
        samples=samples,
    )


def _catalogues(databases: Sequence[AnyDatabase]) -> dict[str, Catalogue]:
    return {
        database.name: schema.catalogue(
            database.place.conninfo("migrate"), role=owner_role(database.name)
        )
        for database in databases
    }


def _of_databases(
    findings_of_all: tuple[ClassFinding, ...], described: Mapping[str, Catalogue]
) -> tuple[ClassFinding, ...]:
    """Findings about these databases, and those about none in particular."""
    return tuple(
        finding
        for finding in findings_of_all
        if "." not in finding.table or finding.table.partition(".")[0] in described
    )


def _people(databases: Sequence[AnyDatabase], known: Classification) -> frozenset[str]:
    """Ids of persons in the root columns, without dashes."""
    ids: set[str] = set()
    for name, subject in known.subjects.items():
        database_name, _, rest = subject.root.partition(".")
        table, _, column = rest.rpartition(".")
        for database in databases:
            if database.name == database_name and name != ORGANIZATION:
                with database.worker() as tx:
                    listed = observing.texts(tx, table=table, column=column, limit=_PEOPLE)
                ids |= {value.value.replace("-", "").lower() for value in listed}
    return frozenset(ids)


def _observe(
    database: AnyDatabase,
    catalogue: Catalogue,
    known: Classification,
    people: frozenset[str],
    limit: int,
) -> tuple[dict[str, int], list[Sample], set[str]]:
    """Sizes of a database's tables, what their values look like, and the columns that were read."""
    samples: list[Sample] = []
    read: set[str] = set()
    with database.worker(snapshot=True) as tx:
        tables = {size.name: size for size in observing.sizes(tx)}
        sizes = {f"{database.name}.{name}": size.rows for name, size in tables.items()}
        for table, column, kind in _columns(database.name, catalogue, known) if limit else ():
            if table not in tables or not tables[table].is_readable:
                continue
            name = f"{database.name}.{table}"
            entry = known.tables[name].columns[column]
            listed: list[str | bytes] = (
                [
                    row.value
                    for row in observing.byte_values(tx, table=table, column=column, limit=limit)
                ]
                if kind == "bytea"
                else [
                    row.value
                    for row in observing.texts(tx, table=table, column=column, limit=limit)
                ]
            )
            read.add(f"{name}.{column}")
            samples += values.sampled(name, column, entry, listed, people)
    return sizes, samples, read


def _columns(
    database: str, catalogue: Catalogue, known: Classification
) -> Iterator[tuple[str, str, str]]:
    """The columns whose values can contradict their entry: table, name, type."""
    for table in catalogue.tables:
        entries = known.tables.get(f"{database}.{table.name}")
        if entries is None or table.kind == "v":
            continue
        for column in table.columns:
            entry = entries.columns.get(column.name)
            if entry is None:
                continue
            is_text = column.type.startswith(_TEXTS)
            protected = entry.stored is not None and not column.type.startswith("json")
            if protected or (is_text and not is_personal(entry.category)):
                yield table.name, column.name, column.type
