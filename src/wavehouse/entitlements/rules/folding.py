"""The fold: from the whole set of stored events to grants, money and notices (E7, E8).

A pure function of a set: the order and number of deliveries change nothing. Every event of a root
is applied in the order in which it happened; a transition is recorded whenever the state of a
resource changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from wavehouse.entitlements.rules.linking import GRANT, ORDER, SUBSCRIPTION, Links, Root
from wavehouse.entitlements.rules.ordering import ordered
from wavehouse.entitlements.rules.payments import Payments, movements
from wavehouse.entitlements.rules.states import (
    LIVE,
    ByHand,
    Offers,
    Order,
    Resource,
    Source,
    Subscription,
)
from wavehouse.entitlements.types import (
    OPERATOR,
    STRIPE,
    Episode,
    EventStatus,
    Fact,
    Folded,
    Grant,
    GrantKey,
    GrantState,
    GrantStatus,
    Offer,
    Outcome,
    Policy,
    Transition,
)

_ROOTLESS = frozenset({"customer", "entitlements.active_entitlement_summary"})


def fold(facts: Iterable[Fact], *, offers: Iterable[Offer], policy: Policy) -> Folded:
    """Grants with their histories, money, open episodes and the outcome of each event."""
    events = ordered(facts)
    links = Links.of(events)
    by_ref: dict[str, tuple[Offer, ...]] = {}
    for offer in sorted(offers, key=lambda o: (o.provider_ref, o.type, o.resource)):
        by_ref[offer.provider_ref] = (*by_ref.get(offer.provider_ref, ()), offer)
    groups: dict[Root, list[Fact]] = {}
    outcomes = {}
    for fact in events:
        root = None if fact.kind in _ROOTLESS else links.root(fact)
        if root is None:
            outcomes[fact.event_id] = _rootless(fact)
        else:
            groups.setdefault(root, []).append(fact)
    grants: list[Grant] = []
    episodes: list[Episode] = []
    for root in sorted(groups):
        folding = _Root(root, groups[root], links, by_ref, policy)
        grants += folding.grants()
        episodes += folding.episodes()
        outcomes |= {fact.event_id: folding.outcome() for fact in groups[root]}
    return Folded(
        tuple(sorted(grants, key=lambda grant: (grant.state.status not in LIVE, grant.key))),
        movements(events, links),
        tuple(episodes),
        outcomes,
        frozenset(_scope(root, groups[root]) for root in groups),
    )


def _rootless(fact: Fact) -> Outcome:
    if fact.kind == "customer" and fact.listener_id is None:
        return Outcome(EventStatus.IGNORED, note="the customer has no listener id")
    if fact.kind == "invoice":
        return Outcome(EventStatus.IGNORED, note="the invoice does not belong to a subscription")
    if fact.kind in _ROOTLESS:
        return Outcome(EventStatus.APPLIED)
    parent = next(iter(sorted(fact.refs.values())), fact.subject)
    return Outcome(
        EventStatus.PENDING_PARENT, parent, "the object that it refers to is still unknown"
    )


def _scope(root: Root, facts: Sequence[Fact]) -> tuple[str, str]:
    """The kind and the name of a root's grants in the table."""
    if root[0] != GRANT:
        return root
    values = facts[0].values
    return str(values.get("scope_kind", "manual")), str(values.get("scope", root[1]))


@dataclass(slots=True)
class _Root:
    """The fold of one subscription, order or manual grant."""

    root: Root
    facts: list[Fact]
    links: Links
    offers: Offers
    policy: Policy

    @property
    def owner(self) -> UUID | None:
        return self.links.owner(self.root, self.facts)

    def _source(self) -> Source:
        kind, name = self.root
        if kind == SUBSCRIPTION:
            return Subscription(self.offers, self.policy, Payments(self.links))
        if kind == ORDER:
            return Order(name, self.offers, self.policy, Payments(self.links))
        return ByHand()

    def grants(self) -> list[Grant]:
        """A grant for each resource; none without a listener."""
        owner = self.owner
        if owner is None:
            return []
        source = self._source()
        histories: dict[Resource, list[Transition]] = {}
        before: dict[Resource, GrantState] = {}
        for fact in self.facts:
            source.take(fact)
            after = source.states()
            for resource in sorted(after):
                if after[resource] != before.get(resource):
                    change = _transition(fact, before.get(resource), after[resource])
                    histories.setdefault(resource, []).append(change)
            before = after
        kind, scope = _scope(self.root, self.facts)
        price = next((n for f in self.facts for n in f.offers if n in self.offers), None)
        return [
            Grant(
                GrantKey(owner, resource[0], resource[1], kind, scope),
                tuple(history),
                self.links.customer_of_root.get(self.root),
                scope if kind == ORDER else None,
                price,
            )
            for resource, history in sorted(histories.items())
        ]

    def episodes(self) -> list[Episode]:
        """The open episode of failed payments, if there is one and it is still a grace period."""
        owner = self.owner
        if owner is None or self.root[0] != SUBSCRIPTION:
            return []
        source = Subscription(self.offers, self.policy, Payments(self.links))
        for fact in self.facts:
            source.take(fact)
        since, ends = source.past_due_since, source.grace_ends_at
        if since is None or ends is None or not _in_grace(source.states()):
            return []
        return [Episode(owner, self.root[1], since, source.recovered_at, ends)]

    def outcome(self) -> Outcome:
        """Applied, waiting for a parent, or ignored because no offer matches."""
        kind, name = self.root
        customer = self.links.customer_of_root.get(self.root)
        kinds = {fact.kind for fact in self.facts}
        if kind == SUBSCRIPTION and "subscription" not in kinds:
            return Outcome(EventStatus.PENDING_PARENT, name, "the subscription is still unknown")
        if kind == ORDER and not kinds & {"charge", "payment_intent", "checkout.session"}:
            return Outcome(EventStatus.PENDING_PARENT, name, "the payment is still unknown")
        named = {n for fact in self.facts if fact.kind != "refund" for n in fact.offers}
        if kind != GRANT and not named & set(self.offers):
            is_order = kind == ORDER
            empty = "an order without metadata.offer" if is_order else "a subscription of no items"
            sold = ", ".join(sorted(named)) or empty
            return Outcome(EventStatus.IGNORED, note=f"no offer for {sold}"[:255])
        if self.owner is None:
            return Outcome(EventStatus.PENDING_PARENT, customer or name, "its listener is unknown")
        return Outcome(EventStatus.APPLIED)


def _in_grace(states: Mapping[Resource, GrantState]) -> bool:
    return any(state.status is GrantStatus.GRACE for state in states.values())


def _transition(fact: Fact, before: GrantState | None, after: GrantState) -> Transition:
    reason = after.reason
    if before and before.status is GrantStatus.SUSPENDED and after.status in LIVE:
        reason = "restored"
    elif before and before.status is after.status is GrantStatus.ACTIVE:
        reason = "renewed"
    elif before and before.reason == "cancelled" and after.status is GrantStatus.ACTIVE:
        reason = "cancellation withdrawn"
    actor = str(fact.values.get("actor", OPERATOR)) if fact.kind == OPERATOR else STRIPE
    return Transition(fact.created, fact.event_id, actor, reason or "changed", after)
