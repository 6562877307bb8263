"""A listener with rows in many tables, and somebody else beside."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from wavehouse import listeners
from wavehouse.workspace import Workspace

_EVENT = """
INSERT INTO listeners.external_events (source, event_id, type, object_ids, livemode, created,
  received_at, payload, payload_hash, status)
VALUES ('stripe', %s, 'x', ARRAY[%s], false, now(), now(), %s, sha256('a'), 'applied')
RETURNING external_event_id
"""
_DEVICE = """
INSERT INTO listeners.devices (listener_id, device_id, name, kind, last_seen_at)
VALUES (%s, 'phone', 'Phone', 'mobile', now())
"""
_CHAPTER = "INSERT INTO listeners.chapters (listener_id, chapter_id, title) VALUES (%s, 'c1', %s)"
_SHOW = """
INSERT INTO listeners.subscriptions (listener_id, podcast_url, seq, subscribed_at)
VALUES (%s, %s, 1, now())
"""
_GRANT = """
INSERT INTO listeners.entitlements (listener_id, type, resource, scope_kind, scope, status,
  granted_at, starts_at, created_by, source_event, stripe_customer_id)
VALUES (%s, 'feed', 'plus', 'order', %s, 'active', now(), now(), 'stripe', %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A listener, with the words that occur in their rows alone."""

    listener_id: UUID
    email: str
    payer: str


@pytest.fixture
def person(workspace: Workspace) -> Callable[[str], Person]:
    """Makes a listener with a device, a show, a position, a session and a paid entitlement."""

    def make(email: str) -> Person:
        payer = f"cus_{uuid4().hex[:12]}"
        with workspace.stores.listeners.worker() as tx:
            made = listeners.create(tx, email=email)
            listeners.new_app_password(tx, email=email, device="phone")
            key = made.listener_id
            content = json.dumps({"email": email})
            event = tx.value(_EVENT, [uuid4().hex, payer, content])
            tx.execute(_DEVICE, [key])
            tx.execute(_CHAPTER, [key, f"heard by {email}"])
            tx.execute(_SHOW, [key, f"https://private.example/{email}"])
            tx.execute(_GRANT, [key, uuid4().hex, event, payer])
        return Person(key, email, payer)

    return make
