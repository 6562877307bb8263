"""Use case: the classification of a kind of subject, compared with the current catalogue."""

from __future__ import annotations

from collections.abc import Collection

from wavehouse import governance
from wavehouse.erasure.adapters.classified import Columns, SubjectMap
from wavehouse.erasure.queries import catalogue
from wavehouse.erasure.types import Column, Reference, SubjectKind
from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.store import AnyDatabase, Stores


def columns(stores: Stores, databases: Collection[DatabaseName] = DATABASES) -> Columns:
    """The columns of these databases."""
    by_table: dict[str, dict[str, Column]] = {}
    for name in databases:
        database: AnyDatabase = getattr(stores, name)
        with database.worker() as tx:
            for each in catalogue.columns(tx):
                table = by_table.setdefault(f"{name}.{each.table_name}", {})
                table[each.column_name] = each
    return Columns(by_table)


def references(stores: Stores, databases: Collection[DatabaseName]) -> dict[str, list[Reference]]:
    """The foreign keys of these databases; the organization is not part of a reference."""
    listed: dict[str, list[Reference]] = {}
    for name in databases:
        database: AnyDatabase = getattr(stores, name)
        with database.worker() as tx:
            listed[name] = [
                Reference(
                    each.child,
                    each.parent,
                    tuple(each.columns),
                    each.on_delete,
                    tuple(each.nullable),
                )
                for each in catalogue.foreign_keys(tx)
            ]
    return listed


def databases_of(kind: SubjectKind) -> tuple[DatabaseName, ...]:
    """The databases with rows of a kind of subject, by the classification."""
    classification = governance.classification()
    names = {each.database for each in classification.subject_tables(kind.value)}
    subject = classification.subjects[kind.value]
    names |= {each.column.partition(".")[0] for each in subject.identifiers.values()}
    return tuple(name for name in DATABASES if name in names)


def subject_map(
    stores: Stores, kind: SubjectKind, databases: Collection[DatabaseName] = ()
) -> SubjectMap:
    """The rows of a kind of subject in every table; by default of the databases that have some.

    Conflict when the catalogue lacks a table or a column that the classification names.
    """
    read = columns(stores, databases or databases_of(kind))
    return SubjectMap(governance.classification(), kind, read)
