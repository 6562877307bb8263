"""A file that lint ran in the shadow, and how its findings are worded."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.rules.recipes import RULES
from wavehouse.schema.types import Effect, Finding, Migration, Script, Snapshot, Statement


@dataclass(frozen=True, slots=True)
class Walked:
    """A file that ran in the shadow; ``stopped`` is where and why it failed."""

    migration: Migration
    script: Script
    effects: tuple[Effect, ...]
    before: Snapshot
    after: Snapshot
    stopped: tuple[Statement, str, str] | None = None
    refusals: tuple[WavehouseError, ...] = ()
    """The reasons why apply would not consider the file done."""


def finding(
    walked: Walked,
    rule: str,
    line: int,
    *,
    name: str = "",
    relation: str = "",
    statement: Statement | None = None,
    effect: Effect | None = None,
    lock: str = "",
    file: str = "",
) -> Finding:
    """A finding about a file, in the words of its rule, with the measured effects."""
    recipe = RULES[rule]
    finding = effect or Effect()
    return Finding(
        rule,
        recipe.severity,
        file or walked.migration.up.name,
        line,
        recipe.message.format(
            name=name or "it",
            relation=relation or "the table",
            lock=(lock or finding.strongest or "a lock").removesuffix("Lock"),
        ),
        recipe.recipe,
        " ".join(statement.text.split())[:200] if statement else "",
        finding,
    )
