"""All rules of the classification, in the order of their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wavehouse.governance.rules.classifying import coverage, keeping, persons, separation, values
from wavehouse.governance.types.findings import ClassFinding, Facts

RULES: tuple[Callable[[Facts], Iterator[ClassFinding]], ...] = (
    coverage.coverage,
    coverage.keys,
    persons.personal,
    persons.bases,
    persons.erasures,
    persons.indexes,
    keeping.retention,
    keeping.partitions,
    keeping.outliving,
    keeping.destroying,
    separation.derived,
    separation.apart,
    separation.impossible,
    values.secrets,
    values.samples,
)


def findings(facts: Facts) -> tuple[ClassFinding, ...]:
    """Every finding once, sorted by code and location."""
    unique = {finding for rule in RULES for finding in rule(facts)}
    return tuple(sorted(unique, key=lambda f: (f.code.number, f.table, f.column, f.message)))
