"""Erasures for tests: people with rows in many tables, a dump of everything, rows by table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg

from wavehouse import erasure, listeners
from wavehouse.store import DATABASES
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

    @property
    def words(self) -> tuple[str, str, str]:
        """What a search must not find after the erasure."""
        return str(self.listener_id), self.email, self.payer


def make_person(workspace: Workspace, email: str) -> Person:
    """A listener with a device, a show, a position, a session and a paid entitlement."""
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


def filed(workspace: Workspace, person: Person) -> UUID:
    """A request that the person files signed in, so that it can be carried out at once."""
    return erasure.file(
        workspace.stores,
        workspace.settings,
        identity=workspace.identity,
        wanted=erasure.Wanted(erasure.SubjectKind.LISTENER, person.email),
        channel=erasure.Channel.SESSION,
    ).request.erasure_request_id


def dumped(workspace: Workspace) -> str:
    """Every row of every table of every database, as text, and the files outside PostgreSQL's."""
    lines = list(by_table(workspace).values())
    home = workspace.settings.home
    files = [
        path.read_bytes().decode("latin-1")
        for path in home.rglob("*")
        if path.is_file() and "postgres" not in path.relative_to(home).parts
    ]
    return "\n".join([*lines, *files])


def by_table(workspace: Workspace) -> dict[str, str]:
    """The rows of every table of every database, as text, by database.schema.table."""
    texts: dict[str, str] = {}
    for name in DATABASES:
        with psycopg.connect(getattr(workspace.stores, name).place.admin) as connection:
            for (table,) in connection.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname !~ '^(pg_|information_schema)'"
            ).fetchall():
                rows = connection.execute(f"SELECT t::text FROM {table} t").fetchall()
                texts[f"{name}.{table}"] = "\n".join(row for (row,) in rows)
    return texts


def listener(workspace: Workspace, email: str) -> dict[str, int]:
    """Erase a listener; how many rows of each table were changed."""
    outcome = erasure.erase_listener(
        workspace.stores, workspace.settings, identity=workspace.identity, email=email
    )
    return {each.table_name: each.rows_touched or 0 for each in outcome.done}


def erased(
    workspace: Workspace, wanted: erasure.Wanted, by: Workspace | None = None
) -> erasure.Outcome:
    """File, approve and carry out an erasure, as the organization's only administrator.

    ``by`` approves it and carries it out where there are two.
    """
    stores, identity = workspace.stores, workspace.identity
    filed = erasure.file(stores, workspace.settings, identity=identity, wanted=wanted)
    key = filed.request.erasure_request_id
    identity = by.identity if by else identity
    erasure.approve(stores, identity=identity, request_id=key, reason="asked")
    return erasure.run(stores, workspace.settings, identity=identity, request_id=key)
