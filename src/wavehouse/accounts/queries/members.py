"""Memberships: users and their roles in an organization."""

from __future__ import annotations

from datetime import datetime

from wavehouse.accounts.types import Identity, Member, Membership
from wavehouse.kernel.ids import OrganizationId, UserId
from wavehouse.store import Operational, Tx


def members(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Member]:
    """The members of an organization, by name."""
    return tx.rows(
        Member,
        """
        SELECT m.user_id, u.name, u.email, m.role, m.created_at AS joined_at, u.last_login
        FROM accounts.memberships m JOIN accounts.users u USING (user_id)
        WHERE m.organization_id = %(organization_id)s AND m.removed_at IS NULL AND u.is_active
        ORDER BY lower(u.name), m.user_id
        """,
        {"organization_id": organization_id},
    )


def memberships(tx: Tx[Operational], *, user_id: UserId) -> list[Membership]:
    """A user's organizations, by name."""
    return tx.rows(
        Membership,
        """
        SELECT o.organization_id, o.name, o.slug, m.role
        FROM accounts.memberships m JOIN accounts.organizations o USING (organization_id)
        WHERE m.user_id = %(user_id)s AND m.removed_at IS NULL
        ORDER BY lower(o.name), o.organization_id
        """,
        {"user_id": user_id},
    )


def user_by_email(
    tx: Tx[Operational], *, organization_id: OrganizationId, email: str
) -> Identity | None:
    """The active user with this address, from any organization, acting in this one.

    The role is the one in this organization; empty when the user is not a member.
    """
    return tx.maybe(
        Identity,
        """
        SELECT %(organization_id)s::uuid AS organization_id, u.user_id, u.name,
               coalesce(m.role, '') AS role
        FROM accounts.users u
        LEFT JOIN accounts.memberships m ON m.user_id = u.user_id
          AND m.organization_id = %(organization_id)s AND m.removed_at IS NULL
        WHERE lower(u.email) = lower(%(email)s) AND u.is_active
        """,
        {"organization_id": organization_id, "email": email},
    )


def email_of(tx: Tx[Operational], *, user_id: UserId) -> str:
    """The address of a user."""
    return str(
        tx.value(
            "SELECT email FROM accounts.users WHERE user_id = %(user_id)s", {"user_id": user_id}
        )
    )


def email_is_known(tx: Tx[Operational], *, email: str) -> bool:
    """Whether any user has this address, active or not."""
    return bool(
        tx.value(
            "SELECT EXISTS (SELECT FROM accounts.users WHERE lower(email) = lower(%(email)s))",
            {"email": email},
        )
    )


def administrators(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[UserId]:
    """The active administrators of an organization."""
    ids = tx.values(
        """
        SELECT m.user_id FROM accounts.memberships m JOIN accounts.users u USING (user_id)
        WHERE m.organization_id = %(organization_id)s AND m.role = 'admin'
          AND m.removed_at IS NULL AND u.is_active
        """,
        {"organization_id": organization_id},
    )
    return [UserId(each) for each in ids]


def join_organization(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UserId, role: str
) -> None:
    """Make a user a member with a role; also re-adds a former member."""
    tx.execute(
        """
        INSERT INTO accounts.memberships (organization_id, user_id, role)
        VALUES (%(organization_id)s, %(user_id)s, %(role)s)
        ON CONFLICT (organization_id, user_id)
        DO UPDATE SET role = excluded.role, removed_at = NULL
        """,
        {"organization_id": organization_id, "user_id": user_id, "role": role},
    )


def set_role(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UserId, role: str
) -> None:
    """Change the role of a member."""
    tx.execute(
        """
        UPDATE accounts.memberships SET role = %(role)s
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
        """,
        {"organization_id": organization_id, "user_id": user_id, "role": role},
    )


def set_home_role(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UserId, role: str
) -> None:
    """Update the role in the user's row when the organization is the user's home."""
    tx.execute(
        """
        UPDATE accounts.users SET role = %(role)s
        WHERE user_id = %(user_id)s AND organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id, "user_id": user_id, "role": role},
    )


def remove_membership(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UserId, at: datetime
) -> None:
    """End a membership; its row is kept."""
    tx.execute(
        """
        UPDATE accounts.memberships SET removed_at = %(at)s
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
        """,
        {"organization_id": organization_id, "user_id": user_id, "at": at},
    )
