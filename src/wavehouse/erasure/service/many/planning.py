"""Use case: the plans of many requests of one kind and organization, with shared queries.

Each plan is the one that ``service.planning.plan_of`` computes for that request alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from wavehouse import listeners
from wavehouse.accounts import Identity
from wavehouse.erasure.adapters.classified import SubjectMap
from wavehouse.erasure.adapters.keys import ledger_hash, unseal
from wavehouse.erasure.queries import ledger, requests, shared
from wavehouse.erasure.rules import planning as rules
from wavehouse.erasure.service import mapping, subjects
from wavehouse.erasure.service.planning import Planned, outside, table_holds, tenant_of
from wavehouse.erasure.service.subjects import Values, database_of
from wavehouse.erasure.types import ROOT, Action, Identifier, Plan, Request, Step, SubjectKind
from wavehouse.kernel import clock
from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Shared, Stores, count_of_many, values_of_many


@dataclass(frozen=True, slots=True)
class Working:
    """A request that is being carried out, with its plan."""

    request: Request
    planned: Planned

    @property
    def key(self) -> UUID:
        """The request's id."""
        return self.request.erasure_request_id


def plans_of(
    stores: Stores, *, identity: Identity, wanted: Sequence[Request]
) -> tuple[Working, ...]:
    """The current plans of requests of one kind and organization; changes nothing.

    Requests whose subject is no longer known are left out: they have ended. Conflict when the
    catalogue lacks a table or a column of the classification.
    """
    kind, organization = SubjectKind(wanted[0].subject_kind), tenant_of(wanted[0])
    smap = mapping.subject_map(stores, kind)
    with database_of(stores, ROOT[kind]).worker() as tx:
        ids = [each.erasure_request_id for each in wanted]
        sealed = requests.sealed_of_many(tx, request_ids=ids)
    values: dict[UUID, Values] = {key: unseal(stores, text) for key, text in sealed.items()}
    unread = [r for r in wanted if r.erasure_request_id not in values and r.subject_id is not None]
    read = _known_values(stores, smap, [r.subject_id or "" for r in unread], organization)
    values |= {r.erasure_request_id: each for r, each in zip(unread, read, strict=True)}
    people = [request for request in wanted if request.erasure_request_id in values]
    plans = _plans(
        stores,
        identity,
        smap,
        [values[each.erasure_request_id] for each in people],
        organization,
    )
    return tuple(Working(request, plan) for request, plan in zip(people, plans, strict=True))


def _plans(
    stores: Stores,
    identity: Identity,
    smap: SubjectMap,
    values: Sequence[Values],
    organization: UUID | None,
) -> list[Planned]:
    if not values:
        return []
    references = mapping.references(stores, mapping.databases_of(smap.kind))
    steps = rules.steps(smap.ways, references)
    counts = _counted(stores, smap, steps, values, organization)
    identifiers = [subjects.identifiers_of(smap, each) for each in values]
    tables = table_holds(stores, identity=identity)
    people = _held(stores, smap.kind, identifiers, organization)
    digests: dict[tuple[Step, ...], str] = {}
    made: list[Planned] = []
    for number, own in enumerate(values):
        counted = tuple(replace(s, rows=n[number]) for s, n in zip(steps, counts, strict=True))
        counted = (*counted, *outside(smap.kind, own, len(counted)))
        held = rules.held_by(counted, references, tables, people[number])
        form = tuple(replace(step, rows=0) for step in held)
        if form not in digests:
            digests[form] = rules.digest(held, smap.version)
        plan = Plan(held, smap.version, digests[form])
        made.append(Planned(plan, smap, own, identifiers[number], organization))
    return made


def _counted(
    stores: Stores,
    smap: SubjectMap,
    steps: Sequence[Step],
    values: Sequence[Values],
    organization: UUID | None,
) -> list[list[int]]:
    """The rows of each person, for each step."""
    nothing = [0] * len(values)
    counts: dict[tuple[str, str, int], list[int]] = {}
    for name in DATABASES:
        mine = [s for s in steps if s.store == name and s.action is not Action.NULL]
        if mine:
            with database_of(stores, name).worker(snapshot=True) as tx:
                for step in mine:
                    rows = selections(smap, step, values, organization)
                    counts[step.key] = nothing if rows.is_empty else count_of_many(tx, rows)
    return [counts.get(step.key, nothing) for step in steps]


def selections(
    smap: SubjectMap, step: Step, values: Sequence[Values], organization: UUID | None
) -> Shared:
    """The rows of a step that belong to each of several people."""
    way = (step.store, step.table, step.number % rules.NULLING)
    return Shared(tuple(smap.selection(way, each, organization) for each in values))


def _held(
    stores: Stores,
    kind: SubjectKind,
    identifiers: Sequence[tuple[Identifier, ...]],
    tenant: UUID | None,
) -> list[str]:
    """The reason of a legal hold on each person, or nothing."""
    hashes = [
        {ledger_hash(stores, each, tenant=tenant) for each in theirs} for theirs in identifiers
    ]
    with database_of(stores, ROOT[kind]).worker() as tx:
        held = ledger.held_subjects(tx, hashes=list(set().union(*hashes)), at=clock.now())
    return ["legal hold on the person" if theirs & held else "" for theirs in hashes]


def _known_values(
    stores: Stores, smap: SubjectMap, keys: Sequence[str], organization: UUID | None
) -> list[dict[str, tuple[str, ...]]]:
    """All values that identify each of several people, as ``subjects.known_values`` for one."""
    if smap.kind is SubjectKind.BUYER:  # whose orders lead to further orders
        return [
            subjects.known_values(stores, smap, key=key, organization=organization) for key in keys
        ]
    named = [subjects.named_by(smap, key) for key in keys]
    values: list[dict[str, tuple[str, ...]]] = [{by: (value,), "": (value,)} for by, value in named]
    if not keys:
        return values
    for name, identifier in smap.identifiers.items():
        if name == named[0][0]:
            continue
        matches = _read(stores, smap, name, values, organization)
        for own, listed in zip(values, matches, strict=True):
            own[name] = tuple(f"{identifier.prefix}{each}" for each in listed)
    if smap.kind is SubjectKind.LISTENER:
        _add_payers(stores, keys, values)
    return values


def _read(
    stores: Stores,
    smap: SubjectMap,
    name: str,
    values: Sequence[Mapping[str, tuple[str, ...]]],
    organization: UUID | None,
) -> list[list[str]]:
    store, table, column = smap.column_of(name)
    if f"{store}.{table}.{column}" == smap.root:
        return [list(each[""]) for each in values]
    matches: list[set[str]] = [set() for _ in values]
    is_array = smap.columns.type_of(f"{store}.{table}", column).endswith("[]")
    roots = [{"": each[""]} for each in values]
    with database_of(stores, store).worker() as tx:
        for way in smap.ways:
            if (way.store, way.table) == (store, table):
                key = (way.store, way.table, way.number)
                rows = Shared(tuple(smap.selection(key, each, organization) for each in roots))
                if not rows.is_empty:
                    listed = values_of_many(tx, rows, column, is_array=is_array)
                    for mine, more in zip(matches, listed, strict=True):
                        mine.update(more)
    return [sorted(each) for each in matches]


def _add_payers(
    stores: Stores, keys: Sequence[str], values: Sequence[dict[str, tuple[str, ...]]]
) -> None:
    """The payment provider's references of those who paid; without those that others share."""
    with stores.listeners.worker() as tx:
        paying = listeners.payers_among(tx, listener_ids=[ListenerId(UUID(k)) for k in keys])
        for key, own in zip(keys, values, strict=True):
            names = [name for name in own if name.startswith("stripe_")]
            references = [value for name in names for value in own[name]]
            if references:
                other = shared.shared_payers(tx, listener_id=key, references=references)
                for name in names:
                    own[name] = tuple(value for value in own[name] if value not in other)
            reached: Sequence[str] = ()
            if UUID(key) in paying:
                reached = listeners.payer_references(tx, listener_id=ListenerId(UUID(key)))
            own[subjects.PAYER] = tuple(reached)
