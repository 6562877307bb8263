"""Manual use cases: grant, revoke, link a customer to a listener (E23, E24).

An operator's action is an event like the provider's, stored and folded with the others: a repeated
fold gives the same result, and no action is lost.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

from wavehouse import accounts, audit, listeners
from wavehouse.accounts import Identity
from wavehouse.entitlements.queries import events as event_queries
from wavehouse.entitlements.queries import grants as queries
from wavehouse.entitlements.rules.facts import object_ids
from wavehouse.entitlements.rules.reading import content_hash
from wavehouse.entitlements.service import processing
from wavehouse.entitlements.types import (
    OPERATOR,
    Entitlement,
    EventStatus,
    Fact,
    GrantStatus,
    NewGrant,
    Scalar,
    ScopeKind,
    StoredEvent,
)
from wavehouse.kernel import clock, ids, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx

BY_HAND = (ScopeKind.MANUAL, ScopeKind.PROMO, ScopeKind.GIFT, ScopeKind.IMPORT)
_LONGEST = 255


def grant(tx: Tx[Listeners], *, identity: Identity, new: NewGrant) -> Entitlement:
    """Grant manually; the same scope again replaces its times and reason.

    InvalidInput without a reason, without an end unless it is explicitly permanent, or for a scope
    that only the provider creates; NotFound for an unknown listener.
    """
    starts_at = (new.starts_at or clock.now()).astimezone(UTC)
    check(new)
    event_queries.lock(tx)
    if not queries.lock_listeners(tx, listener_ids=[new.listener_id]):
        raise NotFound("there is no such listener", command="wavehouse listeners list")
    reference = _reference(new)
    values: dict[str, Scalar] = {
        "type": new.type,
        "resource": new.resource,
        "scope_kind": new.kind.value,
        "scope": new.scope,
        "starts_at": starts_at.isoformat(),
        "expires_at": new.expires_at.isoformat() if new.expires_at else None,
        "permanent": new.is_permanent,
        "reason": words.line(new.reason),
    }
    _happened(tx, identity, "operator.granted", OPERATOR, {"grant": reference}, values,
              new.listener_id)  # fmt: skip
    return _only(tx, new.listener_id, new.type, new.resource, new.kind, new.scope)


def revoke(
    tx: Tx[Listeners], *, identity: Identity, entitlement_id: UUID, reason: str
) -> Entitlement:
    """Revoke a grant now. A subscription's or an order's stays revoked, renewals included.

    InvalidInput without a reason, NotFound for an unknown grant, Conflict for one that is revoked.
    """
    text = words.line(reason)
    if not text or len(text) > _LONGEST:
        raise InvalidInput("a reason is missing", hint="Give the reason in one line.")
    event_queries.lock(tx)
    known = find(tx, identity=identity, entitlement_id=entitlement_id)
    if known.listener_id is None or known.status == GrantStatus.REVOKED:
        raise Conflict("this grant is already revoked")
    queries.lock_listeners(tx, listener_ids=[known.listener_id])
    kinds = {"subscription": "subscription", "order": "payment_intent"}
    name = kinds.get(known.scope_kind, "grant")
    reference = known.scope if name != "grant" else _reference_of(known)
    _happened(tx, identity, "operator.revoked", OPERATOR, {name: reference}, {"reason": text})
    return find(tx, identity=identity, entitlement_id=entitlement_id)


def link(tx: Tx[Listeners], *, identity: Identity, customer: str, listener_id: ListenerId) -> None:
    """Assign a customer of the provider to a listener; waiting events are folded (E10)."""
    if not customer.startswith("cus_") or len(customer) > _LONGEST or not customer.isascii():
        raise InvalidInput("invalid customer", hint="A customer's id begins with cus_.")
    event_queries.lock(tx)
    if not queries.lock_listeners(tx, listener_ids=[listener_id]):
        raise NotFound("there is no such listener", command="wavehouse listeners list")
    _happened(tx, identity, "operator.linked", "customer", {"customer": customer}, {},
              listener_id)  # fmt: skip


def find(tx: Tx[Listeners], *, identity: Identity, entitlement_id: UUID) -> Entitlement:
    """A grant. NotFound for an unknown one."""
    rows = queries.listed(tx, entitlement_id=entitlement_id)
    if not rows:
        raise NotFound("there is no such grant", command="wavehouse entitlements list")
    return rows[0]


def listener_of(tx: Tx[Listeners], *, identity: Identity, email: str) -> ListenerId:
    """The listener with an address. NotFound for an unknown one."""
    return listeners.find(tx, email=email).listener_id


def check(new: NewGrant) -> None:
    """InvalidInput for a grant that may not be made manually (E23)."""
    starts_at = new.starts_at or clock.now()
    if new.kind not in BY_HAND:
        raise InvalidInput("only the provider's events create grants of this kind",
                           hint="Use manual, promo, gift or import.")  # fmt: skip
    reason = words.line(new.reason)
    if not reason or len(reason) > _LONGEST:
        raise InvalidInput("a reason is missing", hint="Give the reason in one line.")
    for name, text in (("type", new.type), ("resource", new.resource), ("scope", new.scope)):
        if not text.strip() or len(text) > _LONGEST or not text.isprintable():
            raise InvalidInput(f"invalid {name}", hint=f"Send 1 to {_LONGEST} characters.")
    if (new.expires_at is None) != new.is_permanent:
        raise InvalidInput(
            "a manual grant needs an end, or must be explicitly permanent",
            hint="Send an end, or mark it as permanent; not both.",
        )
    if new.expires_at is not None and new.expires_at <= starts_at:
        raise InvalidInput("the end must be after the start")


def _reference(new: NewGrant) -> str:
    parts = (str(new.listener_id), new.type, new.resource, new.kind.value, new.scope)
    return f"grant:{ids.named('entitlement', *parts)}"


def _reference_of(known: Entitlement) -> str:
    parts = (str(known.listener_id), known.type, known.resource, known.scope_kind, known.scope)
    return f"grant:{ids.named('entitlement', *parts)}"


def _only(
    tx: Tx[Listeners],
    listener_id: ListenerId,
    access_type: str,
    resource: str,
    kind: str,
    scope: str,
) -> Entitlement:
    rows = queries.for_check(
        tx, listener_id=listener_id, access_type=access_type, resource=resource
    )
    return next(row for row in rows if (row.scope_kind, row.scope) == (kind, scope))


def _happened(
    tx: Tx[Listeners],
    identity: Identity,
    kind: str,
    about: str,
    refs: dict[str, str],
    values: dict[str, Scalar],
    listener_id: UUID | None = None,
) -> None:
    """Store an operator's action as an event, audit it, and fold the connected events."""
    at, actor = clock.now(), accounts.user_actor(identity)
    subject = next(iter(refs.values()))
    fact = Fact(
        str(ids.uuid7()), kind, at, about, subject, refs, listener_id,
        values={**values, "actor": str(actor)},
    )  # fmt: skip
    payload: dict[str, Any] = {"id": fact.event_id, "type": kind, **fact.as_json()}
    stored = event_queries.insert_event(
        tx,
        source=OPERATOR,
        event_id=fact.event_id,
        kind=kind,
        livemode=True,
        created=at,
        at=at,
        payload=payload,
        payload_hash=content_hash(payload),
        facts=fact.as_json(),
        object_ids=object_ids(fact),
        status=EventStatus.RECEIVED,
        note=None,
    )
    assert stored is not None  # noqa: S101 - the id is new
    audit.record_for_listeners(
        tx, actor=actor, action=kind, resource=("external_event", stored),
    )  # fmt: skip
    event = StoredEvent(stored, OPERATOR, fact.event_id, kind, fact.as_json())
    processing.fold_with(tx, event=event, organization_id=identity.organization_id)
