"""The state of a subscription, an order or a manual grant after each event (E9, E14-E22).

Every class takes events one by one in their order and returns after each the state of the granted
resources. All times are the provider's; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from wavehouse.entitlements.rules.payments import Payments
from wavehouse.entitlements.rules.reading import instant
from wavehouse.entitlements.types import (
    DuringDispute,
    Fact,
    GrantState,
    GrantStatus,
    Offer,
    OrderRefund,
    Policy,
    Scalar,
)

Resource = tuple[str, str]
Offers = Mapping[str, tuple[Offer, ...]]
_PAID_INVOICE = frozenset({"invoice.paid", "invoice.payment_succeeded"})
LIVE = frozenset({GrantStatus.ACTIVE, GrantStatus.GRACE, GrantStatus.CANCELLED})


class Source(Protocol):
    """A source of grants: takes events, reports the state of each resource."""

    def take(self, fact: Fact) -> None:
        """Add an event, later than the previous ones."""

    def states(self) -> dict[Resource, GrantState]:
        """The state of every resource that was ever granted."""


def revoked(state: GrantState, reason: str, at: datetime) -> GrantState:
    """The same grant, revoked."""
    return replace(state, status=GrantStatus.REVOKED, reason=reason, revoked_at=at)


def bounded(state: GrantState) -> GrantState:
    """A grant whose end is not after its start never gave access: it is revoked from the start."""
    if state.expires_at is None or state.expires_at > state.starts_at:
        return state
    return GrantState(GrantStatus.REVOKED, state.starts_at, None, state.reason, state.starts_at)


@dataclass(slots=True)
class Held:
    """Resources, with the times when they were first offered and removed (E22)."""

    since: dict[Resource, datetime] = field(default_factory=dict)
    removed: dict[Resource, datetime] = field(default_factory=dict)

    def offer(self, resources: Iterable[Resource], at: datetime) -> None:
        """Replace the offered resources from now on."""
        now = set(resources)
        for resource in now:
            self.since.setdefault(resource, at)
            self.removed.pop(resource, None)
        for resource in set(self.since) - now:
            self.removed.setdefault(resource, at)


def resources(names: Iterable[str], offers: Offers) -> list[Resource]:
    """The resources granted by these prices, products and keys."""
    return [(o.type, o.resource) for name in names for o in offers.get(name, ())]


@dataclass(slots=True)
class Subscription:
    """A subscription."""

    offers: Offers
    policy: Policy
    payments: Payments
    held: Held = field(default_factory=Held)
    values: Mapping[str, Scalar] = field(default_factory=dict)
    first_at: datetime | None = None
    ended_at: datetime | None = None
    past_due_since: datetime | None = None
    recovered_at: datetime | None = None
    invoices: dict[str, int] = field(default_factory=dict)
    by_hand: tuple[str, datetime] | None = None

    def take(self, fact: Fact) -> None:
        """Add an event; after its end a subscription does not change (E9)."""
        self.payments.take(fact)
        invoice = self.payments.links.invoice(fact)
        if fact.kind == "subscription" and self.ended_at is None:
            self._update(fact)
        elif fact.kind == "operator":
            self.by_hand = (str(fact.values.get("reason", "")), fact.created)
        elif fact.kind == "invoice" and invoice:
            if fact.type in _PAID_INVOICE or fact.values.get("status") == "paid":
                end = fact.values.get("period_end")
                self.invoices[invoice] = end if type(end) is int else 0
        elif invoice and fact.kind in {"charge", "payment_intent", "invoice_payment"}:
            self.invoices.setdefault(invoice, 0)

    def _update(self, fact: Fact) -> None:
        self.values = fact.values
        first: datetime = self.first_at or self._time("start_date") or fact.created
        self.first_at = first
        status = fact.values.get("status")
        if status == "past_due":
            self.past_due_since = self.past_due_since or fact.created
        elif status in {"active", "trialing"} and self.past_due_since:
            self.past_due_since, self.recovered_at = None, fact.created
        if fact.type.endswith(".deleted") or status == "canceled":
            self.ended_at = self._time("ended_at") or self._time("canceled_at") or fact.created
        if status not in {"incomplete", "incomplete_expired"}:
            start = fact.created if self.held.since else first
            self.held.offer(resources(fact.offers, self.offers), start)

    def _time(self, name: str) -> datetime | None:
        return instant(self.values.get(name))

    @property
    def grace_ends_at(self) -> datetime | None:
        """The end of the grace period of an open episode (E16)."""
        since = self.past_due_since
        return since + timedelta(days=self.policy.grace_days) if since else None

    def states(self) -> dict[Resource, GrantState]:
        """The state of every resource that the subscription ever granted."""
        result = {}
        refunded, named = self._latest_refunded(), self._refunded_by_name()
        for resource, since in self.held.since.items():
            state = self._judged(since, refunded)
            removed, part = self.held.removed.get(resource), named.get(resource)
            if removed and state.status is not GrantStatus.REVOKED:
                state = revoked(state, "plan_changed", removed)
            elif part and state.status is not GrantStatus.REVOKED:
                state = revoked(state, "refunded", part)
            result[resource] = bounded(state)
        return result

    def _judged(self, since: datetime, refunded: datetime | None) -> GrantState:
        """Reasons to revoke, strongest first, then a dispute, then the provider's status."""
        state = self._by_status(since)
        lost = self.payments.lost()
        if self.by_hand:
            return revoked(state, self.by_hand[0], self.by_hand[1])
        if lost:
            return revoked(state, "dispute_lost", lost)
        if refunded:
            return revoked(state, "refunded", refunded)
        if self.policy.dispute == DuringDispute.KEEP or state.status not in LIVE:
            return state
        if self.payments.is_disputed():
            return replace(state, status=GrantStatus.SUSPENDED, reason="disputed")
        lost_time = self.payments.lost_time()
        if state.expires_at and lost_time and self._ended_in_time():
            return replace(state, expires_at=state.expires_at + lost_time)
        return state

    def _ended_in_time(self) -> bool:
        """Whether it still runs, or ended with a paid period and not by failure or at once."""
        if self.ended_at is None:
            return True
        ends = [t for t in (self._time("cancel_at"), self._time("current_period_end")) if t]
        return not self.past_due_since and bool(ends) and self.ended_at >= min(ends)

    def _by_status(self, since: datetime) -> GrantState:
        status, end = self.values.get("status"), self._time("current_period_end")
        grace = self.grace_ends_at
        if self.ended_at:
            last = min(self.ended_at, grace) if grace else self.ended_at
            reason = "payment_failed" if grace else "cancelled"
            return GrantState(GrantStatus.CANCELLED, since, last, reason)
        cancel = self._time("cancel_at")
        if self.values.get("cancel_at_period_end") is True:
            cancel = cancel or end
        if status == "past_due":
            until = min(grace, cancel) if grace and cancel else grace
            return GrantState(GrantStatus.GRACE, since, until, "payment_failed")
        if status == "unpaid" and self.policy.unpaid == DuringDispute.SUSPEND:
            return GrantState(GrantStatus.SUSPENDED, since, end, "unpaid")
        if status not in {"active", "trialing", "unpaid"}:
            return GrantState(GrantStatus.SUSPENDED, since, end, str(status))
        if cancel:
            last = min(cancel, end) if end else cancel
            return GrantState(GrantStatus.CANCELLED, since, last, "cancelled")
        reason = {"active": "paid", "trialing": "trial"}.get(str(status), "unpaid_kept")
        return GrantState(GrantStatus.ACTIVE, since, end, reason)

    def _latest_refunded(self) -> datetime | None:
        """The time at which all payments of the latest paid period were fully refunded (E19)."""
        units = self._latest_units()
        times = [self.payments.full_at.get(unit) for unit in units]
        known = [at for at in times if at]
        return max(known) if known and len(known) == len(units) else None

    def _latest_units(self) -> list[str]:
        """The payments of the latest period: several after a change of plan within it.

        Without periods, those of the last invoice. Invoices of nothing have no payment.
        """
        end = max(self.invoices.values(), default=0)
        latest = [invoice for invoice, own in self.invoices.items() if own == end]
        if not end:
            latest = latest[-1:]
        return [
            unit
            for unit, invoice in self.payments.links.invoice_of_unit.items()
            if invoice in latest and self.payments.amounts.get(unit, 0) > 0
        ]

    def _refunded_by_name(self) -> dict[Resource, datetime]:
        """Resources whose item is named by a refund of the latest period (E20)."""
        units = self._latest_units()
        return {
            resource: at
            for offer, (unit, at) in self.payments.named.items()
            if unit in units
            for resource in resources([offer], self.offers)
        }


@dataclass(slots=True)
class Order:
    """A one-off purchase."""

    unit: str
    offers: Offers
    policy: Policy
    payments: Payments
    names: dict[str, None] = field(default_factory=dict)
    paid_at: datetime | None = None
    by_hand: tuple[str, datetime] | None = None

    def take(self, fact: Fact) -> None:
        """Add an event."""
        self.payments.take(fact)
        if fact.kind == "operator":
            self.by_hand = (str(fact.values.get("reason", "")), fact.created)
        if fact.kind in {"charge", "payment_intent", "checkout.session"}:
            self.names.update(dict.fromkeys(fact.offers))
        is_paid = fact.values.get("payment_status") in {"paid", "no_payment_required"}
        if self.paid_at is None and (is_paid or self.unit in self.payments.paid_at):
            self.paid_at = fact.created

    def states(self) -> dict[Resource, GrantState]:
        """The state of every resource that the order grants."""
        if self.paid_at is None:
            return {}
        result = {}
        for name in self.names:
            for offer in self.offers.get(name, ()):
                length = timedelta(days=offer.days) if offer.days else None
                end = self.paid_at + length if length else None
                state = GrantState(GrantStatus.ACTIVE, self.paid_at, end, "paid")
                part = self.payments.named.get(name)
                result[offer.type, offer.resource] = bounded(self._judged(state, part))
        return result

    def _judged(self, state: GrantState, part: tuple[str, datetime] | None) -> GrantState:
        lost, full = self.payments.lost(), self.payments.full_at.get(self.unit)
        if self.by_hand:
            return revoked(state, self.by_hand[0], self.by_hand[1])
        if lost:
            return revoked(state, "dispute_lost", lost)
        if full and self.policy.order_refund == OrderRefund.REVOKE:
            return revoked(state, "refunded", full)
        if part and not full:
            return revoked(state, "refunded", part[1])
        if full and self.policy.order_refund == OrderRefund.KEEP_UNTIL:
            last = full + timedelta(days=self.policy.refund_keep_days)
            end = min(last, state.expires_at) if state.expires_at else last
            state = replace(state, status=GrantStatus.CANCELLED, expires_at=end, reason="refunded")
        if self.policy.dispute == DuringDispute.KEEP:
            return state
        if self.payments.is_disputed():
            return replace(state, status=GrantStatus.SUSPENDED, reason="disputed")
        lost_time = self.payments.lost_time()
        if state.expires_at and lost_time and not full:
            return replace(state, expires_at=state.expires_at + lost_time)
        return state


@dataclass(slots=True)
class ByHand:
    """A manual grant; the last action counts (E23)."""

    key: Resource | None = None
    state: GrantState | None = None
    is_permanent: bool = False

    def take(self, fact: Fact) -> None:
        """Add a grant or its end."""
        values = fact.values
        if fact.type == "operator.granted":
            self.key = (str(values["type"]), str(values["resource"]))
            end = values.get("expires_at")
            self.is_permanent = values.get("permanent") is True
            self.state = GrantState(
                GrantStatus.ACTIVE,
                time_of(values["starts_at"]),
                time_of(end) if end else None,
                "granted",
            )
        elif self.state is not None:
            self.state = revoked(self.state, str(values.get("reason", "")), fact.created)

    def states(self) -> dict[Resource, GrantState]:
        """The state of the grant."""
        return {self.key: bounded(self.state)} if self.key and self.state else {}


def time_of(value: Scalar) -> datetime:
    """A stored time of an operator's action."""
    return datetime.fromisoformat(str(value)).astimezone(UTC)
