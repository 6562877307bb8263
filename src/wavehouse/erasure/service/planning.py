"""Use case: the plan of a request, computed from the classification and the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from wavehouse import governance
from wavehouse.accounts import Identity
from wavehouse.erasure.adapters.classified import SubjectMap
from wavehouse.erasure.adapters.keys import ledger_hash
from wavehouse.erasure.queries import ledger
from wavehouse.erasure.rules import planning as rules
from wavehouse.erasure.service import mapping, subjects
from wavehouse.erasure.service.subjects import Values, database_of
from wavehouse.erasure.types import (
    ROOT,
    TENANTS,
    Action,
    Identifier,
    Plan,
    Request,
    Step,
    SubjectKind,
)
from wavehouse.kernel import clock
from wavehouse.kernel.databases import DATABASES
from wavehouse.store import Stores, count_rows

OUTBOX = "outbox"
STRIPE = "stripe"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the inputs of its execution: the map, the subject's values, its identifiers."""

    plan: Plan
    smap: SubjectMap
    values: Values
    identifiers: tuple[Identifier, ...]
    tenant: UUID | None


def plan_of(
    stores: Stores,
    *,
    identity: Identity,
    request: Request,
    key: str,
    values: Values | None = None,
) -> Planned:
    """The current effect of erasing a request's subject, counted exactly; changes nothing.

    ``values`` are those that a run read before it removed anything.

    Conflict when the catalogue lacks a table or a column of the classification.
    """
    kind = SubjectKind(request.subject_kind)
    smap = mapping.subject_map(stores, kind)
    organization = tenant_of(request)
    if values is None:
        values = subjects.known_values(stores, smap, key=key, organization=organization)
    references = mapping.references(stores, mapping.databases_of(kind))
    steps = rules.steps(smap.ways, references)
    counted = _counted(stores, smap, steps, values, organization)
    counted = (*counted, *outside(kind, values, len(counted)))
    identifiers = subjects.identifiers_of(smap, values)
    held = rules.held_by(
        counted,
        references,
        table_holds(stores, identity=identity),
        _subject_hold(stores, kind, identifiers, organization),
    )
    return Planned(rules.plan(held, smap.version), smap, values, identifiers, organization)


def tenant_of(request: Request) -> UUID | None:
    """The organization whose rows a request is about; None when no organization owns them."""
    if request.subject_kind in TENANTS:
        return request.organization_id
    return None


def _counted(
    stores: Stores,
    smap: SubjectMap,
    steps: tuple[Step, ...],
    values: Values,
    organization: UUID | None,
) -> tuple[Step, ...]:
    counts: dict[tuple[str, str, int], int] = {}
    for name in DATABASES:
        mine = [s for s in steps if s.store == name and s.action is not Action.NULL]
        if mine:
            with database_of(stores, name).worker(snapshot=True) as tx:
                for step in mine:
                    rows = smap.selection(step.key, values, organization)
                    counts[step.key] = 0 if rows.is_empty else count_rows(tx, rows)
    return tuple(replace(step, rows=counts.get(step.key, 0)) for step in steps)


def outside(kind: SubjectKind, values: Values, position: int) -> tuple[Step, ...]:
    """Steps outside of the databases: stored emails, and the payment provider's copy."""
    made: list[Step] = []
    if values.get("email"):
        made.append(Step(position, "files", OUTBOX, 0, Action.DELETE, "recipient"))
    if kind is SubjectKind.LISTENER and values.get("stripe_customer_id"):
        through = "customer"
        made.append(Step(position + len(made), "processor", STRIPE, 0, Action.REDACT, through))
    return tuple(made)


def table_holds(stores: Stores, *, identity: Identity) -> Mapping[str, str]:
    """The tables with a current legal hold, each with the reason that a plan gives."""
    with stores.operational.worker() as tx:
        return {
            hold.table_name: f"legal hold until {hold.expires_at:%Y-%m-%d}"
            for hold in governance.list_holds(tx, identity=identity)
            if hold.starts_at <= clock.now()
        }


def _subject_hold(
    stores: Stores,
    kind: SubjectKind,
    identifiers: tuple[Identifier, ...],
    tenant: UUID | None,
) -> str:
    hashes = [ledger_hash(stores, each, tenant=tenant) for each in identifiers]
    with database_of(stores, ROOT[kind]).worker() as tx:
        reason = ledger.subject_hold(tx, hashes=hashes, at=clock.now())
    return "" if reason is None else "legal hold on the person"
