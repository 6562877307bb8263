"""Skeletons of entries for new columns, and walks along derived columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from wavehouse.governance.types.classification import UNCLASSIFIED
from wavehouse.governance.types.classified import Classification
from wavehouse.governance.types.findings import Edge
from wavehouse.schema import Catalogue, Table

_JSON = ("json", "jsonb")


def skeletons(catalogues: Mapping[str, Catalogue], known: Classification, today: date) -> str:
    """Entries for the columns that have none, as YAML below ``tables:``."""
    lines: list[str] = []
    for database, catalogue in catalogues.items():
        for table in catalogue.tables:
            name = f"{database}.{table.name}"
            entry = known.tables.get(name)
            new = [c for c in table.columns if entry is None or c.name not in entry.columns]
            if not new:
                continue
            lines.append(f"  {name}:")
            if entry is None:
                lines += _head(table, today)
            lines.append("    columns:")
            lines += [f"      {_key(c.name)}: {{{_column(c.type)}}}" for c in new]
    return "\n".join(lines)


def _head(table: Table, today: date) -> Iterator[str]:
    yield f"    owner: {UNCLASSIFIED}"
    if table.kind in ("v", "m"):
        yield "    kind: view"
    yield f"    kept: {UNCLASSIFIED}"
    yield f"    classified_by: {UNCLASSIFIED}"
    yield f"    classified_on: {today.isoformat()}"
    yield f"    why: {UNCLASSIFIED}"


def _column(kind: str) -> str:
    rule = f'json: {{"*": {UNCLASSIFIED}}}' if kind in _JSON else ""
    return ", ".join(filter(None, (f"category: {UNCLASSIFIED}", f"level: {UNCLASSIFIED}", rule)))


def _key(name: str) -> str:
    is_plain = name.isascii() and name.isidentifier() and name.lower() not in _WORDS
    return name if is_plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


_WORDS = ("y", "n", "yes", "no", "true", "false", "on", "off", "null")
"""Words that YAML does not read as text."""


def walk(edges: Iterable[Edge], column: str, *, downstream: bool) -> tuple[Edge, ...]:
    """The edges from a column onwards, or backwards to its sources; each once."""
    listed = tuple(edges)
    reached, waiting, walked = {column}, [column], []
    while waiting:
        current = waiting.pop(0)
        for edge in listed:
            here, there = (edge.source, edge.target) if downstream else (edge.target, edge.source)
            if here == current:
                walked.append(edge)
                if there not in reached:
                    reached.add(there)
                    waiting.append(there)
    return tuple(dict.fromkeys(walked))
