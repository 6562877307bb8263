"""A listener, an organization that sells, and the endpoint for the provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.entitlements.provider import OTHER_PRICE, PRICE, SECRET, START, Subscriber, signed

from wavehouse import listeners
from wavehouse.entitlements.service import processing, receiving, settings
from wavehouse.entitlements.service.receiving import Endpoint
from wavehouse.entitlements.types import Entitlement, Offer, Processed, Receipt
from wavehouse.kernel import clock
from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Database, Listeners
from wavehouse.workspace import Workspace

ENDPOINT = Endpoint((SECRET,))
OFFERS = (
    Offer(PRICE, "feed", "plus"),
    Offer(OTHER_PRICE, "feed", "basic"),
    Offer("pass", "feed", "plus", days=30),
    Offer("album", "album", "blue"),
    Offer("plus_key", "feed", "plus"),
)


@pytest.fixture
def database(workspace: Workspace) -> Database[Listeners]:
    return workspace.stores.listeners


@pytest.fixture
def selling(workspace: Workspace, database: Database[Listeners]) -> Workspace:
    """A workspace whose organization has offers."""
    with database.worker() as tx:
        for offer in OFFERS:
            settings.set_offer(tx, identity=workspace.identity, offer=offer)
    return workspace


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.org"


@pytest.fixture
def listener_id(database: Database[Listeners], email: str) -> ListenerId:
    with database.worker() as tx:
        return listeners.create(tx, email=email).listener_id


@pytest.fixture
def anna(listener_id: ListenerId) -> Subscriber:
    """A customer whose subscription has begun and is paid."""
    someone = Subscriber(str(listener_id))
    someone.known()
    someone.created()
    someone.charged(1, START + 1)
    someone.paid(1, START + 2)
    return someone


@pytest.fixture
def deliver(database: Database[Listeners]) -> Callable[..., Receipt]:
    """Receive an event as the endpoint does."""

    def send(content: dict[str, Any], endpoint: Endpoint = ENDPOINT) -> Receipt:
        body, header = signed(content, int(clock.now().timestamp()), endpoint.secrets[0])
        return receiving.receive(database, endpoint=endpoint, body=body, header=header)

    return send


@pytest.fixture
def work(selling: Workspace, database: Database[Listeners]) -> Callable[[], Processed]:
    """Fold all waiting events."""
    return lambda: processing.process(database, organization_id=selling.home)


@pytest.fixture
def grants(database: Database[Listeners]) -> Callable[[UUID], list[Entitlement]]:
    """A listener's grants."""
    from wavehouse.entitlements.service import reading

    def read(listener_id: UUID) -> list[Entitlement]:
        with database.worker() as tx:
            return reading.of_listener(tx, listener_id=ListenerId(listener_id))

    return read
