"""Tables of several catalogues by their full names."""

from __future__ import annotations

from collections.abc import Iterator

from wavehouse.governance.types.findings import Facts
from wavehouse.schema import ForeignKey, Table


def tables_of(facts: Facts) -> dict[str, Table]:
    """Every table and view as ``database.schema.table``."""
    return {
        f"{database}.{table.name}": table
        for database, catalogue in facts.catalogues.items()
        for table in catalogue.tables
    }


def references(facts: Facts) -> Iterator[tuple[str, ForeignKey, str]]:
    """Every foreign key with the full names of the tables it goes from and to."""
    for name, table in tables_of(facts).items():
        for key in table.foreign_keys:
            yield name, key, f"{name.partition('.')[0]}.{key.to_table}"


def cascades(facts: Facts) -> dict[str, dict[str, str]]:
    """For every table, the tables whose rows a deletion also removes, with the reference's name."""
    direct: dict[str, dict[str, str]] = {}
    for child, key, parent in references(facts):
        if key.on_delete == "cascade" and child != parent:
            direct.setdefault(parent, {})[child] = key.name
    closed: dict[str, dict[str, str]] = {}
    for parent in direct:
        reached: dict[str, str] = {}
        waiting = [parent]
        while waiting:
            for child, name in direct.get(waiting.pop(), {}).items():
                if child not in reached and child != parent:
                    reached[child] = name
                    waiting.append(child)
        closed[parent] = reached
    return closed
