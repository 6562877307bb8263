"""SQL of the provider's active entitlements."""

from __future__ import annotations

from uuid import UUID

from wavehouse.store import Listeners, Tx


def customers(tx: Tx[Listeners]) -> dict[str, UUID]:
    """The provider's customers with the listener of their newest grant."""
    rows = tx.tuples(
        """
        SELECT DISTINCT ON (customer) customer, listener_id FROM (
          SELECT stripe_customer_id AS customer, listener_id, granted_at AS at
          FROM listeners.entitlements
          WHERE stripe_customer_id IS NOT NULL AND listener_id IS NOT NULL
          UNION ALL
          SELECT e.facts -> 'refs' ->> 'customer', (e.facts ->> 'listener_id')::uuid, e.created
          FROM listeners.external_events e
          WHERE e.facts ->> 'listener_id' IS NOT NULL AND e.status <> 'anomaly'
            AND e.facts -> 'refs' ->> 'customer' IS NOT NULL
        ) AS named
        ORDER BY customer, at DESC, listener_id
        """
    )
    return dict(rows.fetchall())


def summaries(tx: Tx[Listeners]) -> dict[str, list[str]]:
    """The lookup keys of each customer's newest summary; incomplete ones are left out."""
    rows = tx.tuples(
        """
        SELECT DISTINCT ON (facts -> 'refs' ->> 'customer')
               facts -> 'refs' ->> 'customer',
               ARRAY(SELECT jsonb_array_elements_text(facts -> 'offers'))
        FROM listeners.external_events
        WHERE type = 'entitlements.active_entitlement_summary.updated' AND facts IS NOT NULL
          AND status <> 'anomaly' AND facts -> 'refs' ->> 'customer' IS NOT NULL
          AND facts -> 'values' ->> 'has_more' IS DISTINCT FROM 'true'
        ORDER BY facts -> 'refs' ->> 'customer', created DESC, event_id DESC
        """
    )
    return dict(rows.fetchall())
