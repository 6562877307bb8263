"""Events of a payment provider, as in its documentation."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from wavehouse.entitlements.rules import signature

SECRET = "whsec_of_the_tests"
START = 1_793_520_000
"""2026-11-01T08:00:00Z."""
DAY = 86_400
MONTH = 30 * DAY
PRICE, OTHER_PRICE = "price_plus", "price_basic"


def event(
    kind: str, body: dict[str, Any], at: int, event_id: str, previous: dict[str, Any] | None = None
) -> dict[str, Any]:
    """An event in its envelope."""
    data: dict[str, Any] = {"object": body}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": event_id,
        "object": "event",
        "api_version": "2026-03-25",
        "type": kind,
        "created": at,
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "data": data,
    }


def signed(content: dict[str, Any], at: int, secret: str = SECRET) -> tuple[bytes, str]:
    """The body of a delivery and its signature header."""
    body = json.dumps(content, indent=2).encode()
    return body, signature.header(body, at, secret)


@dataclass
class Subscriber:
    """A customer with one subscription; each method is an event."""

    listener_id: str | None
    name: str = "1"
    prices: tuple[str, ...] = (PRICE,)
    status: str = "active"
    period_end: int = START + MONTH
    period_start: int = START
    cancel_at_period_end: bool = False
    count: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def customer(self) -> str:
        return f"cus_{self.name}"

    @property
    def subscription(self) -> str:
        return f"sub_{self.name}"

    def _add(
        self, kind: str, body: dict[str, Any], at: int, previous: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        self.count += 1
        made = event(kind, body, at, f"evt_{self.name}_{self.count:03}", previous)
        self.events.append(made)
        return made

    def body(self) -> dict[str, Any]:
        """The current subscription."""
        item = {
            "id": "si_1",
            "current_period_start": self.period_start,
            "current_period_end": self.period_end,
        }
        return {
            "id": self.subscription,
            "object": "subscription",
            "customer": self.customer,
            "status": self.status,
            "cancel_at_period_end": self.cancel_at_period_end,
            "start_date": START,
            "metadata": {},
            "items": {
                "object": "list",
                "data": [
                    {**item, "price": {"id": price, "product": f"prod_{price}"}}
                    for price in self.prices
                ],
            },
        }

    def known(self, at: int = START) -> dict[str, Any]:
        """The customer is created, with the listener's id in its metadata."""
        metadata = {"listener_id": self.listener_id} if self.listener_id else {}
        body = {
            "id": self.customer,
            "object": "customer",
            "email": "anna@mail.example",
            "name": "Anna Berg",
            "metadata": metadata,
        }
        return self._add("customer.created", body, at)

    def created(self, at: int = START) -> dict[str, Any]:
        return self._add("customer.subscription.created", self.body(), at)

    def updated(self, at: int, **values: Any) -> dict[str, Any]:
        """Fields change; the event has their previous values."""
        before = {name: getattr(self, name) for name in values if name != "prices"}
        before = {("current_" + n if n.startswith("period") else n): v for n, v in before.items()}
        for name, value in values.items():
            setattr(self, name, value)
        return self._add("customer.subscription.updated", self.body(), at, before)

    def deleted(self, at: int) -> dict[str, Any]:
        self.status = "canceled"
        body = {**self.body(), "ended_at": at, "canceled_at": at}
        return self._add("customer.subscription.deleted", body, at)

    def paid(self, number: int, at: int, *, amount: int = 490, currency: str = "eur") -> Any:
        """An invoice is paid; ``number`` is its period, from 1."""
        end = START + number * MONTH
        body = {
            "id": f"in_{self.name}_{number}",
            "object": "invoice",
            "customer": self.customer,
            "status": "paid",
            "amount_paid": amount,
            "currency": currency,
            "parent": {"subscription_details": {"subscription": self.subscription}},
            "payments": {"data": [{"payment": {"payment_intent": self.payment(number)}}]},
            "lines": {"data": [{"period": {"start": end - MONTH, "end": end}}]},
        }
        return self._add("invoice.paid", body, at)

    def payment(self, number: int) -> str:
        return f"pi_{self.name}_{number}"

    def charged(self, number: int, at: int, *, amount: int = 490, refunded: int = 0,
                kind: str = "succeeded", currency: str = "eur") -> Any:  # fmt: skip
        body = {
            "id": f"ch_{self.name}_{number}",
            "object": "charge",
            "customer": self.customer,
            "payment_intent": self.payment(number),
            "amount": amount,
            "amount_captured": amount,
            "amount_refunded": refunded,
            "refunded": refunded == amount,
            "paid": True,
            "status": "succeeded",
            "currency": currency,
            "billing_details": {"email": "anna@mail.example"},
        }
        return self._add(f"charge.{kind}", body, at)

    def refunded(self, number: int, at: int, *, amount: int = 490, offer: str = "",
                 name: str = "1", status: str = "succeeded") -> Any:  # fmt: skip
        body = {
            "id": f"re_{self.name}_{number}_{name}",
            "object": "refund",
            "charge": f"ch_{self.name}_{number}",
            "payment_intent": self.payment(number),
            "amount": amount,
            "currency": "eur",
            "status": status,
            "metadata": {"offer": offer} if offer else {},
        }
        return self._add("refund.created", body, at)

    def disputed(self, number: int, at: int, status: str = "needs_response") -> Any:
        kind = "created" if status == "needs_response" else "closed"
        body = {
            "id": f"dp_{self.name}_{number}",
            "object": "dispute",
            "charge": f"ch_{self.name}_{number}",
            "payment_intent": self.payment(number),
            "amount": 490,
            "currency": "eur",
            "status": status,
        }
        return self._add(f"charge.dispute.{kind}", body, at)

    def bought(self, at: int, *, offer: str, amount: int = 990, currency: str = "eur") -> Any:
        """A one-off payment of an order, with the sold items in its metadata."""
        body = {
            "id": self.payment(0),
            "object": "payment_intent",
            "customer": self.customer,
            "latest_charge": f"ch_{self.name}_0",
            "amount_received": amount,
            "currency": currency,
            "status": "succeeded",
            "metadata": {"offer": offer},
        }
        return self._add("payment_intent.succeeded", body, at)
