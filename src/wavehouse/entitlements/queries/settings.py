"""SQL of offers and policies."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.entitlements.types import Offer, Policy
from wavehouse.store import Listeners, Tx


def offers(tx: Tx[Listeners], *, organization_id: UUID) -> list[Offer]:
    """The resources that the organization's prices grant."""
    return tx.rows(
        Offer,
        """
        SELECT provider_ref, type, resource, days FROM listeners.entitlement_offers
        WHERE organization_id = %(organization_id)s ORDER BY provider_ref, type, resource
        """,
        {"organization_id": organization_id},
    )


def set_offer(tx: Tx[Listeners], *, organization_id: UUID, offer: Offer, at: datetime) -> None:
    """Let a price grant a resource."""
    tx.execute(
        """
        INSERT INTO listeners.entitlement_offers
          (organization_id, provider_ref, type, resource, days, created_at)
        VALUES (%(organization_id)s, %(provider_ref)s, %(type)s, %(resource)s, %(days)s, %(at)s)
        ON CONFLICT (organization_id, provider_ref, type, resource)
        DO UPDATE SET days = excluded.days
        """,
        {
            "organization_id": organization_id,
            "provider_ref": offer.provider_ref,
            "type": offer.type,
            "resource": offer.resource,
            "days": offer.days,
            "at": at,
        },
    )


def remove_offer(
    tx: Tx[Listeners], *, organization_id: UUID, provider_ref: str, resource: str
) -> int:
    """Stop granting a resource for a price; returns the number of deleted rows."""
    return tx.execute(
        """
        DELETE FROM listeners.entitlement_offers
        WHERE organization_id = %(organization_id)s AND provider_ref = %(provider_ref)s
          AND resource = %(resource)s
        """,
        {"organization_id": organization_id, "provider_ref": provider_ref, "resource": resource},
    )


def policy(tx: Tx[Listeners], *, organization_id: UUID) -> Policy | None:
    """The organization's policy, if it has set one."""
    return tx.maybe(
        Policy,
        """
        SELECT grace_days, unpaid, order_refund, refund_keep_days, dispute, payload_days
        FROM listeners.entitlement_policies WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )


def set_policy(tx: Tx[Listeners], *, organization_id: UUID, policy: Policy, at: datetime) -> None:
    """Store the organization's policy."""
    tx.execute(
        """
        INSERT INTO listeners.entitlement_policies
          (organization_id, grace_days, unpaid, order_refund, refund_keep_days, dispute,
           payload_days, updated_at)
        VALUES (%(organization_id)s, %(grace_days)s, %(unpaid)s, %(order_refund)s,
                %(refund_keep_days)s, %(dispute)s, %(payload_days)s, %(at)s)
        ON CONFLICT (organization_id) DO UPDATE SET
          grace_days = excluded.grace_days, unpaid = excluded.unpaid,
          order_refund = excluded.order_refund, refund_keep_days = excluded.refund_keep_days,
          dispute = excluded.dispute, payload_days = excluded.payload_days,
          updated_at = excluded.updated_at
        """,
        {
            "organization_id": organization_id,
            "grace_days": policy.grace_days,
            "unpaid": policy.unpaid,
            "order_refund": policy.order_refund,
            "refund_keep_days": policy.refund_keep_days,
            "dispute": policy.dispute,
            "payload_days": policy.payload_days,
            "at": at,
        },
    )
