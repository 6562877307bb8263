"""Use case: search for what many erasures should have removed, reading every row once.

The levels are those of ``service.verifying``; each person has their own result.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from wavehouse.erasure.adapters.home_search import search_folder_for_many, search_home_for_many
from wavehouse.erasure.queries import catalogue
from wavehouse.erasure.queries.requests import AnyTx
from wavehouse.erasure.rules.identifiers import too_short
from wavehouse.erasure.rules.matching import Matcher
from wavehouse.erasure.service import verifying as alone
from wavehouse.erasure.service.many.planning import Working, selections
from wavehouse.erasure.service.planning import Planned
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import Action, Finding, Level, Step
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.store import BETWEEN, Shared, Stores, count_of_many, stream_blocks

_BETWEEN = re.compile(re.escape(BETWEEN))


class Searched:
    """The spellings of many people, and whose each of them is."""

    def __init__(self, people: Sequence[Planned]) -> None:
        self.needles = [alone.spellings(each) for each in people]
        self._whose: dict[bytes, list[int]] = {}
        patterns: dict[bytes, bytes] = {}
        for number, needles in enumerate(self.needles):
            for form, pattern in needles:
                self._whose.setdefault(form.encode(), []).append(number)
                patterns[form.encode()] = pattern.encode()
        self._matcher = Matcher(patterns)

    def rows(
        self, tx: AnyTx, table: str, columns: Sequence[str] = (), organization: UUID | None = None
    ) -> Counter[int]:
        """How many rows of a table contain a spelling of each person, of those with any."""
        rows = Counter[int]()
        if self._whose:
            for block in stream_blocks(tx, table, columns, organization):
                rows.update(self._of_block(block))
        return rows

    def _of_block(self, text: bytes) -> Iterator[int]:
        ends: list[int] = []
        seen: set[tuple[int, int]] = set()
        for at, needle in self._matcher.matches(text):
            if not ends:
                ends = [*(each.start() for each in _BETWEEN.finditer(text)), len(text)]
            row = bisect_right(ends, at)
            seen.update((row, person) for person in self._whose[needle])
        return (person for _, person in seen)


def _typed(stores: Stores, works: Sequence[Working], searched: Searched) -> list[Level]:
    """Everybody's rows, and their identifiers in the personal columns of their tables."""
    planned = [work.planned for work in works]
    smap, tenant = planned[0].smap, planned[0].tenant
    findings: list[list[Finding]] = [[] for _ in works]
    tables = columns = 0
    for name in DATABASES:
        steps = _steps(planned, name)
        if not steps:
            continue
        with database_of(stores, name).worker(snapshot=True) as tx:
            for step in steps:
                if step.action is Action.DELETE:
                    rows = selections(smap, step, [each.values for each in planned], tenant)
                    _add_left(tx, planned, step, rows, findings)
            for table in sorted({step.table for step in steps}):
                personal = smap.personal_columns(f"{name}.{table}")
                tables, columns = tables + 1, columns + len(personal)
                known = smap.columns.by_table[f"{name}.{table}"]
                own = tenant if alone.TENANT in known else None
                if personal:
                    for person, hits in searched.rows(tx, table, personal, own).items():
                        findings[person].append(Finding(f"{name}.{table}", hits))
    scanned = {"tables": tables, "columns": columns}
    return [
        alone.parted(each, "typed", scanned, theirs, ())
        for each, theirs in zip(planned, findings, strict=True)
    ]


def _steps(planned: Sequence[Planned], store: str) -> list[Step]:
    """The steps of a store; the people differ in their holds and outside of databases only."""
    return [s for s in planned[0].plan.steps if s.store == store and s.action is not Action.NULL]


def _add_left(
    tx: AnyTx,
    planned: Sequence[Planned],
    step: Step,
    rows: Shared,
    findings: Sequence[list[Finding]],
) -> None:
    counts = [0] * len(planned) if rows.is_empty else count_of_many(tx, rows)
    for each, left, theirs in zip(planned, counts, findings, strict=True):
        held = {s.key for s in each.plan.held} if left else set()
        if left and step.key not in held:
            theirs.append(Finding(step.name, left))


def _paranoid(stores: Stores, works: Sequence[Working], searched: Searched) -> list[Level]:
    """Every column of every table that the worker may read, read once for everybody."""
    planned = [work.planned for work in works]
    findings: list[list[Finding]] = [[] for _ in works]
    skipped: list[str] = []
    tables = columns = 0
    for name in DATABASES:
        with database_of(stores, name).worker(snapshot=True) as tx:
            readable = set(catalogue.readable(tx))
            by_table: dict[str, set[str]] = {}
            for each in catalogue.columns(tx):
                by_table.setdefault(each.table_name, set()).add(each.column_name)
            for table, known in by_table.items():
                if table not in readable:
                    skipped.append(f"{name}.{table}: the worker may not read it")
                    continue
                tables, columns = tables + 1, columns + len(known)
                own = planned[0].tenant if alone.TENANT in known else None
                for person, hits in searched.rows(tx, table, (), own).items():
                    if table not in alone.OWN:
                        findings[person].append(Finding(f"{name}.{table}", hits))
    scanned = {"tables": tables, "columns": columns}
    return [
        alone.parted(each, "paranoid", scanned, theirs, [*skipped, *_unsearched(each)])
        for each, theirs in zip(planned, findings, strict=True)
    ]


def _unsearched(planned: Planned) -> list[str]:
    short = too_short(planned.identifiers)
    return [f"{short} identifiers are too short to be searched"] if short else []


def levels(
    stores: Stores,
    settings: Settings,
    works: Sequence[Working],
    last: Mapping[DatabaseName, set[str]],
) -> list[tuple[Level, ...]]:
    """The levels that the setting names, for each person. ``last``: further tables to rewrite."""
    searched = Searched([work.planned for work in works])
    made = [_typed(stores, works, searched)]
    if settings["erasure_verification"] != "typed":
        made.append(_paranoid(stores, works, searched))
        made.append(search_home_for_many(settings.home, searched.needles))
    if settings["erasure_verification"] == "deep":
        folder = alone.rewritten(stores, works[0].planned, last)
        before = list(zip(*made, strict=True))
        parts = [
            alone.ids_as_bytes(needles, own)
            for needles, own in zip(searched.needles, before, strict=True)
        ]
        deep = search_folder_for_many(folder, searched.needles, [ids for ids, _ in parts])
        made.append(
            [
                replace(level, skipped=(*level.skipped, *skipped))
                for level, (_, skipped) in zip(deep, parts, strict=True)
            ]
        )
    return list(zip(*made, strict=True))
