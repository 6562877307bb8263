"""Use case: the classification of a kind of subject, compared with the current catalogue."""

from __future__ import annotations

from wavehouse import governance
from wavehouse.erasure.adapters.classified import Columns, SubjectMap
from wavehouse.erasure.queries import catalogue
from wavehouse.erasure.types import Column, Reference, SubjectKind
from wavehouse.kernel.databases import DATABASES
from wavehouse.store import AnyDatabase, Stores


def columns(stores: Stores) -> Columns:
    """The columns of every database."""
    by_table: dict[str, dict[str, Column]] = {}
    for name in DATABASES:
        database: AnyDatabase = getattr(stores, name)
        with database.worker() as tx:
            for each in catalogue.columns(tx):
                table = by_table.setdefault(f"{name}.{each.table_name}", {})
                table[each.column_name] = each
    return Columns(by_table)


def references(stores: Stores) -> dict[str, list[Reference]]:
    """The foreign keys of every database; the organization is not part of a reference."""
    listed: dict[str, list[Reference]] = {}
    for name in DATABASES:
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


def subject_map(stores: Stores, kind: SubjectKind) -> SubjectMap:
    """The rows of a kind of subject in every table.

    Conflict when the catalogue lacks a table or a column that the classification names.
    """
    return SubjectMap(governance.classification(), kind, columns(stores))
