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
