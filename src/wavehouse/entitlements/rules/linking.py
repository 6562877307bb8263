"""The links between events: charges to payments, payments to invoices to subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from wavehouse.entitlements.types import Fact

SUBSCRIPTION, ORDER, GRANT = "subscription", "order", "grant"
Root = tuple[str, str]
"""The kind and the id of a grant's source."""


@dataclass(slots=True)
class Links:
    """The links between events; if two events disagree, the later one counts."""

    payment_of_charge: dict[str, str] = field(default_factory=dict)
    invoice_of_unit: dict[str, str] = field(default_factory=dict)
    subscription_of_invoice: dict[str, str] = field(default_factory=dict)
    unit_of_session: dict[str, str] = field(default_factory=dict)
    customer_of_root: dict[Root, str] = field(default_factory=dict)
    listener_of_customer: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Sequence[Fact]) -> Links:
        """The links of events in their order."""
        links = cls()
        for fact in facts:
            if "charge" in fact.refs and "payment_intent" in fact.refs:
                links.payment_of_charge[fact.refs["charge"]] = fact.refs["payment_intent"]
        for fact in facts:
            refs, unit = fact.refs, links.unit(fact)
            if unit and "invoice" in refs:
                links.invoice_of_unit[unit] = refs["invoice"]
            if "invoice" in refs and "subscription" in refs:
                links.subscription_of_invoice[refs["invoice"]] = refs["subscription"]
            if unit and "session" in refs:
                links.unit_of_session[refs["session"]] = unit
            if fact.listener_id and "customer" in refs:
                links.listener_of_customer[refs["customer"]] = fact.listener_id
        for fact in facts:
            root = links.root(fact)
            if root and "customer" in fact.refs:
                links.customer_of_root[root] = fact.refs["customer"]
        return links

    def unit(self, fact: Fact) -> str | None:
        """The payment of an event: a payment intent, or a charge without one."""
        charge = fact.refs.get("charge")
        known = self.payment_of_charge.get(charge, charge) if charge else None
        return fact.refs.get("payment_intent") or known

    def invoice(self, fact: Fact) -> str | None:
        """The invoice of an event."""
        return fact.refs.get("invoice") or self.invoice_of_unit.get(self.unit(fact) or "")

    def root(self, fact: Fact) -> Root | None:
        """The subscription, order or manual grant of an event."""
        if "grant" in fact.refs:
            return GRANT, fact.refs["grant"]
        invoice = self.invoice(fact)
        subscription = fact.refs.get("subscription") or self.subscription_of_invoice.get(
            invoice or ""
        )
        if subscription:
            return SUBSCRIPTION, subscription
        session = fact.refs.get("session")
        unit = self.unit(fact) or self.unit_of_session.get(session or "") or session
        if unit and not (invoice and fact.kind == "invoice"):
            return ORDER, unit
        return None

    def owner(self, root: Root, facts: Sequence[Fact]) -> UUID | None:
        """The listener of a root: the latest named in its own events, otherwise its customer's."""
        named = [fact.listener_id for fact in facts if fact.listener_id]
        if named:
            return named[-1]
        return self.listener_of_customer.get(self.customer_of_root.get(root, ""))
