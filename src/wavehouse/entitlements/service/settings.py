"""Use cases of offers and policies: resources of prices, effects of failed payments and refunds."""

from __future__ import annotations

from uuid import UUID

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.entitlements.queries import settings as queries
from wavehouse.entitlements.types import DuringDispute, Offer, OrderRefund, Policy
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.store import Listeners, Tx

_LONGEST = 255


def offers_of(tx: Tx[Listeners], *, organization_id: UUID) -> list[Offer]:
    """The resources that an organization's prices grant."""
    return queries.offers(tx, organization_id=organization_id)


def policy_of(tx: Tx[Listeners], *, organization_id: UUID) -> Policy:
    """An organization's policy, or the defaults."""
    return queries.policy(tx, organization_id=organization_id) or Policy()


def list_offers(tx: Tx[Listeners], *, identity: Identity) -> list[Offer]:
    """The resources that the organization's prices grant, by price."""
    return offers_of(tx, organization_id=identity.organization_id)


def set_offer(tx: Tx[Listeners], *, identity: Identity, offer: Offer) -> Offer:
    """Let a price, product or lookup key grant a resource. InvalidInput for invalid values."""
    for name, text in (("price", offer.provider_ref), ("type", offer.type),
                       ("resource", offer.resource)):  # fmt: skip
        if not text.strip() or len(text) > _LONGEST or not text.isprintable():
            raise InvalidInput(f"invalid {name}", hint=f"Send 1 to {_LONGEST} characters.")
    if offer.days is not None and not 0 < offer.days <= 36_500:
        raise InvalidInput("invalid number of days", hint="Send 1 to 36500.")
    queries.set_offer(tx, organization_id=identity.organization_id, offer=offer, at=clock.now())
    _audited(tx, identity, "offer.set", offer.provider_ref, resource=offer.resource)
    return offer


def remove_offer(
    tx: Tx[Listeners], *, identity: Identity, provider_ref: str, resource: str
) -> None:
    """Stop granting a resource for a price. NotFound when it is not granted."""
    gone = queries.remove_offer(
        tx,
        organization_id=identity.organization_id,
        provider_ref=provider_ref,
        resource=resource,
    )
    if not gone:
        raise NotFound("there is no such offer", command="wavehouse entitlements offers list")
    _audited(tx, identity, "offer.removed", provider_ref, resource=resource)


def policy(tx: Tx[Listeners], *, identity: Identity) -> Policy:
    """The organization's policy, or the defaults."""
    return policy_of(tx, organization_id=identity.organization_id)


def set_policy(tx: Tx[Listeners], *, identity: Identity, policy: Policy) -> Policy:
    """Store the organization's policy. InvalidInput for values out of range."""
    if not (0 <= policy.grace_days <= 365 and 0 <= policy.refund_keep_days <= 3650):
        raise InvalidInput("invalid number of days", hint="Send a grace period of 0 to 365 days.")
    if not 1 <= policy.payload_days <= 3650:
        raise InvalidInput("invalid number of days to keep payloads", hint="Send 1 to 3650.")
    valid = Policy(
        policy.grace_days,
        DuringDispute(policy.unpaid),
        OrderRefund(policy.order_refund),
        policy.refund_keep_days,
        DuringDispute(policy.dispute),
        policy.payload_days,
    )
    queries.set_policy(tx, organization_id=identity.organization_id, policy=valid, at=clock.now())
    _audited(
        tx, identity, "entitlement_policy.set", str(identity.organization_id),
        grace_days=valid.grace_days, unpaid=valid.unpaid.value, dispute=valid.dispute.value,
        order_refund=valid.order_refund.value,
    )  # fmt: skip
    return valid


def _audited(
    tx: Tx[Listeners], identity: Identity, action: str, name: str, **metadata: object
) -> None:
    audit.record_for_listeners(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("entitlements", name),
        metadata=dict(metadata),
    )
