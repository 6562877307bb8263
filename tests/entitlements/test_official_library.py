"""Refunds and changes of plan as events of the provider's own library, over HTTP (E19, E22).

The library makes the events and their bytes and signs them; nothing of ours writes what is sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import stripe
from starlette.testclient import TestClient
from tests.entitlements.provider import DAY, MONTH, OTHER_PRICE, SECRET, START, Subscriber

from wavehouse.entitlements.types import Entitlement, Processed
from wavehouse.kernel import clock
from wavehouse.kernel.config import Value
from wavehouse.kernel.ids import ListenerId
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

Grants = Callable[[UUID], list[Entitlement]]
Work = Callable[[], Processed]


@pytest.fixture
def send(selling: Workspace, work: Work) -> Callable[[list[dict[str, Any]]], None]:
    """Deliver events as the library writes and signs them, then fold them."""
    values = dict(selling.settings.values)
    values["stripe_webhook_secrets"] = Value(
        values["stripe_webhook_secrets"].option, (SECRET,), "test"
    )
    app = live_app(replace(selling, settings=replace(selling.settings, values=values)))
    client = TestClient(app, base_url="http://localhost")

    def deliver(events: list[dict[str, Any]]) -> None:
        for content in events:
            made = stripe.Event.construct_from(content, "sk_test_of_nobody")
            body = json.dumps(made.to_dict(), ensure_ascii=False)
            header = stripe.WebhookSignature.generate_signature_header(
                payload=body, secret=SECRET, timestamp=int(clock.now().timestamp())
            )
            answer = client.post(
                "/webhooks/stripe",
                content=body.encode(),
                headers={"Stripe-Signature": header, "Content-Type": "application/json"},
            )
            assert (200, "received") == (answer.status_code, answer.json()["status"])
        work()
        events.clear()

    return deliver


def states(grants: Grants, listener_id: ListenerId) -> dict[str, str]:
    return {grant.resource: grant.status for grant in grants(listener_id)}


def test_e19_a_full_refund_of_the_latest_period_revokes_and_an_older_one_does_not(
    anna: Subscriber,
    send: Callable[[list[dict[str, Any]]], None],
    grants: Grants,
    listener_id: ListenerId,
) -> None:
    """Two paid periods, the first refunded, then the second."""
    anna.updated(START + MONTH, period_start=START + MONTH, period_end=START + 2 * MONTH)
    anna.charged(2, START + MONTH + 1)
    anna.paid(2, START + MONTH + 2)
    anna.charged(1, START + MONTH + DAY, refunded=490, kind="refunded")
    anna.refunded(1, START + MONTH + DAY)
    send(anna.events)
    assert {"plus": "active"} == states(grants, listener_id)
    anna.charged(2, START + MONTH + 2 * DAY, refunded=490, kind="refunded")
    anna.refunded(2, START + MONTH + 2 * DAY)
    send(anna.events)
    assert {"plus": "revoked"} == states(grants, listener_id)


def test_e19_a_full_refund_of_an_order_revokes_it(
    listener_id: ListenerId, send: Callable[[list[dict[str, Any]]], None], grants: Grants
) -> None:
    """Bought for good, charged, refunded."""
    someone = Subscriber(str(listener_id))
    someone.known()
    someone.bought(START, offer="album")
    someone.charged(0, START, amount=990)
    send(someone.events)
    assert {"blue": "active"} == states(grants, listener_id)
    someone.charged(0, START + DAY, amount=990, refunded=990, kind="refunded")
    send(someone.events)
    assert {"blue": "revoked"} == states(grants, listener_id)


def test_e22_a_change_of_plan_has_no_second_without_access(
    anna: Subscriber,
    send: Callable[[list[dict[str, Any]]], None],
    grants: Grants,
    listener_id: ListenerId,
) -> None:
    """The new grant begins when the old one is revoked; the items are the previous values."""
    before = anna.body()["items"]
    anna.updated(START + DAY, prices=(OTHER_PRICE,))["data"]["previous_attributes"] = {
        "items": before
    }
    send(anna.events)
    assert {"plus": "revoked", "basic": "active"} == states(grants, listener_id)
    by_resource = {grant.resource: grant for grant in grants(listener_id)}
    assert by_resource["plus"].revoked_at == by_resource["basic"].starts_at
