"""C01–C04, C06, C07: every column has an entry, and its keys are known and allowed."""

from __future__ import annotations

from collections.abc import Iterator

from wavehouse.governance.rules.classifying.codes import CODES
from wavehouse.governance.types.classification import (
    DENY,
    UNCLASSIFIED,
    ColumnEntry,
    TableEntry,
)
from wavehouse.governance.types.findings import ClassFinding, Facts

_JSON = ("json", "jsonb")


def coverage(facts: Facts) -> Iterator[ClassFinding]:
    """Columns without an entry, and entries without a column."""
    tables = facts.classification.tables
    for database, catalogue in facts.catalogues.items():
        existing = {f"{database}.{table.name}": table for table in catalogue.tables}
        for name, table in existing.items():
            known = tables[name].columns if name in tables else {}
            for column in table.columns:
                if column.name not in known:
                    yield ClassFinding(CODES["C01"], name, column.name, "is not classified")
                elif column.type in _JSON and "*" not in known[column.name].json:
                    message = 'is JSON and has no rule for its keys ("*" is missing)'
                    yield ClassFinding(CODES["C06"], name, column.name, message)
        for name, entry in tables.items():
            if name.partition(".")[0] != database:
                continue
            if name not in existing:
                yield ClassFinding(CODES["C02"], name, "", f"is not in the database {database}")
                continue
            names = {column.name for column in existing[name].columns}
            for column_name in entry.columns:
                if column_name not in names:
                    yield ClassFinding(CODES["C02"], name, column_name, "does not exist")
            kind = "view" if existing[name].kind in ("v", "m") else "table"
            if kind != entry.kind:
                yield ClassFinding(CODES["C02"], name, "", f"is a {kind}, not a {entry.kind}")


def keys(facts: Facts) -> Iterator[ClassFinding]:
    """Keys outside the vocabulary, and categories that a database must not contain."""
    file, vocabulary = facts.classification.file, facts.vocabulary
    if file.vocabulary != vocabulary.version:
        message = f"the vocabulary is {vocabulary.version}, not {file.vocabulary}"
        yield ClassFinding(CODES["C04"], "", "", message)
    for name, subject in file.subjects.items():
        if subject.maps_to not in vocabulary.subjects:
            message = f"unknown subject of the vocabulary: {subject.maps_to}"
            yield ClassFinding(CODES["C04"], f"subject {name}", "", message)
        yield from _columns_of_subject(facts, name)
    for database, entry in file.databases.items():
        for category in entry.allow:
            if category not in vocabulary.categories:
                message = f"unknown category {category}"
                yield ClassFinding(CODES["C04"], f"database {database}", "", message)
    for name, table in file.tables.items():
        yield from _keys_of_table(facts, name, table)


def _columns_of_subject(facts: Facts, name: str) -> Iterator[ClassFinding]:
    subject = facts.classification.subjects[name]
    columns = {"root": subject.root}
    columns.update({key: value.column for key, value in subject.identifiers.items()})
    for role, column in columns.items():
        table, _, short = column.rpartition(".")
        entry = facts.classification.tables.get(table)
        if entry is None or short not in entry.columns:
            message = f"{role} names the unknown column {column}"
            yield ClassFinding(CODES["C02"], f"subject {name}", "", message)


def _keys_of_table(facts: Facts, name: str, table: TableEntry) -> Iterator[ClassFinding]:
    database = facts.classification.file.databases.get(name.partition(".")[0])
    if database is None:
        yield ClassFinding(CODES["C04"], name, "", "its database is not declared")
    if UNCLASSIFIED in (table.owner, table.kept, table.why, table.classified_by):
        yield ClassFinding(CODES["C03"], name, "", "is UNCLASSIFIED")
    for subject in table.subjects:
        if subject not in facts.classification.subjects:
            yield ClassFinding(CODES["C04"], name, "", f"unknown subject {subject}")
    for column_name, column in table.columns.items():
        if UNCLASSIFIED in (column.category, column.level):
            yield ClassFinding(CODES["C03"], name, column_name, "is UNCLASSIFIED")
            continue
        for category in sorted({column.category, *_json_categories(column)}):
            if category not in facts.vocabulary.categories:
                message = f"unknown category {category}"
                yield ClassFinding(CODES["C04"], name, column_name, message)
            elif database is not None and not _allows(database.allow, category):
                message = f"{category} is not allowed in this database"
                yield ClassFinding(CODES["C07"], name, column_name, message)
        if column.subject and column.subject not in table.subjects:
            message = f"the table has no link of the subject {column.subject}"
            yield ClassFinding(CODES["C04"], name, column_name, message)


def _json_categories(column: ColumnEntry) -> Iterator[str]:
    return (category for category in column.json.values() if category != DENY)


def _allows(allow: tuple[str, ...], category: str) -> bool:
    return any(category == key or category.startswith(f"{key}.") for key in allow)
