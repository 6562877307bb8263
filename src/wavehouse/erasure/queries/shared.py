"""SQL of values that several people share, and of buyers, whose orders are in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from wavehouse.store import Listeners, Operational, Tx


def shared_payers(
    tx: Tx[Listeners], *, listener_id: str, references: Sequence[str]
) -> frozenset[str]:
    """A listener's payment references that are also in other listeners' entitlements."""
    return frozenset(
        tx.values(
            """
            SELECT r.ref FROM unnest(%(references)s::text[]) AS r (ref)
            WHERE EXISTS (
              SELECT FROM listeners.entitlements t
              WHERE t.listener_id <> %(listener_id)s::uuid
                AND r.ref IN (t.stripe_customer_id, t.stripe_subscription_id,
                              t.stripe_payment_intent_id))
            """,
            {"references": list(references), "listener_id": listener_id},
        )
    )


def order_references(
    tx: Tx[Operational], *, organization_id: UUID | None, orders: Sequence[str]
) -> list[str]:
    """The order ids as conversions store them: an order's own, with its code, and its refunds.

    Parts of a reference are joined by the control character U+001F (AT02).
    """
    return tx.values(
        """
        SELECT DISTINCT c.order_id
        FROM sponsorship.conversions c
        CROSS JOIN LATERAL (SELECT string_to_array(c.order_id, chr(31)) AS part) p
        CROSS JOIN LATERAL (SELECT cardinality(part) AS n) s
        WHERE c.organization_id = %(organization_id)s
          AND NOT 'no order' = ANY (part[1:2])
          AND CASE WHEN n > 3 AND part[n - 2] = 'refund' THEN part[n - 3] ELSE part[n] END
            = ANY (%(orders)s::text[])
        ORDER BY 1
        """,
        {"organization_id": organization_id, "orders": list(orders)},
    )


def orders_of(tx: Tx[Operational], *, organization_id: UUID | None, user_id: str) -> list[str]:
    """The order ids in a buyer's attribution events."""
    return tx.values(
        """
        SELECT DISTINCT conversion_data ->> 'order_id' FROM sponsorship.attribution_events
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
          AND conversion_data ->> 'order_id' IS NOT NULL ORDER BY 1
        """,
        {"organization_id": organization_id, "user_id": user_id},
    )
