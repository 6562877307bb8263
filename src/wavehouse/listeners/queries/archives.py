"""A listener's data as a whole: read for export, counted for erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


def parts(tx: Tx[Listeners], *, listener_id: ListenerId) -> dict[str, list[dict[str, Any]]]:
    """Devices, episodes, actions and removed positions, each in a fixed order (P39)."""
    who = {"listener_id": listener_id}
    devices = tx.dicts(
        """
        SELECT device_id, name, kind FROM listeners.devices
        WHERE listener_id = %(listener_id)s ORDER BY device_id
        """,
        who,
    )
    episodes = tx.dicts(
        """
        SELECT c.chapter_id, c.podcast_url, c.episode_url, c.guid, c.title, c.link,
               c.published_at, c.moved_at,
               array(SELECT ARRAY[k.kind, k.value] FROM listeners.chapter_keys k
                     WHERE k.listener_id = c.listener_id AND k.chapter_id = c.chapter_id
                       AND k.value IS NOT NULL
                     ORDER BY k.kind, k.value) AS names
        FROM listeners.chapters c
        WHERE c.listener_id = %(listener_id)s AND EXISTS (
          SELECT FROM listeners.playback_actions a
          WHERE a.listener_id = c.listener_id AND a.chapter_id = c.chapter_id)
        ORDER BY c.chapter_id
        """,
        who,
    )
    actions = tx.dicts(
        """
        SELECT action_id, chapter_id, kind, position_ms, started_ms, duration_ms,
               effective_at AS occurred_at, device_id, seen_action_id AS seen
        FROM listeners.playback_actions
        WHERE listener_id = %(listener_id)s ORDER BY effective_at, action_id
        """,
        who,
    )
    removed = tx.dicts(
        """
        SELECT chapter_id, action_id FROM listeners.playback_positions
        WHERE listener_id = %(listener_id)s AND deleted_at IS NOT NULL ORDER BY chapter_id
        """,
        who,
    )
    return {"devices": devices, "episodes": episodes, "actions": actions, "removed": removed}


def counts(tx: Tx[Listeners], *, listener_id: ListenerId) -> dict[str, int]:
    """The number of a listener's rows in each table (P37)."""
    rows = tx.tuples(
        """
        WITH owned (relation, listener_id) AS (
          SELECT 'app_passwords', listener_id FROM listeners.app_passwords
          UNION ALL SELECT 'chapters', listener_id FROM listeners.chapters
          UNION ALL SELECT 'chapter_keys', listener_id FROM listeners.chapter_keys
          UNION ALL SELECT 'client_settings', listener_id FROM listeners.client_settings
          UNION ALL SELECT 'feed_moves', listener_id FROM listeners.feed_moves
          UNION ALL SELECT 'login_links', listener_id FROM listeners.login_links
          UNION ALL SELECT 'passkey_challenges', listener_id FROM listeners.passkey_challenges
          UNION ALL SELECT 'playback_checkpoints', listener_id FROM listeners.playback_checkpoints
          UNION ALL SELECT 'devices', listener_id FROM listeners.devices
          UNION ALL SELECT 'email_changes', listener_id FROM listeners.email_changes
          UNION ALL SELECT 'entitlement_notices', listener_id FROM listeners.entitlement_notices
          UNION ALL SELECT 'private_feeds', listener_id FROM listeners.private_feeds
          UNION ALL SELECT 'listener_sync', listener_id FROM listeners.listener_sync
          UNION ALL SELECT 'login_sessions', listener_id FROM listeners.login_sessions
          UNION ALL SELECT 'passkeys', listener_id FROM listeners.passkeys
          UNION ALL SELECT 'playback_actions', listener_id FROM listeners.playback_actions
          UNION ALL SELECT 'playback_device_positions', listener_id
            FROM listeners.playback_device_positions
          UNION ALL SELECT 'playback_positions', listener_id FROM listeners.playback_positions
          UNION ALL SELECT 'subscriptions', listener_id FROM listeners.subscriptions
        )
        SELECT relation, count(*) FROM owned WHERE listener_id = %(listener_id)s
        GROUP BY relation ORDER BY relation
        """,
        {"listener_id": listener_id},
    )
    return dict(rows.fetchall())


def payer_references(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[str]:
    """The provider's ids that belong to a listener: customers, payments, refunds (E27).

    They come from the grants, the events that name the listener, and the objects of those events.
    """
    return tx.values(
        """
        WITH RECURSIVE reached (ref) AS (
          SELECT ref::text FROM listeners.entitlements t
          CROSS JOIN LATERAL unnest(ARRAY[t.stripe_customer_id, t.stripe_subscription_id,
                                          t.stripe_payment_intent_id]) AS refs (ref)
          WHERE t.listener_id = %(listener_id)s::uuid AND ref IS NOT NULL
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
        "entitlements (kept under a pseudonym)": entitlements,
        "entitlement_ledger (entry added)": ledger,
        "entitlement_payments (reference removed)": payments,
        "external_events (content removed)": events,
    }
    return {table: count for table, count in counts.items() if count}


def erase(tx: Tx[Listeners], *, listener_id: ListenerId) -> None:
    """Delete a listener; all their rows are deleted with them (P37)."""
    tx.execute(
        "DELETE FROM listeners.listeners WHERE listener_id = %(listener_id)s",
        {"listener_id": listener_id},
    )
