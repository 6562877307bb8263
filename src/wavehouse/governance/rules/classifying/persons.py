"""C05, C10, C13, C17: personal data is covered by links that erasure can carry out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wavehouse.governance.rules.classifying.catalogues import tables_of
from wavehouse.governance.rules.classifying.codes import CODES
from wavehouse.governance.rules.linking import own_columns
from wavehouse.governance.types.classification import (
    ORGANIZATION,
    ErasureAction,
    Link,
    TableEntry,
)
from wavehouse.governance.types.classified import is_personal
from wavehouse.governance.types.findings import ClassFinding, Facts

_CHANGES = (ErasureAction.ANONYMISE, ErasureAction.PSEUDONYMISE)
_NEUTRAL = re.compile(r"text|character|json|\[\]$|boolean|numeric|integer|bigint|smallint|double")
"""Types with a neutral value ('' or {} or 0) for a column that must not be NULL."""
_KEY = re.compile(r" USING \w+ \((.*?)\)(?: (?:WITH|INCLUDE|WHERE) |$)")


def personal(facts: Facts) -> Iterator[ClassFinding]:
    """Personal columns that no link, basis or reason covers."""
    for name, table in facts.classification.tables.items():
        if table.kind == "view" or table.unlinkable:
            continue
        for column_name, column in table.columns.items():
            if not is_personal(column.category) or column.keep:
                continue
            subjects = (column.subject,) if column.subject else tuple(table.subjects)
            people = [subject for subject in subjects if subject != ORGANIZATION]
            if not subjects:
                message = f"contains {column.category}, but none of its rows belong to a subject"
                yield ClassFinding(CODES["C05"], name, column_name, message)
            for subject in people or subjects:
                links = table.subjects.get(subject, ())
                if not any(_covers(link, column_name) for link in links):
                    message = (
                        f"contains {column.category}, but erasing the {subject} does not affect it"
                    )
                    yield ClassFinding(CODES["C05"], name, column_name, message)


def _covers(link: Link, column: str) -> bool:
    """Whether erasure by this link removes, changes or rightfully keeps a column."""
    if link.on_erasure in (ErasureAction.DELETE, ErasureAction.KEEP):
        return True
    touched = {entry.partition(".")[0] for entry in link.clear} | set(link.replace)
    if column in touched:
        return True
    # The link's own column leads to a pseudonymised row, so it no longer identifies anybody.
    return link.on_erasure is ErasureAction.PSEUDONYMISE and column in own_columns(link.through)


def bases(facts: Facts) -> Iterator[ClassFinding]:
    """``keep`` without a legal basis, or with an unknown one."""
    uses = facts.vocabulary.uses
    for name, table in facts.classification.tables.items():
        for subject, links in table.subjects.items():
            for link in links:
                if link.on_erasure is ErasureAction.KEEP and link.basis not in uses:
                    message = f"rows of the {subject} are kept: {_basis(link.basis)}"
                    yield ClassFinding(CODES["C10"], name, "", message)
        for column_name, column in table.columns.items():
            if column.keep and column.keep not in uses:
                message = f"values are kept: {_basis(column.keep)}"
                yield ClassFinding(CODES["C10"], name, column_name, message)


def _basis(basis: str) -> str:
    return f"unknown basis {basis}" if basis else "no basis"


def erasures(facts: Facts) -> Iterator[ClassFinding]:
    """Links that an erasure could not carry out."""
    for name, catalogue_table in tables_of(facts).items():
        entry = facts.classification.tables.get(name)
        if entry is None or entry.kind == "view":
            continue
        optional = {column.name: not column.not_null for column in catalogue_table.columns}
        types = {column.name: column.type for column in catalogue_table.columns}
        for subject, links in entry.subjects.items():
            for link in links:
                for column, problem in _problems(entry, link, optional, types):
                    message = f"{problem} (erasing the {subject} through {link.through})"
                    yield ClassFinding(CODES["C17"], name, column, message)


def _problems(
    entry: TableEntry, link: Link, optional: dict[str, bool], types: dict[str, str]
) -> Iterator[tuple[str, str]]:
    changes = link.on_erasure in _CHANGES
    if not changes and (link.clear or link.replace):
        yield "", f"{link.on_erasure} does not change values: remove clear and replace"
    if link.on_erasure is ErasureAction.ANONYMISE and not (link.clear or link.replace):
        yield "", "anonymise changes no columns: list them below clear or replace"
    for target in (*link.clear, *link.replace):
        column, _, key = target.partition(".")
        if column not in entry.columns:
            yield column, "does not exist"
        elif key and not entry.columns[column].json:
            yield column, f"is not JSON and has no key {key}"
        elif entry.columns[column].keep:
            yield column, "is listed as both cleared and kept"
        elif (
            target in link.clear
            and not key
            and not optional.get(column, True)
            and not _NEUTRAL.search(types[column])
        ):
            yield column, f"is NOT NULL, and {types[column]} has no neutral value: use replace"


def indexes(facts: Facts) -> Iterator[ClassFinding]:
    """Large tables without an index that begins with the column of a person's link."""
    for name, table in tables_of(facts).items():
        entry = facts.classification.tables.get(name)
        if entry is None or facts.sizes.get(name, 0) <= facts.large:
            continue
        firsts = [c.columns[0] for c in table.constraints if c.kind in "pu" and c.columns]
        firsts += [key for index in table.indexes if (key := _first_key(index.definition))]
        for subject, links in entry.subjects.items():
            if subject == ORGANIZATION:
                continue
            for column in dict.fromkeys(c for link in links for c in own_columns(link.through)[:1]):
                if not any(re.search(rf"\b{re.escape(column)}\b", key) for key in firsts):
                    message = (
                        f"about {facts.sizes[name]:,} rows are read to find those of one {subject}"
                    )
                    yield ClassFinding(CODES["C13"], name, column, message)


def _first_key(definition: str) -> str:
    """The first key of an index; empty when a WHERE leaves out rows that have a value."""
    head, _, condition = definition.partition(" WHERE ")
    match = _KEY.search(head)
    first = match[1].split(",")[0] if match else ""
    if condition and not re.fullmatch(rf"\(*{re.escape(first)} IS NOT NULL\)*", condition):
        return ""
    return first
