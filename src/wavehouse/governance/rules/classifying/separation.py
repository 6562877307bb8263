"""C11, C15, C18: which data derived columns and references may join."""

from __future__ import annotations

from collections.abc import Iterator

from wavehouse.governance.rules.classifying.catalogues import references, tables_of
from wavehouse.governance.rules.classifying.codes import CODES
from wavehouse.governance.types.classification import ORGANIZATION
from wavehouse.governance.types.classified import is_personal
from wavehouse.governance.types.findings import ClassFinding, Facts


def derived(facts: Facts) -> Iterator[ClassFinding]:
    """Derived columns that are less sensitive than their source, outside of aggregates."""
    tables = facts.classification.tables
    for edge in facts.edges:
        source_table, _, source = edge.source.rpartition(".")
        target_table, _, target = edge.target.rpartition(".")
        if source_table not in tables or target_table not in tables:
            continue
        before = tables[source_table].columns.get(source)
        after = tables[target_table].columns.get(target)
        if before is None or after is None or tables[target_table].aggregate:
            continue
        if after.level.rank < before.level.rank:
            message = f"is {after.level}, and {edge.source} is {before.level} ({edge.job})"
            yield ClassFinding(CODES["C11"], target_table, target, message)
        elif is_personal(before.category) and not is_personal(after.category):
            message = f"is {after.category}, and {edge.source} is {before.category} ({edge.job})"
            yield ClassFinding(CODES["C11"], target_table, target, message)


def apart(facts: Facts) -> Iterator[ClassFinding]:
    """References, roles and derived columns that join subjects that must be kept separate."""
    for left, right in facts.classification.file.apart:
        pair = (left, right)
        yield from _joined_by_reference(facts, pair)
        yield from _joined_by_role(facts, pair)
        yield from _joined_by_lineage(facts, pair)


def _subjects(facts: Facts, table: str) -> set[str]:
    entry = facts.classification.tables.get(table)
    return set(entry.subjects) - {ORGANIZATION} if entry else set()


def _sides(first: set[str], second: set[str], pair: tuple[str, str]) -> bool:
    """Whether one side is only of one subject of the pair, and the other only of the other."""
    left, right = pair
    return (left in first and right in second and right not in first) or (
        right in first and left in second and left not in first
    )


def _joined_by_reference(facts: Facts, pair: tuple[str, str]) -> Iterator[ClassFinding]:
    for child, key, parent in references(facts):
        if _sides(_subjects(facts, child), _subjects(facts, parent), pair):
            message = (
                f"{key.name} refers to {parent}: {pair[0]} and {pair[1]} must be kept separate"
            )
            yield ClassFinding(CODES["C15"], child, ", ".join(key.columns), message)
    for name in tables_of(facts):
        if set(pair) <= _subjects(facts, name):
            message = f"holds rows of {pair[0]} and of {pair[1]}, which must be kept separate"
            yield ClassFinding(CODES["C15"], name, "", message)


def _joined_by_role(facts: Facts, pair: tuple[str, str]) -> Iterator[ClassFinding]:
    reach: dict[str, dict[str, str]] = {}
    for name, table in tables_of(facts).items():
        for subject in _subjects(facts, name) & set(pair):
            for grant in table.grants:
                reach.setdefault(grant.rpartition(" TO ")[2], {}).setdefault(subject, name)
    for role, reached in sorted(reach.items()):
        if set(pair) <= set(reached):
            first, second = reached[pair[0]], reached[pair[1]]
            message = f"the role {role} also reads {second}: {pair[0]} and {pair[1]} meet"
            yield ClassFinding(CODES["C15"], first, "", message)


def _joined_by_lineage(facts: Facts, pair: tuple[str, str]) -> Iterator[ClassFinding]:
    for edge in facts.edges:
        source, target = edge.source.rpartition(".")[0], edge.target.rpartition(".")[0]
        entry = facts.classification.tables.get(target)
        if entry is None or entry.aggregate:
            continue
        if _sides(_subjects(facts, source), _subjects(facts, target), pair):
            column = edge.target.rpartition(".")[2]
            message = (
                f"is derived from {edge.source}: {pair[0]} and {pair[1]} must be kept separate"
            )
            yield ClassFinding(CODES["C15"], target, column, message)


def impossible(facts: Facts) -> Iterator[ClassFinding]:
    """References whose ON DELETE SET NULL can never succeed."""
    tables = tables_of(facts)
    for child, key, parent in references(facts):
        if key.on_delete != "set null":
            continue
        required = {column.name for column in tables[child].columns if column.not_null}
        # SET NULL may name its columns: ON DELETE SET NULL (column).
        _, _, named = key.definition.partition("ON DELETE SET NULL (")
        cleared = tuple(part.strip(' "') for part in named.partition(")")[0].split(",") if part)
        fixed = sorted(required & set(cleared or key.columns))
        if fixed:
            message = f"{key.name} sets it to NULL when a row of {parent} is deleted: NOT NULL"
            yield ClassFinding(CODES["C18"], child, ", ".join(fixed), message)
