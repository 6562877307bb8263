"""Writes the differences between a fold and the tables: grants, their ledger, money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from wavehouse.entitlements.queries import grants as queries
from wavehouse.entitlements.queries import money as money_queries
from wavehouse.entitlements.rules.access import effective
from wavehouse.entitlements.types import (
    OPERATOR,
    STRIPE,
    Entitlement,
    Fact,
    Folded,
    Grant,
    GrantState,
    GrantStatus,
    LedgerEntry,
    StoredEvent,
    Transition,
)
from wavehouse.store import Listeners, Tx

_ABANDONED = "it is no longer supported by any event"
_PROVIDERS = frozenset({"subscription", "order"})
"""Kinds with unique scopes; several listeners may have a gift of the same name."""


def grants(
    tx: Tx[Listeners],
    *,
    grants: Sequence[Grant],
    scopes: Iterable[tuple[str, str]],
    facts: Sequence[Fact],
    ids: Mapping[str, UUID],
    at: datetime,
) -> int:
    """Bring the grants of these scopes to the fold's state; returns the number of transitions.

    New access is written before revocations (E22).
    """
    pairs = sorted(scopes)
    stored = queries.of_scopes(tx, kinds=[k for k, _ in pairs], scopes=[s for _, s in pairs])
    wanted = {_of(grant) for grant in grants}
    known = {
        _key(row): row for row in stored if row.scope_kind in _PROVIDERS or _key(row) in wanted
    }
    entries = queries.ledger(tx, entitlement_ids=[row.entitlement_id for row in stored])
    by_grant: dict[UUID, list[LedgerEntry]] = {}
    for entry in entries:
        by_grant.setdefault(entry.entitlement_id, []).append(entry)
    hands = _by_hand(facts)
    written = 0
    for grant in grants:
        row = known.pop(_of(grant), None)
        history = by_grant.get(row.entitlement_id, []) if row else []
        written += _grant(tx, grant, history, hands.get(grant.key.scope, {}), ids, at)
    for row in known.values():
        if row.status != GrantStatus.REVOKED:
            _abandon(tx, row, by_grant.get(row.entitlement_id, []), at)
            written += 1
    return written


def _grant(
    tx: Tx[Listeners],
    grant: Grant,
    history: list[LedgerEntry],
    hand: Mapping[str, Any],
    ids: Mapping[str, UUID],
    at: datetime,
) -> int:
    """Save a grant and append to its ledger: the missing rest, or the whole as a new generation."""
    current = [_entry(entry) for entry in effective(history)]
    wanted = [_change(change, ids) for change in grant.history]
    if current == wanted:
        return 0
    is_longer = current == wanted[: len(current)]
    missing = grant.history[len(current) :] if is_longer else grant.history
    generation = max((entry.generation for entry in history), default=1) + (not is_longer)
    entitlement_id = queries.save(
        tx,
        grant=grant,
        at=at,
        source_event=ids.get(grant.history[-1].event_id),
        created_by=str(hand.get("actor") or STRIPE),
        grant_reason=str(hand["reason"]) if hand else None,
        is_permanent=_is_permanent(grant, hand),
    )
    before: dict[str, Any] | None = history[-1].state_after if history else None
    for number, change in enumerate(missing, start=len(history) + 1):
        queries.append(
            tx,
            entitlement_id=entitlement_id,
            seq=number,
            generation=generation,
            external_event_id=ids.get(change.event_id),
            change=change,
            before=before,
            at=at,
        )
        before = dict(change.after.as_json())
    return len(missing)


def _is_permanent(grant: Grant, hand: Mapping[str, Any]) -> bool:
    if grant.state.expires_at is not None:
        return False
    return hand.get("permanent") is True if hand else grant.state.status == GrantStatus.ACTIVE


def _abandon(tx: Tx[Listeners], row: Entitlement, history: list[LedgerEntry], at: datetime) -> None:
    queries.take_away(tx, entitlement_id=row.entitlement_id, reason=_ABANDONED, at=at)
    after = GrantState(GrantStatus.REVOKED, row.starts_at, row.expires_at, _ABANDONED, at)
    queries.append(
        tx,
        entitlement_id=row.entitlement_id,
        seq=len(history) + 1,
        generation=max((entry.generation for entry in history), default=1),
        external_event_id=None,
        change=Transition(at, "", "system:fold", _ABANDONED, after),
        before=history[-1].state_after if history else None,
        at=at,
    )


def _by_hand(facts: Sequence[Fact]) -> dict[str, Mapping[str, Any]]:
    """The last manual grant of each scope."""
    granted = [f for f in facts if f.kind == OPERATOR and f.type == "operator.granted"]
    return {str(fact.values["scope"]): fact.values for fact in granted}


def _key(row: Entitlement) -> tuple[UUID | None, str, str, str, str]:
    return row.listener_id, row.type, row.resource, row.scope_kind, row.scope


def _of(grant: Grant) -> tuple[UUID | None, str, str, str, str]:
    key = grant.key
    return key.listener_id, key.type, key.resource, key.scope_kind, key.scope


def _entry(entry: LedgerEntry) -> tuple[Any, ...]:
    event = entry.external_event_id
    return entry.effective_at, event, entry.actor, entry.reason, entry.state_after


def _change(change: Transition, ids: Mapping[str, UUID]) -> tuple[Any, ...]:
    event = ids.get(change.event_id)
    return change.at, event, change.actor, change.reason, dict(change.after.as_json())


def movements(
    tx: Tx[Listeners], *, folded: Folded, events: Sequence[StoredEvent], at: datetime
) -> None:
    """Append the differences between the money of a fold and the ledger's sums."""
    source = next((e.source for e in events if e.source != OPERATOR), STRIPE)
    ids = {each.event_id: each.external_event_id for each in events}
    known = money_queries.recorded(
        tx, source=source, references=[movement.reference for movement in folded.movements]
    )
    sums = {(row.reference, row.currency): row.amount for row in known}
    places = {movement.reference: 0 for movement in folded.movements}
    for row in known:
        places[row.reference] = max(places[row.reference], row.seq)
    for movement in folded.movements:
        wanted = {movement.currency: movement.amount}
        wanted |= {
            currency: Decimal(0)
            for reference, currency in sums
            if reference == movement.reference and currency != movement.currency
        }
        for currency, amount in wanted.items():
            difference = amount - sums.get((movement.reference, currency), Decimal(0))
            if difference:
                places[movement.reference] += 1
                money_queries.append(
                    tx,
                    source=source,
                    movement=movement,
                    amount=difference,
                    currency=currency,
                    seq=places[movement.reference],
                    external_event_id=ids.get(movement.event_id),
                    at=at,
                )
