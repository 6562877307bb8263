"""The plan of an erasure: rules and foreign keys become ordered steps with a digest.

Rows that refer to others go first. A cycle of references is broken by clearing a nullable
reference. If none is nullable, the plan is refused, so that nothing is partially removed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from wavehouse.erasure.types import Action, Plan, Reference, Step, Way
from wavehouse.kernel.errors import Conflict

STORES = ("learning", "listeners", "analytics", "operational", "files", "processor")
"""The order of the stores: those that only copy come before the one with the organizations."""
NULLING = 1_000
"""Number of a step that empties a reference: beyond the ways of any table."""
_BINDS = "ar"
_FIELDS = tuple(each.name for each in fields(Step))
_CHANGES = (Action.KEEP, Action.REDACT, Action.PSEUDONYMISE, Action.ANONYMISE)


def steps(ways: Sequence[Way], references: Mapping[str, Sequence[Reference]]) -> tuple[Step, ...]:
    """The steps in order: changes first, then deletions; each from the leaves to the root.

    ``references`` are the foreign keys of each store. Conflict for a cycle that cannot be broken.
    """
    ordered: list[Step] = []
    for store in STORES:
        mine = [way for way in ways if way.store == store]
        changed = [way for way in mine if way.action in _CHANGES]
        # Rows that are reached by way of others first: a change may end what they are reached by.
        changed.sort(key=lambda w: (-len(w.over), _CHANGES.index(w.action), w.table, w.number))
        ordered += [_step(way) for way in changed]
        deleted: dict[str, list[Way]] = {}
        for way in mine:
            if way.action is Action.DELETE:
                deleted.setdefault(way.table, []).append(way)
        ordered += _deletions(deleted, references.get(store, ()))
    return tuple(replace(step, position=number) for number, step in enumerate(ordered))


def _deletions(deleted: Mapping[str, Sequence[Way]], references: Iterable[Reference]) -> list[Step]:
    """Deletions, children first; a reference of a cycle is emptied before them."""
    waits = {table: set[str]() for table in deleted}
    bound: dict[tuple[str, str], Reference] = {}
    for each in references:
        if each.child in deleted and each.parent in deleted and each.child != each.parent:
            waits[each.parent].add(each.child)
            if each.on_delete in _BINDS:
                bound[each.child, each.parent] = each
    needed = {
        (table, parent)
        for table, listed in deleted.items()
        for way in listed
        for parent in way.over
    }
    for table, parent in needed:
        if parent in deleted and parent != table:
            waits[parent].add(table)
    order: list[str] = []
    nulls: list[Step] = []
    while len(order) < len(deleted):
        free = sorted(t for t in deleted if t not in order and not waits[t] - set(order))
        order += free
        if not free:
            nulls += _break(deleted, waits, bound, needed, set(order))
    return [*nulls, *(_step(way) for table in order for way in deleted[table])]


def _break(
    deleted: Mapping[str, Sequence[Way]],
    waits: dict[str, set[str]],
    bound: Mapping[tuple[str, str], Reference],
    needed: set[tuple[str, str]],
    gone: set[str],
) -> list[Step]:
    """Take one reference out of a cycle: one that the database gives up itself, or a nullable one.

    A table whose rows are found by way of its parent keeps that reference.
    """
    stuck = {table for table in deleted if table not in gone and waits[table] - gone}
    candidates = [
        (child, parent)
        for parent in sorted(stuck)
        for child in sorted(waits[parent] - gone)
        if (child, parent) not in needed and child in stuck
    ]
    for child, parent in candidates:
        if (child, parent) not in bound:
            waits[parent].discard(child)
            return []
    for child, parent in candidates:
        reference = bound[child, parent]
        if reference.nullable:
            waits[parent].discard(child)
            way = deleted[child][0]
            return [
                replace(
                    _step(way),
                    action=Action.NULL,
                    column=reference.nullable[0],
                    number=NULLING + way.number,
                )
            ]
    raise Conflict(
        f"the tables {', '.join(sorted(stuck))} refer to each other, and none of the references "
        "may be NULL",
        hint="Make one of their foreign keys nullable or ON DELETE CASCADE.",
    )


def _step(way: Way) -> Step:
    return Step(0, way.store, way.table, way.number, way.action, way.through, way.basis)


def held_by(
    made: Sequence[Step],
    references: Mapping[str, Sequence[Reference]],
    tables: Mapping[str, str],
    subject: str,
) -> tuple[Step, ...]:
    """The steps with the legal holds that stop them.

    ``tables`` are reasons by ``store.schema.table``; ``subject`` is the reason of a hold on the
    person, which stops everything. A kept row also keeps the rows that it refers to, unless
    deleting them would clear the reference.
    """
    reasons = {step.name: tables[step.name] for step in made if step.name in tables and step.rows}
    changed = not subject
    while changed:
        changed = False
        for store, listed in references.items():
            for each in listed:
                child, parent = f"{store}.{each.child}", f"{store}.{each.parent}"
                if child in reasons and parent not in reasons and each.on_delete not in "nd":
                    reasons[parent] = f"kept for {each.child}: {reasons[child]}"
                    changed = True
    return tuple(
        step
        if step.action is Action.KEEP
        else replace(step, held=subject or reasons.get(step.name, ""))
        for step in made
    )


def plan(made: Sequence[Step], policy_version: str) -> Plan:
    """The steps as a plan, with its digest."""
    return Plan(tuple(made), policy_version, digest(made, policy_version))


def digest(made: Sequence[Step], policy_version: str) -> str:
    """SHA-256 of the steps, their holds and the policy's version, in hex.

    The counts of rows are left out: they change while the request waits, and all of the subject's
    rows are processed in any case.
    """
    content = [policy_version, [{**as_json(step), "rows": 0} for step in made]]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def as_json(step: Step) -> dict[str, Any]:
    """A step as JSON values."""
    return {**{name: getattr(step, name) for name in _FIELDS}, "action": step.action.value}


def step_of(values: Mapping[str, Any]) -> Step:
    """A step from its JSON values."""
    return Step(**{**values, "action": Action(values["action"])})
