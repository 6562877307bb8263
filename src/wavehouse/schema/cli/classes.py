"""Findings of the data classification about the schema that a ladder creates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.cli.targets import CLASSIFIER

if TYPE_CHECKING:
    from wavehouse.schema.adapters.shadow import Shadow
    from wavehouse.schema.types import LintResult, Migration

_FILE = "data-classification.yml"


def with_classes(
    context: click.Context,
    shadow: Shadow,
    database: str,
    ladder: Sequence[Migration],
    result: LintResult,
    path: Path | None,
) -> LintResult:
    """The result plus the classification's findings, each at the migration that adds the column.

    A ladder that does not run is left unchanged, as it has no schema to compare.
    """
    from wavehouse.schema.rules.recipes import ERROR
    from wavehouse.schema.service.documents import catalogue_of_files
    from wavehouse.schema.types import Finding

    judge = context.meta.get(CLASSIFIER)
    if judge is None or not ladder:
        return result
    try:
        catalogue = catalogue_of_files(shadow, ladder)
    except WavehouseError:
        return result
    findings = [
        Finding(rule, ERROR, *_place(ladder, table, column), message, remedy)
        for rule, table, column, message, remedy in judge(database, catalogue, path)
    ]
    return replace(result, findings=(*result.findings, *findings))


def _place(ladder: Sequence[Migration], table: str, column: str) -> tuple[str, int]:
    """The newest migration that names both, with the line of the column; else the file itself."""
    for migration in reversed(ladder):
        text = migration.up.text
        named = re.search(rf"\b{re.escape(column)}\b", text) if column else None
        if named and re.search(rf"\b{re.escape(table.rpartition('.')[2])}\b", text):
            return migration.up.name, text.count("\n", 0, named.start()) + 1
    return _FILE, 1
