"""Use case: hide a subject during the undo period, and make it visible again.

A hidden listener or creator cannot sign in; nothing is removed. Other subjects have no sign-in.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.erasure.queries import hidden as queries
from wavehouse.erasure.types import SubjectKind
from wavehouse.kernel.errors import Conflict, NotFound
from wavehouse.store import Operational, Stores, Tx


def hide(
    stores: Stores, *, identity: Identity, kind: SubjectKind, key: str, at: datetime | None
) -> None:
    """Hide a subject from an instant on; None makes it visible again."""
    if kind is SubjectKind.LISTENER:
        with stores.listeners.worker() as listeners:
            queries.hide_listener(listeners, listener_id=UUID(key), at=at)
    if kind is SubjectKind.CREATOR:
        with stores.operational.worker() as tx:
            queries.hide_creator(
                tx,
                organization_id=identity.organization_id,
                user_id=UUID(key),
                is_active=at is None,
            )


def check_creator(tx: Tx[Operational], *, identity: Identity, user_id: UUID) -> None:
    """NotFound for a user of another organization, Conflict for its only administrator."""
    standing = queries.creator(tx, organization_id=identity.organization_id, user_id=user_id)
    if standing is None:
        raise NotFound("there is no such member in the organization")
    if standing.is_only_admin:
        raise Conflict(
            "this is the organization's only administrator",
            hint="Make another member an administrator first, or erase the organization.",
            command="wavehouse members role",
        )
