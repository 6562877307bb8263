"""Events from the outbox to a receiver: signed, retried, replayed, never to a private address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.webhooks.receiver import Receiver, receiving

from wavehouse import accounts, webhooks
from wavehouse.accounts import Scope
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound, Refused
from wavehouse.web.live import live_app
from wavehouse.webhooks import EventType, NewEndpoint, Sealer, WebSender, queries
from wavehouse.webhooks.rules import secret_key
from wavehouse.webhooks.types import Delivered
from wavehouse.workspace import Workspace

START = datetime.fromisoformat("2026-11-02T12:00:00+00:00")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine."""
    with receiving() as started:
        yield started


@dataclass
class Desk:
    """The webhooks of an organization."""

    workspace: Workspace

    @property
    def sealer(self) -> Sealer:
        return Sealer.of(self.workspace.stores.operational.place)

    def tx(self) -> Any:
        """A transaction of the organization."""
        return self.workspace.stores.operational.app(self.workspace.identity.organization_id)

    def add(self, url: str, *, allow_private: bool = True, **more: Any) -> NewEndpoint:
        with self.tx() as tx:
            return webhooks.add_endpoint(
                tx,
                identity=self.workspace.identity,
                sealer=self.sealer,
                url=url,
                allow_private=allow_private,
                **more,
            )

    def emit(self, name: str = "one") -> webhooks.EventId:
        with self.tx() as tx:
            return webhooks.emit(
                tx,
                identity=self.workspace.identity,
                event_type=EventType.REPORT_GENERATED,
                subject=("report", name),
            )

    def deliver(self, *, allow_private: bool = True) -> Delivered:
        return webhooks.deliver(
            self.workspace.stores.operational,
            sealer=self.sealer,
            sender=WebSender(allow_private=allow_private),
        )

    def deliveries(self) -> list[webhooks.Delivery]:
        with self.tx() as tx:
            return webhooks.list_deliveries(tx, identity=self.workspace.identity)

    def endpoint(self) -> webhooks.Endpoint:
        with self.tx() as tx:
            return webhooks.list_endpoints(tx, identity=self.workspace.identity)[0]

    def replay(self, made: NewEndpoint, **which: Any) -> int:
        with self.tx() as tx:
            return webhooks.replay(
                tx,
                identity=self.workspace.identity,
                endpoint_id=made.endpoint.endpoint_id,
                **which,
            )


@pytest.fixture
def desk(workspace: Workspace) -> Iterator[Desk]:
    """The webhooks of an organization at a fixed time."""
    with clock.frozen(START):
        yield Desk(workspace)


def test_an_event_is_delivered_signed_with_the_secret_that_was_shown(
    desk: Desk, receiver: Receiver
) -> None:
    """Once, with ids only, and verified by the receiver's check."""
    made = desk.add(receiver.url)
    event_id = desk.emit("report-1")
    first, second = desk.deliver(), desk.deliver()
    ((headers, body),) = receiver.came
    event = webhooks.verify([secret_key(made.secret)], headers, body, now=START)

    assert (Delivered(1, 1, 0, 0), Delivered()) == (first, second)
    assert str(event_id) == headers["webhook-id"]
    assert ("report.generated", {"report_id": "report-1"}) == (event["type"], event["data"])
    assert ["delivered"] == [each.status for each in desk.deliveries()]


def test_an_event_of_a_transaction_that_fails_is_never_sent(desk: Desk, receiver: Receiver) -> None:
    """The outbox row is rolled back with the transaction."""
    desk.add(receiver.url)

    def fail() -> None:
        with desk.tx() as tx:
            webhooks.emit(
                tx,
                identity=desk.workspace.identity,
                event_type=EventType.REPORT_GENERATED,
                subject=("report", "never"),
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert Delivered() == desk.deliver()
    assert [] == receiver.came


def test_an_endpoint_gets_what_it_subscribes_to(desk: Desk, receiver: Receiver) -> None:
    """Other types are sent to nobody."""
    desk.add(receiver.url, event_types=["campaign.status_changed"])
    desk.emit()

    assert Delivered(1, 0, 0, 0) == desk.deliver()
    assert [] == receiver.came


def test_a_failure_is_tried_again_by_the_table_under_the_same_id(
    desk: Desk, receiver: Receiver
) -> None:
    """Ten attempts, the same body and id, a new timestamp each; then it is abandoned."""
    desk.add(receiver.url)
    event_id = desk.emit()
    receiver.status = 500
    now = START
    for _ in range(10):
        with clock.frozen(now):
            assert 1 == desk.deliver().failed
            assert Delivered() == desk.deliver()
            pending = [d.next_attempt_at for d in desk.deliveries() if d.status == "pending"]
        now = pending[0] if pending and pending[0] else now
    states = [each.status for each in desk.deliveries()]

    assert 10 == len(receiver.came)
    assert {str(event_id)} == {headers["webhook-id"] for headers, _ in receiver.came}
    assert 1 == len({body for _, body in receiver.came})
    assert 10 == len({headers["webhook-timestamp"] for headers, _ in receiver.came})
    assert ["abandoned", *["failed"] * 9] == states
    assert timedelta(hours=65) < now - START < timedelta(hours=85)


def test_a_success_ends_the_failing(desk: Desk, receiver: Receiver) -> None:
    """``failing_since`` is the first failure, and is cleared by a delivery."""
    desk.add(receiver.url)
    desk.emit()
    receiver.status = 503
    desk.deliver()
    failing = desk.endpoint().failing_since
    receiver.status = 200
    with clock.frozen(START + timedelta(seconds=6)):
        desk.deliver()

    assert START == failing
    assert None is desk.endpoint().failing_since
    assert ["delivered", "failed"] == [each.status for each in desk.deliveries()]


def test_410_disables_the_endpoint_at_once(desk: Desk, receiver: Receiver) -> None:
    """No retry; the endpoint has the reason; a user may enable it again."""
    made = desk.add(receiver.url)
    desk.emit()
    receiver.status = 410
    done = desk.deliver()
    gone = desk.endpoint()
    with desk.tx() as tx:
        identity = desk.workspace.identity
        endpoint_id = made.endpoint.endpoint_id
        enabled = webhooks.enable_endpoint(tx, identity=identity, endpoint_id=endpoint_id)

    assert Delivered(1, 0, 1, 1) == done
    assert ("disabled", "the endpoint answered 410 Gone") == (gone.status, gone.disabled_reason)
    assert ["abandoned"] == [each.status for each in desk.deliveries()]
    assert "active" == enabled.status


def test_five_days_of_failure_disable_the_endpoint(desk: Desk, receiver: Receiver) -> None:
    """Counted from the first failure after the last success."""
    desk.add(receiver.url)
    receiver.status = 500
    desk.emit("first")
    desk.deliver()
    with clock.frozen(START + timedelta(days=4, hours=23)):
        desk.emit("second")
        early = desk.deliver()
    with clock.frozen(START + timedelta(days=5, minutes=1)):
        desk.emit("third")
        late = desk.deliver()

    assert (0, 1) == (early.disabled, late.disabled)
    assert "all deliveries have failed for five days" == desk.endpoint().disabled_reason


def test_a_redirect_is_not_followed(desk: Desk, receiver: Receiver) -> None:
    """3xx is a failure: a redirect could lead into a private network."""
    with receiving() as target:
        desk.add(receiver.url)
        desk.emit()
        receiver.status, receiver.headers = 307, {"Location": target.url}
        done = desk.deliver()

    assert 1 == done.failed
    assert [] == target.came
    assert 307 == desk.deliveries()[-1].response_status


def test_an_answer_of_200_mb_is_cut_to_1_kb(desk: Desk, receiver: Receiver) -> None:
    """The status counts; the rest is not read."""
    desk.add(receiver.url)
    desk.emit()
    receiver.length = 200_000_000
    done = desk.deliver()

    assert 1 == done.delivered
    assert "x" * 1024 == desk.deliveries()[0].response_excerpt
    assert receiver.written < 50_000_000


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hooks",
        "https://[::1]/hooks",
        "https://[::ffff:10.0.0.1]/hooks",
        "https://10.0.0.1/hooks",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/hooks",
    ],
)
def test_a_private_address_gets_nothing(desk: Desk, url: str) -> None:
    """It is refused when added, and a name that leads there before connecting; then retried."""
    with pytest.raises(InvalidInput, match="private network"):
        desk.add(url, allow_private=False)
    desk.add(url)  # as a name that is public when it is added
    desk.emit()
    done = desk.deliver(allow_private=False)
    error = desk.deliveries()[-1].error or ""

    assert 1 == done.failed
    assert "private network" in error or "link-local" in error


def test_a_private_receiver_hears_nothing_without_the_operators_setting(
    desk: Desk, receiver: Receiver
) -> None:
    """The guard blocks it: the receiver runs and answers when it is allowed."""
    desk.add(receiver.url)
    desk.emit()
    refused = desk.deliver(allow_private=False)
    heard = len(receiver.came)
    with clock.frozen(START + timedelta(seconds=6)):
        allowed = desk.deliver()

    assert (1, 0) == (refused.failed, heard)
    assert 1 == allowed.delivered


@pytest.mark.parametrize(
    ("url", "allow_private"),
    [
        ("http://shop.example/hooks", False),
        ("ftp://shop.example/hooks", True),
        ("https://user:pw@shop.example/hooks", True),
        ("not an address", True),
        ("https://shop.example/" + "x" * 1000, True),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(
    desk: Desk, url: str, allow_private: bool
) -> None:
    """On creation, with the field's name; http only with the operator's setting."""
    with pytest.raises(InvalidInput) as refused:
        desk.add(url, allow_private=allow_private)

    assert "url" == refused.value.where


def test_a_rotation_signs_with_both_secrets_for_a_day(desk: Desk, receiver: Receiver) -> None:
    """Receivers have 24 hours; then the old secret is no longer used."""
    made = desk.add(receiver.url)
    with desk.tx() as tx:
        new = webhooks.rotate_secret(
            tx,
            identity=desk.workspace.identity,
            sealer=desk.sealer,
            endpoint_id=made.endpoint.endpoint_id,
        )
    old_key, new_key = secret_key(made.secret), secret_key(new.secret)
    for after in (timedelta(hours=23), timedelta(hours=25)):
        with clock.frozen(START + after):
            desk.emit()
            desk.deliver()
    (during, body), (later, later_body) = receiver.came

    assert made.secret != new.secret
    for key in (old_key, new_key):
        webhooks.verify([key], during, body, now=START + timedelta(hours=23))
    webhooks.verify([new_key], later, later_body, now=START + timedelta(hours=25))
    with pytest.raises(InvalidInput):
        webhooks.verify([old_key], later, later_body, now=START + timedelta(hours=25))


def test_a_secret_is_stored_sealed_for_its_endpoint_alone(desk: Desk, receiver: Receiver) -> None:
    """The key is not in the row; another installation's key does not open it."""
    made = desk.add(receiver.url)
    key = secret_key(made.secret)
    with desk.tx() as tx:
        sealed = bytes(tx.value("SELECT secret_sealed FROM queue.webhook_endpoints"))
    endpoint_id = made.endpoint.endpoint_id

    assert key not in sealed
    assert key == desk.sealer.opened(sealed, endpoint_id=endpoint_id)
    with pytest.raises(Refused, match="cannot be decrypted"):
        Sealer(bytes(32)).opened(sealed, endpoint_id=endpoint_id)
    assert made.secret not in repr(made)


def test_one_event_or_a_range_is_sent_again(desk: Desk, receiver: Receiver) -> None:
    """A new series with the same ids; pending ones are not repeated; a choice is required."""
    made = desk.add(receiver.url)
    ids = []
    for hour in range(3):
        with clock.frozen(START + timedelta(hours=hour)):
            ids.append(desk.emit(f"report-{hour}"))
            desk.deliver()
    one = desk.replay(made, event_id=ids[0])
    twice = desk.replay(made, event_id=ids[0])
    ranged = desk.replay(made, since=START + timedelta(hours=1), until=START + timedelta(hours=2))
    with clock.frozen(START + timedelta(hours=4)):
        desk.deliver()
    sent = [headers["webhook-id"] for headers, _ in receiver.came]

    assert (1, 0, 1) == (one, twice, ranged)
    assert [*map(str, ids)] == sent[:3]
    assert sorted(map(str, ids[:2])) == sorted(sent[3:])
    assert 2 == desk.deliveries()[0].series
    with pytest.raises(InvalidInput):
        desk.replay(made)


def test_a_test_goes_to_its_endpoint_alone(desk: Desk, receiver: Receiver) -> None:
    """The endpoint's subscriptions do not matter."""
    with receiving() as other:
        made = desk.add(receiver.url, event_types=["campaign.status_changed"])
        desk.add(other.url)
        with desk.tx() as tx:
            webhooks.send_test(
                tx, identity=desk.workspace.identity, endpoint_id=made.endpoint.endpoint_id
            )
        desk.deliver()

    assert (1, 0) == (len(receiver.came), len(other.came))


def test_two_senders_send_an_event_once(desk: Desk, receiver: Receiver) -> None:
    """A claim hides an attempt for a minute; an unfinished one is sent again."""
    desk.add(receiver.url)
    desk.emit()
    with desk.workspace.stores.operational.worker() as tx:
        queries.dispatch(tx, at=START, limit=10)
        claimed = queries.claim_due(tx, at=START, until=START + timedelta(seconds=60), limit=10)
    meanwhile = desk.deliver()
    with clock.frozen(START + timedelta(seconds=61)):
        after = desk.deliver()

    assert 1 == len(claimed)
    assert (0, 1) == (meanwhile.delivered, after.delivered)


def test_endpoints_are_managed_by_the_api(workspace: Workspace) -> None:
    """Add (the secret once), list, test, disable, replay, delete; a reader may not write."""
    scopes = [Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE]
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        both = accounts.create_api_key(tx, identity=workspace.identity, name="b", scopes=scopes)
        reads = accounts.create_api_key(
            tx, identity=workspace.identity, name="r", scopes=scopes[:1]
        )
    web = TestClient(live_app(workspace), base_url="http://localhost")
    web.headers["Authorization"] = f"Bearer {both.text}"
    base = "/api/v1/webhooks"
    made = web.post(f"{base}/endpoints", json={"url": "https://shop.example/hooks"})
    path = f"{base}/endpoints/{made.json()['webhook_endpoint_id']}"
    listed = web.get(f"{base}/endpoints").json()
    steps = [
        web.post(f"{path}/test"),
        web.post(f"{path}/rotate"),
        web.post(f"{path}/disable"),
        web.post(f"{path}/enable"),
        web.post(f"{path}/replay", json={"since": "2026-11-01T00:00:00Z"}),
        web.get(f"{base}/deliveries"),
        web.delete(path),
    ]
    gone = web.delete(path)
    wrong = web.post(f"{base}/endpoints", json={"url": "http://10.0.0.1/"})
    web.headers["Authorization"] = f"Bearer {reads.text}"
    refused = web.post(f"{base}/endpoints", json={"url": "https://shop.example/hooks"})

    assert 201 == made.status_code
    assert made.json()["secret"].startswith("whsec_")
    assert [None] == [each["secret"] for each in listed]
    assert [200, 200, 200, 200, 200, 200, 204] == [step.status_code for step in steps]
    assert (404, 422, 403) == (gone.status_code, wrong.status_code, refused.status_code)


def test_endpoints_are_managed_on_the_page(workspace: Workspace) -> None:
    """The page shows the secret once; buttons do the same as the API."""
    web = TestClient(live_app(workspace), base_url="http://localhost")
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
        session = accounts.sign_in(tx, token=link.token)
    web.cookies.set("wh_session", session.token)
    web.headers["Origin"] = "http://localhost"
    first = web.get("/webhooks")
    csrf = first.text.split('name="csrf" value="')[1].split('"')[0]
    ticket = first.text.split('name="ticket" value="')[1].split('"')[0]
    form = {"csrf": csrf, "ticket": ticket, "url": "https://shop.example/hooks"}
    shown = web.post("/webhooks", data=form)
    again = web.get("/webhooks")
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        (endpoint,) = webhooks.list_endpoints(tx, identity=workspace.identity)
    fields = {"csrf": csrf, "endpoint": str(endpoint.endpoint_id)}
    tested = web.post("/webhooks/test", data=fields)
    disabled = web.post("/webhooks/disable", data=fields)
    refused = web.post("/webhooks", data={**form, "ticket": "x", "url": "http://shop.example/"})

    assert "whsec_" in shown.text
    assert "whsec_" not in again.text
    assert (200, 200, 422) == (tested.status_code, disabled.status_code, refused.status_code)
    assert "disabled by a user" in disabled.text


def test_an_unknown_endpoint_is_not_found(desk: Desk) -> None:
    """Every use case raises NotFound."""
    unknown = webhooks.EndpointId(desk.workspace.identity.user_id)
    with desk.tx() as tx:
        for use_case in (webhooks.disable_endpoint, webhooks.enable_endpoint, webhooks.send_test):
            with pytest.raises(NotFound):
                use_case(tx, identity=desk.workspace.identity, endpoint_id=unknown)
