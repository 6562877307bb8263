"""Resolves links from a row to its person: parses ``through``, follows it over other tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from wavehouse.governance.types.classification import (
    ClassificationFile,
    Hop,
    Link,
    RowPath,
    SubjectLink,
)
from wavehouse.governance.types.classified import Classification
from wavehouse.kernel.errors import InvalidInput

_HINT = "Write 'column', 'column = identifier', or 'column > schema.table.column'."


def resolve(file: ClassificationFile) -> Classification:
    """Resolve every link of a file. InvalidInput names the link that cannot be resolved."""
    links = tuple(
        SubjectLink(*_split(table), subject, link, _paths(file, table, subject, link))
        for table, entry in file.tables.items()
        for subject, listed in entry.subjects.items()
        for link in listed
    )
    content = msgspec.json.encode(file, order="sorted")
    return Classification(file, links, hashlib.sha256(content).hexdigest())


def hop(through: str) -> Hop | None:
    """The hop of ``column > schema.table.column``, or None for a link without one."""
    left, separator, right = through.partition(">")
    if not separator:
        return None
    columns = tuple(part.strip() for part in left.split("+"))
    parts = [part.strip() for part in right.split("+")]
    table, _, first = parts[0].rpartition(".")
    return Hop(columns, table, (first, *parts[1:]))


def own_columns(through: str) -> tuple[str, ...]:
    """The columns of the row's own table that a link reads."""
    step = hop(through)
    return step.columns if step else (through.partition("=")[0].strip(),)


def _split(table: str) -> tuple[str, str]:
    database, _, name = table.partition(".")
    return database, name


def _paths(file: ClassificationFile, table: str, subject: str, link: Link) -> tuple[RowPath, ...]:
    paths = tuple(_follow(file, table, subject, link.through, ()))
    if not paths:
        raise InvalidInput(
            f"the link {link.through!r} of {subject} does not lead to a person",
            where=table,
            hint=_HINT,
        )
    return paths


def _follow(
    file: ClassificationFile, table: str, subject: str, through: str, walked: tuple[Hop, ...]
) -> Iterator[RowPath]:
    step = hop(through)
    if step is None:
        column, _, identifier = (part.strip() for part in through.partition("="))
        known = file.subjects.get(subject)
        if known is None:
            raise InvalidInput(f"unknown subject {subject!r}", where=table)
        if identifier and identifier not in known.identifiers:
            raise InvalidInput(
                f"{subject} has no identifier {identifier!r}", where=table, hint=_HINT
            )
        _needs(file, table, column)
        yield RowPath(walked, column, identifier)
        return
    if len(step.columns) != len(step.to_columns):
        raise InvalidInput(f"invalid link {through!r}", where=table, hint=_HINT)
    target = f"{table.partition('.')[0]}.{step.to_table}"
    if target not in file.tables:
        raise InvalidInput(f"the link {through!r} names an unknown table", where=table, hint=_HINT)
    for column in step.columns:
        _needs(file, table, column)
    for column in step.to_columns:
        _needs(file, target, column)
    if any(before.to_table == step.to_table for before in walked):
        raise InvalidInput(f"the link {through!r} leads back to itself", where=table)
    for link in file.tables[target].subjects.get(subject, ()):
        yield from _follow(file, target, subject, link.through, (*walked, step))


def _needs(file: ClassificationFile, table: str, column: str) -> None:
    if column not in file.tables[table].columns:
        raise InvalidInput(f"a link names the unknown column {column!r}", where=table, hint=_HINT)
