"""SQL of grants and their ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.entitlements.types import (
    Entitlement,
    EntitlementId,
    Grant,
    GrantState,
    LedgerEntry,
    Transition,
)
from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


def lock_listeners(tx: Tx[Listeners], *, listener_ids: Sequence[UUID]) -> set[UUID]:
    """The existing ones of these listeners, locked, to serialize changes of their grants (E24)."""
    return set(
        tx.values(
            """
            SELECT listener_id FROM listeners.listeners
            WHERE listener_id = ANY (%(ids)s) AND deleted_at IS NULL
            ORDER BY listener_id FOR UPDATE
            """,
            {"ids": list(listener_ids)},
        )
    )


def of_scopes(
    tx: Tx[Listeners], *, kinds: Sequence[str], scopes: Sequence[str]
) -> list[Entitlement]:
    """The listeners' grants with these scopes; kinds and scopes in pairs."""
    return tx.rows(
        Entitlement,
        """
        SELECT t.entitlement_id, t.listener_id, NULL AS email, t.type, t.resource, t.scope_kind,
               t.scope, t.status, t.granted_at, t.starts_at, t.expires_at, t.is_permanent,
               t.revoked_at, t.revoke_reason, t.created_by, t.grant_reason
        FROM listeners.entitlements t
        JOIN unnest(%(kinds)s::text[], %(scopes)s::text[]) AS wanted (kind, scope)
          ON t.scope_kind = wanted.kind AND t.scope = wanted.scope
        WHERE t.listener_id IS NOT NULL
        ORDER BY t.entitlement_id
        """,
        {"kinds": list(kinds), "scopes": list(scopes)},
    )


def save(
    tx: Tx[Listeners],
    *,
    grant: Grant,
    at: datetime,
    source_event: UUID | None,
    created_by: str,
    grant_reason: str | None,
    is_permanent: bool,
) -> EntitlementId:
    """Insert or update a grant with the state of its last transition."""
    key, state = grant.key, grant.state
    saved: UUID = tx.value(
        """
        INSERT INTO listeners.entitlements
          (listener_id, type, resource, scope_kind, scope, status, stripe_customer_id,
           stripe_subscription_id, stripe_payment_intent_id, stripe_price_id, granted_at,
           starts_at, expires_at, is_permanent, revoked_at, revoke_reason, created_by,
           grant_reason, source_event)
        VALUES (%(listener_id)s, %(type)s, %(resource)s, %(kind)s, %(scope)s, %(status)s,
                %(customer)s, %(subscription)s, %(payment)s, %(price)s, %(at)s, %(starts_at)s,
                %(expires_at)s, %(is_permanent)s, %(revoked_at)s, %(revoke_reason)s,
                %(created_by)s, %(grant_reason)s, %(event)s)
        ON CONFLICT (listener_id, subject_pseudonym, type, resource, scope_kind, scope)
        DO UPDATE SET
          status = excluded.status, starts_at = excluded.starts_at,
          expires_at = excluded.expires_at, is_permanent = excluded.is_permanent,
          revoked_at = excluded.revoked_at, revoke_reason = excluded.revoke_reason,
          stripe_customer_id = excluded.stripe_customer_id,
          stripe_price_id = excluded.stripe_price_id, source_event = excluded.source_event,
          grant_reason = coalesce(excluded.grant_reason, entitlements.grant_reason)
        RETURNING entitlement_id
        """,
        {
            "listener_id": key.listener_id,
            "type": key.type,
            "resource": key.resource,
            "kind": key.scope_kind,
            "scope": key.scope,
            "status": state.status.value,
            "customer": grant.customer,
            "subscription": key.scope if key.scope_kind == "subscription" else None,
            "payment": grant.payment_intent,
            "price": grant.price,
            "at": at,
            "starts_at": state.starts_at,
            "expires_at": state.expires_at,
            "is_permanent": is_permanent,
            "revoked_at": state.revoked_at,
            "revoke_reason": state.reason if state.revoked_at else None,
            "created_by": created_by,
            "grant_reason": grant_reason,
            "event": source_event,
        },
    )
    return EntitlementId(saved)


def take_away(
    tx: Tx[Listeners], *, entitlement_id: EntitlementId, reason: str, at: datetime
) -> None:
    """Revoke a grant that no event supports any more."""
    tx.execute(
        """
        UPDATE listeners.entitlements
        SET status = 'revoked', revoked_at = %(at)s, revoke_reason = %(reason)s
        WHERE entitlement_id = %(entitlement_id)s
        """,
        {"entitlement_id": entitlement_id, "reason": reason, "at": at},
    )


def ledger(tx: Tx[Listeners], *, entitlement_ids: Sequence[UUID]) -> list[LedgerEntry]:
    """Every transition of these grants, in the order of recording."""
    return tx.rows(
        LedgerEntry,
        """
        SELECT entitlement_id, seq, generation, external_event_id, actor, reason, state_before,
               state_after, effective_at, recorded_at
        FROM listeners.entitlement_ledger
        WHERE entitlement_id = ANY (%(ids)s) ORDER BY entitlement_id, seq
        """,
        {"ids": list(entitlement_ids)},
    )


def append(
    tx: Tx[Listeners],
    *,
    entitlement_id: EntitlementId,
    seq: int,
    generation: int,
    external_event_id: UUID | None,
    change: Transition,
    before: GrantState | dict[str, str | None] | None,
    at: datetime,
) -> None:
    """Add a transition to the ledger (E25)."""
    stored = before.as_json() if isinstance(before, GrantState) else before
    tx.execute(
        """
        INSERT INTO listeners.entitlement_ledger
          (entitlement_id, seq, generation, external_event_id, actor, reason, state_before,
           state_after, effective_at, recorded_at)
        VALUES (%(entitlement_id)s, %(seq)s, %(generation)s, %(event)s, %(actor)s, %(reason)s,
                %(before)s, %(after)s, %(effective_at)s, %(at)s)
        """,
        {
            "entitlement_id": entitlement_id,
            "seq": seq,
            "generation": generation,
            "event": external_event_id,
            "actor": change.actor,
            "reason": change.reason,
            "before": None if stored is None else Jsonb(stored),
            "after": Jsonb(change.after.as_json()),
            "effective_at": change.at,
            "at": at,
        },
    )


def for_check(
    tx: Tx[Listeners], *, listener_id: ListenerId, access_type: str, resource: str
) -> list[Entitlement]:
    """A listener's grants of a resource, by one index (E29)."""
    return tx.rows(
        Entitlement,
        """
        SELECT entitlement_id, listener_id, NULL AS email, type, resource, scope_kind, scope,
               status, granted_at, starts_at, expires_at, is_permanent, revoked_at, revoke_reason,
               created_by, grant_reason
        FROM listeners.entitlements
        WHERE listener_id = %(listener_id)s AND type = %(type)s AND resource = %(resource)s
        """,
        {"listener_id": listener_id, "type": access_type, "resource": resource},
    )


def listed(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId | None = None,
    entitlement_id: UUID | None = None,
    resource: str | None = None,
    limit: int = 1000,
) -> list[Entitlement]:
    """Grants with their listener's address, by address; those of erased listeners last."""
    return tx.rows(
        Entitlement,
        """
        SELECT t.entitlement_id, t.listener_id, l.email, t.type, t.resource, t.scope_kind, t.scope,
               t.status, t.granted_at, t.starts_at, t.expires_at, t.is_permanent, t.revoked_at,
               t.revoke_reason, t.created_by, t.grant_reason
        FROM listeners.entitlements t LEFT JOIN listeners.listeners l USING (listener_id)
        WHERE (%(listener_id)s::uuid IS NULL OR t.listener_id = %(listener_id)s)
          AND (%(entitlement_id)s::uuid IS NULL OR t.entitlement_id = %(entitlement_id)s)
          AND (%(resource)s::text IS NULL OR t.resource = %(resource)s)
        ORDER BY l.email NULLS LAST, t.type, t.resource, t.granted_at, t.entitlement_id
        LIMIT %(limit)s
        """,
        {
            "listener_id": listener_id,
            "entitlement_id": entitlement_id,
            "resource": resource,
            "limit": limit,
        },
    )
