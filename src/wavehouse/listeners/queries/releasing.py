"""SQL of releasing a listener's entitlements: a pseudonym, emptied events, hashed payers (E27)."""

from __future__ import annotations

from datetime import datetime

from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


def payer_references(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[str]:
    """The provider's ids that belong to a listener: customers, payments, refunds (E27).

    They come from the grants, the events that name the listener, and the objects of those events.
    References that another listener's grants have as well, such as a gift's payer, are left out.
    """
    return tx.values(
        """
        WITH RECURSIVE reached (ref) AS (
          SELECT ref::text FROM listeners.entitlements t
          CROSS JOIN LATERAL unnest(ARRAY[t.stripe_customer_id, t.stripe_subscription_id,
                                          t.stripe_payment_intent_id]) AS refs (ref)
          WHERE t.listener_id = %(listener_id)s::uuid AND ref IS NOT NULL
            AND NOT EXISTS (
              SELECT FROM listeners.entitlements o
              WHERE o.listener_id <> %(listener_id)s::uuid
                AND refs.ref IN (o.stripe_customer_id, o.stripe_subscription_id,
                                 o.stripe_payment_intent_id))
          UNION
          SELECT unnest(e.object_ids) FROM listeners.external_events e
          WHERE e.facts ->> 'listener_id' = %(listener_id)s::uuid::text
          UNION
          SELECT unnest(e.object_ids)
          FROM reached r JOIN listeners.external_events e ON e.object_ids @> ARRAY[r.ref]
        )
        SELECT ref FROM reached ORDER BY ref
        """,
        {"listener_id": listener_id},
    )


def payers_among(tx: Tx[Listeners], *, listener_ids: list[ListenerId]) -> list[ListenerId]:
    """Those of the listeners that have an entitlement, or that an event of the provider names."""
    return tx.values(
        """
        SELECT t.listener_id FROM listeners.entitlements t
        WHERE t.listener_id = ANY (%(ids)s::uuid[])
        UNION
        SELECT (e.facts ->> 'listener_id')::uuid FROM listeners.external_events e
        WHERE e.facts ->> 'listener_id' = ANY (%(ids)s::uuid[]::text[])
        """,
        {"ids": listener_ids},
    )


def remember_payers(tx: Tx[Listeners], *, hashes: list[bytes], at: datetime) -> None:
    """Store keyed hashes of an erased listener's references, to drop late events (E27)."""
    tx.execute(
        """
        INSERT INTO listeners.erased_payers (reference_hash, erased_at)
        SELECT unnest(%(hashes)s::bytea[]), %(at)s ON CONFLICT DO NOTHING
        """,
        {"hashes": hashes, "at": at},
    )


def release_entitlements(
    tx: Tx[Listeners], *, listener_id: ListenerId, references: list[str], at: datetime
) -> dict[str, int]:
    """Move a listener's entitlements to one pseudonym, revoked, with an entry in the ledger (E27).

    References to the payer and the content of the provider's events are removed; sums of money
    stay. Returns counts by table.
    """
    params = {"listener_id": listener_id, "references": references, "at": at}
    payments = tx.execute(
        """
        UPDATE listeners.entitlement_payments p
        SET reference = 'erased:' || uuidv7(), external_event_id = NULL
        WHERE EXISTS (
          SELECT FROM listeners.external_events e
          WHERE e.external_event_id = p.external_event_id
            AND e.object_ids && %(references)s::text[])
        """,
        params,
    )
    events = tx.execute(
        """
        UPDATE listeners.external_events e
        SET payload = NULL, facts = NULL, reduced_at = coalesce(e.reduced_at, %(at)s),
            object_ids = '{}', parent_ref = NULL, note = NULL,
            status = CASE WHEN e.status IN ('pending_parent', 'received')
                          THEN 'ignored' ELSE e.status END
        WHERE e.object_ids && %(references)s::text[]
           OR e.facts ->> 'listener_id' = %(listener_id)s::uuid::text
           OR EXISTS (
             SELECT FROM listeners.entitlements t
             LEFT JOIN listeners.entitlement_ledger g ON g.entitlement_id = t.entitlement_id
             WHERE t.listener_id = %(listener_id)s::uuid
               AND e.external_event_id IN (t.source_event, g.external_event_id))
        """,
        params,
    )
    ledger = tx.execute(
        """
        INSERT INTO listeners.entitlement_ledger
          (entitlement_id, seq, actor, reason, state_before, state_after, recorded_at,
           generation, effective_at)
        SELECT t.entitlement_id, coalesce(max(g.seq), 0) + 1, 'erasure', 'the listener was erased',
               CASE WHEN max(g.seq) IS NOT NULL
                    THEN jsonb_build_object('status', t.status) END,
               jsonb_build_object('status', 'revoked'), %(at)s,
               coalesce(max(g.generation), 1), %(at)s
        FROM listeners.entitlements t
        LEFT JOIN listeners.entitlement_ledger g ON g.entitlement_id = t.entitlement_id
        WHERE t.listener_id = %(listener_id)s GROUP BY t.entitlement_id, t.status
        """,
        params,
    )
    entitlements = tx.execute(
        """
        WITH subject AS MATERIALIZED (SELECT uuidv4() AS pseudonym)
        UPDATE listeners.entitlements
        SET listener_id = NULL, subject_pseudonym = (SELECT pseudonym FROM subject),
            scope = entitlement_id::text,
            grant_reason = CASE WHEN grant_reason IS NOT NULL THEN 'erased' END,
            status = 'revoked', revoked_at = coalesce(revoked_at, %(at)s),
            revoke_reason = coalesce(revoke_reason, 'erased'), stripe_customer_id = NULL,
            stripe_subscription_id = NULL, stripe_payment_intent_id = NULL
        WHERE listener_id = %(listener_id)s
        """,
        params,
    )
    counts = {
        "listeners.entitlements": entitlements,
        "listeners.entitlement_ledger": ledger,
        "listeners.entitlement_payments": payments,
        "listeners.external_events": events,
    }
    return {table: count for table, count in counts.items() if count}
