"""SQL of hiding people during the undo period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wavehouse.store import Listeners, Operational, Tx


@dataclass(frozen=True, slots=True)
class Standing:
    """A user of an organization, and whether the user is its only administrator."""

    user_id: UUID
    is_only_admin: bool


def hide_listener(tx: Tx[Listeners], *, listener_id: UUID, at: datetime | None) -> None:
    """Set or clear when a listener was hidden."""
    tx.execute(
        "UPDATE listeners.listeners SET deleted_at = %(at)s WHERE listener_id = %(listener_id)s",
        {"listener_id": listener_id, "at": at},
    )


def hide_listeners(tx: Tx[Listeners], *, listener_ids: list[UUID], at: datetime) -> None:
    """Set when listeners were hidden; those that are hidden already keep their time."""
    tx.execute(
        """
        UPDATE listeners.listeners SET deleted_at = %(at)s
        WHERE listener_id = ANY (%(listener_ids)s) AND deleted_at IS NULL
        """,
        {"listener_ids": listener_ids, "at": at},
    )


def hide_creator(
    tx: Tx[Operational], *, organization_id: UUID, user_id: UUID, is_active: bool
) -> None:
    """Block a user's sign-in, or allow it again to one whom this has blocked, and no other."""
    tx.execute(
        """
        UPDATE accounts.users SET is_active = %(is_active)s,
          metadata = CASE WHEN %(is_active)s THEN metadata - 'hidden_by_erasure'
                          ELSE metadata || '{"hidden_by_erasure": true}' END
        WHERE user_id = %(user_id)s AND organization_id = %(organization_id)s
          AND is_active <> %(is_active)s
          AND (NOT %(is_active)s OR metadata ? 'hidden_by_erasure')
        """,
        {"user_id": user_id, "organization_id": organization_id, "is_active": is_active},
    )


def creator(tx: Tx[Operational], *, organization_id: UUID, user_id: UUID) -> Standing | None:
    """A user whose home is the organization, or None."""
    return tx.maybe(
        Standing,
        """
        SELECT u.user_id, NOT EXISTS (
          SELECT FROM accounts.memberships m JOIN accounts.users o USING (user_id)
          WHERE m.organization_id = u.organization_id AND m.user_id <> u.user_id
            AND m.role = 'admin' AND m.removed_at IS NULL AND o.is_active) AS is_only_admin
        FROM accounts.users u
        WHERE u.user_id = %(user_id)s AND u.organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id, "user_id": user_id},
    )


def other_admins(tx: Tx[Operational], *, organization_id: UUID, user_id: UUID) -> int:
    """The number of other administrators of an organization who could decide."""
    number: int = tx.value(
        """
        SELECT count(*) FROM accounts.memberships m JOIN accounts.users u USING (user_id)
        WHERE m.organization_id = %(organization_id)s AND m.user_id <> %(user_id)s
          AND m.role = 'admin' AND m.removed_at IS NULL AND u.is_active
        """,
        {"organization_id": organization_id, "user_id": user_id},
    )
    return number
