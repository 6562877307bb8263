"""Use cases: compare with the provider's list of active entitlements (E28); old payloads (E26).

A difference is reported. It is repaired in one direction only: entitlements active at the provider
are granted here for a week, as an import; grants that the provider does not list are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from wavehouse.accounts import Identity
from wavehouse.entitlements.queries import events as event_queries
from wavehouse.entitlements.queries import grants as queries
from wavehouse.entitlements.queries import reconciling as summary_queries
from wavehouse.entitlements.rules.access import holds
from wavehouse.entitlements.service import granting, settings
from wavehouse.entitlements.types import Drift, Entitlement, NewGrant, ScopeKind
from wavehouse.kernel import clock
from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx

LENGTH = timedelta(days=7)
_REASON = "the provider lists it as active"


def reconcile(
    tx: Tx[Listeners],
    *,
    identity: Identity,
    active: dict[str, list[str]] | None = None,
    dry_run: bool = False,
) -> list[Drift]:
    """Differences by customer: lookup keys active at the provider, or granted here.

    ``active`` is the provider's list, customers with lookup keys; by default its newest summaries.
    Customers that are not in the list are not compared.
    """
    known = summary_queries.customers(tx)
    listed = summary_queries.summaries(tx) if active is None else active
    offers = settings.offers_of(tx, organization_id=identity.organization_id)
    by_key: dict[str, list[tuple[str, str]]] = {}
    for offer in offers:
        by_key.setdefault(offer.provider_ref, []).append((offer.type, offer.resource))
    drifts: list[Drift] = []
    for customer in sorted(set(listed) & set(known)):
        listener_id = known[customer]
        theirs = {r for key in listed[customer] for r in by_key.get(key, [])}
        rows = queries.listed(tx, listener_id=ListenerId(listener_id))
        ours, bought = _held(rows), _held(row for row in rows if row.scope_kind == "subscription")
        drifts += [Drift(listener_id, customer, *r, True) for r in sorted(theirs - ours)]
        drifts += [Drift(listener_id, customer, *r, False) for r in sorted(bought - theirs)]
    return drifts if dry_run else [_mended(tx, identity, drift) for drift in drifts]


def _held(rows: Iterable[Entitlement]) -> set[tuple[str, str]]:
    now = clock.now()
    return {
        (row.type, row.resource)
        for row in rows
        if holds(row.status, row.starts_at, row.expires_at, now)
    }


def _mended(tx: Tx[Listeners], identity: Identity, drift: Drift) -> Drift:
    if not drift.provider_active:
        return drift
    new = NewGrant(
        ListenerId(drift.listener_id), drift.type, drift.resource, ScopeKind.IMPORT,
        f"reconcile:{drift.customer}", _REASON, expires_at=clock.now() + LENGTH,
    )  # fmt: skip
    granting.grant(tx, identity=identity, new=new)
    return Drift(drift.listener_id, drift.customer, drift.type, drift.resource, True, True)


def list_of(document: Any) -> dict[str, list[str]]:
    """Customers with lookup keys, from a recorded response of the provider's list API.

    Each object of ``data`` names ``customer`` and ``lookup_key``. ValueError for anything else.
    """
    items = document.get("data") if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise ValueError("the list of active entitlements is missing")
    result: dict[str, list[str]] = {}
    for item in items:
        customer = item.get("customer") if isinstance(item, dict) else None
        key = item.get("lookup_key") if isinstance(item, dict) else None
        if not isinstance(customer, str) or not (key is None or isinstance(key, str)):
            raise ValueError("an entry has no customer")
        result.setdefault(customer, []).extend([key] if key else [])
    return result


def reduce_payloads(tx: Tx[Listeners], *, identity: Identity) -> int:
    """Remove the content of events older than the policy's limit (E26); returns the number."""
    days = settings.policy_of(tx, organization_id=identity.organization_id).payload_days
    now = clock.now()
    return event_queries.reduce_payloads(tx, before=now - timedelta(days=days), at=now)
