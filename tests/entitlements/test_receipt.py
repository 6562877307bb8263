"""Receiving events: signatures, duplicates, conflicts, foreign and unreadable ones (E1-E6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import httpx
import pytest
import stripe
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests import serving
from tests.entitlements.conftest import ENDPOINT
from tests.entitlements.provider import SECRET, START, Subscriber, event, signed

from wavehouse.entitlements.http.stripe import LARGEST
from wavehouse.entitlements.rules import signature
from wavehouse.entitlements.service import receiving
from wavehouse.entitlements.service.receiving import Endpoint
from wavehouse.entitlements.types import EventStatus
from wavehouse.kernel import clock
from wavehouse.kernel.config import Value, load
from wavehouse.kernel.errors import NotFound, UsageError
from wavehouse.store import Database, Listeners
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

NOW = float(START)


def stored(database: Database[Listeners]) -> list[tuple[Any, ...]]:
    with database.worker() as tx:
        return tx.tuples(
            "SELECT event_id, status, source FROM listeners.external_events "
            "WHERE source <> 'operator' ORDER BY received_at, external_event_id"
        ).fetchall()


def refusal(body: bytes, header: str, secret: str = SECRET) -> str | None:
    return signature.refusal(body, header, secrets=[secret], now=NOW)


def test_e1_the_providers_own_library_signs_and_verifies_as_we_do() -> None:
    """Each accepts the other's signatures, and refuses the same invalid ones."""
    body = json.dumps({"id": "evt_1", "object": "event"}).encode()
    theirs = stripe.WebhookSignature.generate_signature_header(
        payload=body.decode(), secret=SECRET, timestamp=START
    )
    assert refusal(body, theirs) is None
    now = int(datetime.now(UTC).timestamp())
    ours = signature.header(body, now, SECRET)
    assert "evt_1" == stripe.Webhook.construct_event(body, ours, SECRET)["id"]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", ours, SECRET)


def test_e2_a_day_in_the_future_is_refused_where_the_library_accepts_it() -> None:
    """We limit both directions: 300 s are accepted, 301 s are refused."""
    body = b'{"object": "event"}'
    ahead = int(datetime.now(UTC).timestamp()) + 86_400
    header = signature.header(body, ahead, SECRET)
    assert stripe.WebhookSignature.verify_header(body.decode(), header, SECRET, tolerance=300)
    for shift, is_valid in ((300, True), (301, False), (-300, True), (-301, False),
                            (86_400, False)):  # fmt: skip
        header = signature.header(body, START + shift, SECRET)
        assert is_valid is (refusal(body, header) is None), shift


GOOD = signature.signature(b"{}", str(START), SECRET)


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"t={START}",
        f"v1={GOOD}",
        f"t={START},v0={GOOD}",
        f"t={START},v1={GOOD[:-1]}",
        f"t={START},v1={GOOD.upper()}",
        f"t={START},t={START},v1={GOOD}",
        f"t={START}.0,v1={GOOD}",
        f"t=\u0661{START},v1={GOOD}",
        f"t={START},v1=",
        f"t={START},v1={'0' * 64}",
        f"t={START};v1={GOOD}",
        f"t=99999999999,v1={GOOD}",
        f"t={START},v1={GOOD}," + "v1=0," * 2000,
    ],
)
def test_e1_other_headers_are_refused(header: str) -> None:
    """Missing parts, another version, another form of the number, too long a header."""
    assert refusal(b"{}", header) is not None


def test_e1_two_values_and_two_secrets_are_a_rotation() -> None:
    """Either of two signatures may match either of two secrets."""
    old, new = signature.signature(b"{}", str(START), "old"), GOOD
    for values in (f"v1={old},v1={new}", f"v1={new},v1={old}", f"v0=1,v1={'0' * 64},v1={new}"):
        assert refusal(b"{}", f"t={START},{values}") is None
    header = signature.header(b"{}", START, "old")
    assert signature.refusal(b"{}", header, secrets=[SECRET, "old"], now=NOW) is None
    assert refusal(b"{}", header) is not None


def test_e1_a_body_that_was_written_again_is_refused_and_nothing_is_stored(
    database: Database[Listeners], anna: Subscriber
) -> None:
    """The same JSON with other spaces has other bytes."""
    body, header = signed(anna.events[0], int(clock.now().timestamp()))
    again = json.dumps(json.loads(body)).encode()
    with pytest.raises(UsageError, match="does not match"):
        receiving.receive(database, endpoint=ENDPOINT, body=again, header=header)
    assert [] == stored(database)


def test_e1_an_empty_secret_disables_the_endpoint(database: Database[Listeners]) -> None:
    """Even deliveries signed with the empty secret are refused."""
    body, header = signed({}, int(clock.now().timestamp()), "")
    with pytest.raises(NotFound, match="disabled"):
        receiving.receive(database, endpoint=Endpoint(()), body=body, header=header)
    settings = load({"home": "."}, {"WAVEHOUSE_STRIPE_WEBHOOK_SECRETS": " , "})
    assert () == Endpoint.of(settings).secrets


def test_e3_fifty_deliveries_at_once_are_one_row_and_one_effect(
    deliver: Callable[..., Any], database: Database[Listeners], anna: Subscriber,
    work: Callable[[], Any], grants: Callable[..., Any], listener_id: Any,
) -> None:  # fmt: skip
    """All get a success answer; the grant has one transition."""
    with ThreadPoolExecutor(10) as pool:
        for content in anna.events:
            receipts = list(pool.map(deliver, [content] * 50))
            assert 1 == sum(receipt.is_new for receipt in receipts)
    assert len(anna.events) == len(stored(database))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: work(), range(4)))
    (grant,) = grants(listener_id)
    with database.worker() as tx:
        entries = tx.value("SELECT count(*) FROM listeners.entitlement_ledger")
        payments = tx.values("SELECT amount::text FROM listeners.entitlement_payments")
    assert (1, "active", ["4.90"]) == (entries, grant.status, payments)


def test_e3_fifty_copies_over_http_are_one_effect(
    serving_payments: str, anna: Subscriber, database: Database[Listeners],
    work: Callable[[], Any], grants: Callable[..., Any], listener_id: Any,
) -> None:  # fmt: skip
    """Fifty connections to a real server send one event at the same instant, for each event."""
    together = Barrier(50)
    sent: list[int] = []

    def post(delivery: tuple[bytes, str]) -> Any:
        with httpx.Client(timeout=60) as client:
            together.wait(60)
            return client.post(
                f"{serving_payments}/webhooks/stripe",
                content=delivery[0],
                headers={"Stripe-Signature": delivery[1]},
            )

    with ThreadPoolExecutor(50) as pool:
        for content in anna.events:
            delivery = signed(content, int(clock.now().timestamp()))
            answers = list(pool.map(post, [delivery] * 50))
            assert {200} == {answer.status_code for answer in answers}
            assert 1 == sum(answer.json()["new"] for answer in answers)
            sent.append(len(answers))
    work()
    (grant,) = grants(listener_id)
    with database.worker() as tx:
        entries = tx.value("SELECT count(*) FROM listeners.entitlement_ledger")
        payments = tx.values("SELECT amount::text FROM listeners.entitlement_payments")
    print(f"{sum(sent)} deliveries of {len(sent)} events over HTTP: {entries} effect")
    assert (1, "active", ["4.90"]) == (entries, grant.status, payments)


def test_e1_e2_forged_replayed_and_future_deliveries_over_http_store_nothing(
    client: TestClient, anna: Subscriber, database: Database[Listeners]
) -> None:
    """400 for each; an unsigned copy of what was accepted does not pass either."""
    now = int(clock.now().timestamp())
    body, header = signed(anna.events[0], now)
    forged = [
        (body, ""),
        (body, f"t={now},v1={'0' * 64}"),
        (body, signed(anna.events[0], now, "another secret")[1]),
        (body.replace(b"evt_", b"evt-"), header),
        signed(anna.events[0], now - 301),
        signed(anna.events[0], now + 400),
        signed(anna.events[0], now + 86_400),
    ]
    codes = [
        client.post(
            "/webhooks/stripe", content=content, headers={"Stripe-Signature": sign}
        ).status_code
        for content, sign in forged
    ]
    assert [400] * len(forged) == codes
    assert [] == stored(database)


def test_e4_the_same_id_with_another_content_is_an_anomaly(
    deliver: Callable[..., Any], database: Database[Listeners], anna: Subscriber
) -> None:
    """It is not applied and audited once; a copy with another webhook count is no anomaly."""
    first = anna.events[1]
    deliver(first)
    again = {**first, "pending_webhooks": 0}
    assert (False, EventStatus.RECEIVED) == (deliver(again).is_new, deliver(again).status)
    forged = json.loads(json.dumps(first))
    forged["data"]["object"]["status"] = "trialing"
    assert [EventStatus.ANOMALY] * 2 == [deliver(forged).status, deliver(forged).status]
    with database.worker() as tx:
        conflicts = tx.values("SELECT deliveries FROM listeners.external_event_conflicts")
        audited = tx.values("SELECT action FROM audit.audit_log")
        kept = tx.value("SELECT payload -> 'data' -> 'object' ->> 'status' "
                        "FROM listeners.external_events")  # fmt: skip
    assert ([2], ["external_event.conflict"], "active") == (conflicts, audited, kept)


@pytest.mark.parametrize(
    ("change", "endpoint", "status"),
    [
        ({"livemode": False}, Endpoint((SECRET,)), EventStatus.IGNORED),
        ({"livemode": False}, Endpoint((SECRET,), livemode=False), EventStatus.RECEIVED),
        ({"account": "acct_2"}, Endpoint((SECRET,)), EventStatus.IGNORED),
        ({"account": "acct_2"}, Endpoint((SECRET,), account="acct_1"), EventStatus.IGNORED),
        ({"account": "acct_1"}, Endpoint((SECRET,), account="acct_1"), EventStatus.RECEIVED),
        ({}, Endpoint((SECRET,), account="acct_1"), EventStatus.RECEIVED),
    ],
)
def test_e5_another_mode_or_account_is_stored_and_ignored(
    deliver: Callable[..., Any], database: Database[Listeners], anna: Subscriber,
    change: dict[str, Any], endpoint: Endpoint, status: EventStatus,
) -> None:  # fmt: skip
    """A test event in live mode grants nothing, and cannot take a live event's id."""
    assert status is deliver({**anna.events[0], **change}, endpoint).status
    assert 1 == len(stored(database))
    if status is EventStatus.IGNORED:
        assert endpoint.source != stored(database)[0][2]
        assert EventStatus.RECEIVED is deliver(anna.events[0], endpoint).status


def test_e6_unknown_types_are_stored_and_ignored(
    deliver: Callable[..., Any], database: Database[Listeners]
) -> None:
    """The answer is 2xx, so that the provider does not retry."""
    body = {"id": "po_1", "object": "payout"}
    assert EventStatus.IGNORED is deliver(event("payout.paid", body, START, "evt_1")).status
    odd = event("customer.subscription.updated", {"id": "sub_1", "object": "subscription",
                "customer": {"id": 7}}, START, "evt_2")  # fmt: skip
    assert EventStatus.ANOMALY is deliver(odd).status
    assert ["ignored", "anomaly"] == [row[1] for row in stored(database)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_received": "990"}, {"amount_received": 9.9}, {"amount_received": True},
        {"amount_received": -990}, {"amount_received": 10**15}, {"currency": None},
        {"currency": "US"}, {"currency": "\u20ac\u20ac\u20ac"},
    ],
)  # fmt: skip
def test_an_amount_that_cannot_be_counted_is_an_anomaly(
    deliver: Callable[..., Any], database: Database[Listeners], wrong: dict[str, Any]
) -> None:
    """It was applied, and the ledger of money had no row of it; an amount of nothing is none."""
    someone = Subscriber(None)
    made = someone.bought(START, offer="album")
    made["data"]["object"].update(wrong)
    assert EventStatus.ANOMALY is deliver(made).status
    free = Subscriber(None, name="free").bought(START, offer="album", amount=0)
    free["data"]["object"]["currency"] = None
    assert EventStatus.RECEIVED is deliver(free).status
    assert ["anomaly", "received"] == [row[1] for row in stored(database)]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"object": "event"}',
        b'{"object": "event", "object": "event"}', b"[" * 100_000, b'{"a": NaN}',
        (b'{"object":"event","id":"e","type":"t","livemode":true,"created":1793520000,'
        b'"data":{"object":{"a":"\\u0000"}}}'),
        (b'{"object":"event","id":"e","type":"t","livemode":true,"created":1793520000,'
        b'"data":{"object":{"a":"\\ud800"}}}'),
        (b'{"object":"event","id":"e","type":"t","livemode":true,"created":1e400,'
        b'"data":{"object":{}}}'),
        (b'{"object":"event","id":"e","type":"t","livemode":true,"created":1793520000,'
        b'"data":{"object":{"amount":1e999}}}'),
        (b'\xef\xbb\xbf{"object":"event","id":"e","type":"t","livemode":true,'
        b'"created":1793520000,"data":{"object":{}}}'),
        b'{"object":"event","a":' + b"[" * 900_000 + b"]" * 900_000 + b"}",
        (b'{"object":"event","id":"e","type":"t","livemode":true,"created":true,'
        b'"data":{"object":{}}}'),
        (b'{"object":"event","id":"e","type":"t","livemode":"true","created":1793520000,'
        b'"data":{"object":{}}}'),
        (b'{"object":"event","id":"e\\n","type":"t","livemode":true,"created":1793520000,'
        b'"data":{"object":{}}}'),
        (b'{"object":"event","id":"e","type":"t","livemode":true,'
        b'"created":99999999999999999999,"data":{"object":{}}}'),
    ],
)  # fmt: skip
def test_signed_bodies_that_are_not_events_are_refused(
    database: Database[Listeners], body: bytes
) -> None:
    """Each gets a one-sentence error, and nothing is stored."""
    at = int(clock.now().timestamp())
    with pytest.raises(UsageError):
        receiving.receive(
            database, endpoint=ENDPOINT, body=body, header=signature.header(body, at, SECRET)
        )
    assert [] == stored(database)


@pytest.fixture
def application(workspace: Workspace) -> FastAPI:
    """The whole application with a webhook secret in its settings."""
    values = dict(workspace.settings.values)
    option = values["stripe_webhook_secrets"].option
    values["stripe_webhook_secrets"] = Value(option, (SECRET,), "test")
    return live_app(replace(workspace, settings=replace(workspace.settings, values=values)))


@pytest.fixture
def client(application: FastAPI) -> TestClient:
    """A provider that sends events, in process."""
    return TestClient(application, base_url="http://localhost", raise_server_exceptions=False)


@pytest.fixture
def serving_payments(application: FastAPI) -> Iterator[str]:
    """The address of the application on a real port."""
    with serving.served(application) as url:
        yield url


def test_the_endpoint_answers_2xx_400_413_and_says_no_secret(
    client: TestClient, anna: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    """200 for a new event and for its copy, 202 for an ignored one."""
    body, header = signed(anna.events[0], int(clock.now().timestamp()))

    def post(content: bytes, sign: str) -> Any:
        return client.post("/webhooks/stripe", content=content, headers={"Stripe-Signature": sign})

    answers = [post(body, header), post(body, header)]
    assert [(200, True), (200, False)] == [(a.status_code, a.json()["new"]) for a in answers]
    test_event, signed_test = signed({**anna.events[1], "livemode": False},
                                     int(clock.now().timestamp()))  # fmt: skip
    assert 202 == post(test_event, signed_test).status_code
    refused = post(body, "t=1,v1=0")
    assert 400 == refused.status_code
    assert 413 == post(b"x" * (LARGEST + 1), header).status_code
    assert 405 == client.get("/webhooks/stripe").status_code
    assert SECRET not in caplog.text + refused.text
