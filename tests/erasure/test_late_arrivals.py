"""Data about people who were erased arrives late: it is dropped and counted, never stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.erasing import Person, dumped, erased
from tests.learning.desk import Desk
from tests.tenants import second_organization

from wavehouse import entitlements, listeners, sponsorship
from wavehouse.entitlements import Endpoint
from wavehouse.erasure import SubjectKind, Wanted
from wavehouse.erasure.service import requesting
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Gone, NotSignedIn
from wavehouse.learning.service import recording, sessions
from wavehouse.learning.types import Stored
from wavehouse.listeners.service import accounts
from wavehouse.listeners.service import sessions as device_sessions
from wavehouse.sponsorship.types import ConversionInput, ConversionOutcome, ConversionType
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]
ORDER = "order-7f3a9c"


def _late(place: Workspace, database: str) -> int:
    with getattr(place.stores, database).worker() as tx:
        number: int = tx.value("SELECT sum(late_arrivals) FROM governance.erasure_ledger")
    return number


def _bought(place: Workspace, order: str = ORDER, value: str = "12.50") -> ConversionOutcome:
    conversion = ConversionInput(
        occurred_at=clock.now() - timedelta(days=1),
        promo_code="SAVE10",
        conversion_type=ConversionType.PURCHASE,
        value=Decimal(value),
        currency="EUR",
        order_id=order,
    )
    with place.stores.operational.app(place.identity.organization_id) as tx:
        return sponsorship.record_conversion(
            tx, identity=place.identity, conversion=conversion, source_name="shop"
        ).outcome


def test_late_orders_and_refunds_of_an_erased_buyer_are_dropped_and_counted(
    workspace: Workspace, tmp_path: Path
) -> None:
    """By the API and in a file; the sums stay; another organization's order has the same id."""
    _bought(workspace)
    _bought(workspace, value="-2.50")
    _bought(workspace, order="order-of-berta")
    outcome = erased(workspace, Wanted(SubjectKind.BUYER, ORDER))
    assert "completed" == outcome.request.status

    assert ConversionOutcome.DROPPED == _bought(workspace)
    assert ConversionOutcome.DROPPED == _bought(workspace, value="12.50")
    file = tmp_path / "conversions.csv"
    file.write_text(
        "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"
        f"2026-11-10T10:00:00Z,SAVE10,purchase,12.50,EUR,{ORDER}\n"
        "2026-11-10T10:00:00Z,SAVE10,purchase,5.00,EUR,order-of-carla\n"
    )
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        done = sponsorship.ingest_conversions(tx, identity=workspace.identity, path=file)
    assert (2, 1, 1) == (done.read, done.dropped, done.unmatched)
    assert 3 == _late(workspace, "operational")
    assert ORDER not in dumped(workspace)
    with workspace.stores.operational.worker() as tx:
        sums = tx.value("SELECT sum(conversion_value)::text FROM sponsorship.conversions")
    assert "27.50" == sums
    other = second_organization(workspace, "Other shop")
    assert ConversionOutcome.UNMATCHED == _bought(other)


def test_late_events_of_an_erased_learner_are_refused_and_counted(workspace: Workspace) -> None:
    """Events and starts of known sessions; a new session of the account is somebody who is back."""
    desk = Desk(workspace)
    desk.content("a")
    desk.call(sessions.start_session, session_id="session-one", account_id="account-anna")
    erased(workspace, Wanted(SubjectKind.LEARNER, "account-anna"))

    results = desk.call(
        recording.record_events,
        session_id="session-one",
        events=desk.heard("a"),
    )
    assert [(Stored.REFUSED, "the learner was erased")] * 2 == [
        (each.outcome, each.reason) for each in results
    ]
    with pytest.raises(Gone, match="the learner was erased"):
        desk.call(sessions.start_session, session_id="session-one", account_id="account-anna")
    assert 3 == _late(workspace, "learning")
    assert [] == [w for w in ("account-anna", "session-one") if w in dumped(workspace)]
    desk.call(sessions.start_session, session_id="session-two", account_id="account-anna")
    assert 3 == _late(workspace, "learning")


def test_late_uploads_of_an_erased_listener_are_refused_and_counted(
    workspace: Workspace, person: Make
) -> None:
    """By an app password, and by a device's session that goes on sending."""
    anna = person("anna@example.org")
    database = workspace.stores.listeners
    with database.worker() as tx:
        password = listeners.new_app_password(tx, email=anna.email, device="pod").text
    caller, token = accounts.by_password(database, username=anna.email, password=password)
    caller, token = accounts.by_password(
        database, username=anna.email, password=password, cookie=token
    )
    erased(workspace, Wanted(SubjectKind.LISTENER, anna.email))

    for _ in range(2):
        with pytest.raises(NotSignedIn):
            accounts.by_password(database, username=anna.email, password=password)
    assert device_sessions.caller(database, token=token) is None
    with pytest.raises(NotSignedIn):
        listeners.record(database, caller=caller, actions=[])
    assert 3 == _late(workspace, "listeners")
    assert anna.email not in dumped(workspace)


def test_late_events_of_the_payment_provider_are_counted_and_have_no_content(
    workspace: Workspace, person: Make
) -> None:
    """E27: stored as ignored, without ids, and it grants nothing."""
    anna = person("anna@example.org")
    erased(workspace, Wanted(SubjectKind.LISTENER, anna.email))
    at = int(clock.now().timestamp())
    content = {
        "id": "evt_late_1",
        "object": "event",
        "type": "customer.updated",
        "created": at,
        "livemode": True,
        "data": {"object": {"id": anna.payer, "object": "customer", "email": anna.email}},
    }
    body = json.dumps(content).encode()
    receipt = entitlements.receive(
        workspace.stores.listeners,
        endpoint=Endpoint(("whsec_x",)),
        body=body,
        header=entitlements.signature_header(body, at, "whsec_x"),
    )
    assert "ignored" == receipt.status
    assert 1 == _late(workspace, "listeners")
    assert [] == [word for word in anna.words if word in dumped(workspace)]


def test_what_a_held_person_sends_is_stored(workspace: Workspace) -> None:
    """A legal hold keeps the data: nothing that belongs to it is dropped."""
    _bought(workspace)
    requesting.hold(
        workspace.stores,
        identity=workspace.identity,
        wanted=Wanted(SubjectKind.BUYER, ORDER),
        reason="A dispute.",
        until=clock.now() + timedelta(days=9),
    )
    outcome = erased(workspace, Wanted(SubjectKind.BUYER, ORDER))
    assert "partially_held" == outcome.request.status
    assert ConversionOutcome.DUPLICATE == _bought(workspace)
    assert 0 == _late(workspace, "operational")
