"""Findings about the objects that a file created: keys, indexes, partitions, columns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wavehouse.schema.rules.script import line_at
from wavehouse.schema.rules.walked import Walked, finding
from wavehouse.schema.types import Finding, Snapshot

_COLUMNS = re.compile(r"\(((?:[^()]|\([^()]*\))*)\)")
_FEW = 3


def of_objects(walked: Walked) -> Iterator[Finding]:
    """Findings about the objects created by a file, from the catalogue."""
    made = {
        name: attributes
        for name, attributes in walked.after.objects.items()
        if name not in walked.before.objects
    }
    indexes = _indexes(walked.after)
    for full, attributes in sorted(made.items()):
        kind, _, name = full.partition(" ")
        line = _line_of(walked, name.rpartition(".")[2])
        if kind == "table":
            yield from _of_table(walked, name, attributes, line)
        elif kind == "constraint":
            definition = str(attributes.get("definition", ""))
            table = name.rpartition(".")[0]
            if definition.startswith("FOREIGN KEY") and not _is_indexed(
                _columns(definition), indexes.get(table, {})
            ):
                yield finding(
                    walked,
                    "foreign-key-without-index",
                    line,
                    name=name.rpartition(".")[2],
                    relation=table,
                )
        elif kind == "index" and f"constraint {_constraint_of(attributes, name)}" not in made:
            yield from _of_index(walked, name, attributes, line, indexes)
        elif kind == "column" and str(attributes.get("type", "")).startswith("timestamp without"):
            yield finding(walked, "timestamp-without-zone", line, name=name)


def _of_table(
    walked: Walked, name: str, attributes: dict[str, object] | object, line: int
) -> Iterator[Finding]:
    values = attributes if isinstance(attributes, dict) else {}
    objects = walked.after.objects
    bound = values.get("partition_bound")
    parents = values.get("parents") or []
    if bound == "DEFAULT":
        yield finding(walked, "default-partition", line, name=name, relation=name)
    if bound and isinstance(parents, list) and parents:
        parent = str(parents[0]).rpartition(".")[2]
        if not name.rpartition(".")[2].startswith(parent):
            yield finding(walked, "partition-name", line, name=name, relation=name)
    has_key = any(
        key.startswith(f"constraint {name}.")
        and str(attributes.get("definition", "")).startswith("PRIMARY KEY")
        for key, attributes in objects.items()
    )
    if not has_key and not bound and not parents:
        yield finding(walked, "table-without-primary-key", line, relation=name)


def _of_index(
    walked: Walked,
    name: str,
    attributes: object,
    line: int,
    indexes: dict[str, dict[str, tuple[str, ...]]],
) -> Iterator[Finding]:
    values = attributes if isinstance(attributes, dict) else {}
    definition = str(values.get("definition", ""))
    short, table = name.rpartition(".")[2], _table(definition)
    columns = _columns(definition)
    if " WHERE " not in definition and "INCLUDE" not in definition:
        same = [
            other
            for other, theirs in indexes.get(table, {}).items()
            if other != name and theirs == columns
        ]
        if same:
            yield finding(walked, "duplicate-index", line, name=short, relation=table)
    if len(columns) > _FEW and " UNIQUE " not in definition:
        yield finding(walked, "wide-index", line, name=short, relation=table)
    if " USING hash " in definition:
        yield finding(walked, "hash-index", line, name=short, relation=table)
    if not short.startswith(table.rpartition(".")[2]):
        yield finding(walked, "index-name", line, name=short, relation=table)


def _indexes(snapshot: Snapshot) -> dict[str, dict[str, tuple[str, ...]]]:
    """The columns of every non-partial index, by table and index name."""
    indexes: dict[str, dict[str, tuple[str, ...]]] = {}
    for full, attributes in snapshot.objects.items():
        if full.startswith("index "):
            definition = str(attributes.get("definition", ""))
            if " WHERE " not in definition:
                table = indexes.setdefault(_table(definition), {})
                table[full.removeprefix("index ")] = _columns(definition)
    return indexes


def _columns(definition: str) -> tuple[str, ...]:
    inside = _COLUMNS.search(definition)
    return tuple(part.strip().split(" ")[0] for part in inside[1].split(",")) if inside else ()


def _table(definition: str) -> str:
    return definition.split(" ON ", 1)[-1].removeprefix("ONLY ").split(" ", 1)[0]


def _is_indexed(columns: tuple[str, ...], indexes: dict[str, tuple[str, ...]]) -> bool:
    return any(set(theirs[: len(columns)]) == set(columns) for theirs in indexes.values())


def _constraint_of(attributes: object, name: str) -> str:
    values = attributes if isinstance(attributes, dict) else {}
    return f"{_table(str(values.get('definition', '')))}.{name.rpartition('.')[2]}"


def _line_of(walked: Walked, word: str) -> int:
    """The line of the first statement that contains a word, else the file's first line."""
    for statement in walked.script.statements:
        at = statement.text.find(word)
        if at >= 0:
            return statement.line + line_at(statement.text, at) - 1
    return 1
