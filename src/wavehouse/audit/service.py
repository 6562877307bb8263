"""The use case of ``audit``: record an action in the transaction that performs it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from wavehouse.audit import queries, rules
from wavehouse.audit.types import Actor, Entry
from wavehouse.kernel import clock
from wavehouse.store import Listeners, Operational, Tx


def record(
    tx: Tx[Operational],
    *,
    actor: Actor,
    action: str,
    resource: tuple[str, UUID | str],
    organization_id: UUID | None,
    metadata: dict[str, Any] | None = None,
) -> None:
    """Append an entry: ``action`` is ``object.verb`` ("feed.registered"), metadata is public."""
    resource_type, resource_id = resource
    entry = Entry(
        at=clock.now(),
        organization_id=organization_id,
        actor=actor,
        action=action,
        resource_type=resource_type,
        resource_id=str(resource_id),
        metadata=metadata or {},
    )
    queries.insert_entry(tx, entry=entry, content_hash=rules.content_hash(entry))


def record_for_listeners(
    tx: Tx[Listeners],
    *,
    actor: Actor,
    action: str,
    resource: tuple[str, UUID | str],
    metadata: dict[str, Any] | None = None,
) -> None:
    """Append an entry to the log of the listeners' database; metadata names no person."""
    resource_type, resource_id = resource
    entry = Entry(
        at=clock.now(),
        organization_id=None,
        actor=actor,
        action=action,
        resource_type=resource_type,
        resource_id=str(resource_id),
        metadata=metadata or {},
    )
    queries.insert_listeners_entry(tx, entry=entry, content_hash=rules.content_hash(entry))
