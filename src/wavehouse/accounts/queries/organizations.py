"""Organizations and the people in them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.accounts.types import Identity, Organization, Plan
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx


def first_organization(tx: Tx[Operational]) -> Organization | None:
    """The oldest organization: the default of a single-tenant installation."""
    return tx.maybe(
        Organization,
        """
        SELECT organization_id, name, slug, timezone
        FROM accounts.organizations ORDER BY created_at, organization_id LIMIT 1
        """,
    )


def organization(tx: Tx[Operational], *, organization_id: OrganizationId) -> Organization:
    """The organization with this id."""
    return tx.one(
        Organization,
        """
        SELECT organization_id, name, slug, timezone
        FROM accounts.organizations WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )


def lock_organization(tx: Tx[Operational], *, organization_id: OrganizationId) -> None:
    """Serialize changes of an organization's members until the transaction ends."""
    tx.execute(
        """
        SELECT 1 FROM accounts.organizations
        WHERE organization_id = %(organization_id)s FOR UPDATE
        """,
        {"organization_id": organization_id},
    )


def organization_by_slug(tx: Tx[Operational], *, slug: str) -> Organization | None:
    """The organization with this slug."""
    return tx.maybe(
        Organization,
        """
        SELECT organization_id, name, slug, timezone
        FROM accounts.organizations WHERE slug = %(slug)s
        """,
        {"slug": slug},
    )


def insert_organization(tx: Tx[Operational], *, name: str, slug: str) -> Organization:
    """Add an organization."""
    return tx.one(
        Organization,
        """
        INSERT INTO accounts.organizations (name, slug) VALUES (%(name)s, %(slug)s)
        RETURNING organization_id, name, slug, timezone
        """,
        {"name": name, "slug": slug},
    )


def set_timezone(tx: Tx[Operational], *, organization_id: OrganizationId, timezone: str) -> None:
    """Set the time zone of an organization."""
    tx.execute(
        """
        UPDATE accounts.organizations SET timezone = %(timezone)s
        WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id, "timezone": timezone},
    )


def insert_user(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    email: str,
    name: str,
    role: str,
    password_hash: str,
) -> Identity:
    """Add a user and, through a trigger, the membership of the home organization."""
    return tx.one(
        Identity,
        """
        INSERT INTO accounts.users (organization_id, email, name, role, password_hash)
        VALUES (%(organization_id)s, %(email)s, %(name)s, %(role)s, %(password_hash)s)
        RETURNING organization_id, user_id, name, role
        """,
        {
            "organization_id": organization_id,
            "email": email,
            "name": name,
            "role": role,
            "password_hash": password_hash,
        },
    )


def first_administrator(tx: Tx[Operational], *, organization_id: OrganizationId) -> Identity | None:
    """The oldest active administrator of an organization."""
    return tx.maybe(
        Identity,
        """
        SELECT m.organization_id, m.user_id, u.name, m.role
        FROM accounts.memberships m JOIN accounts.users u USING (user_id)
        WHERE m.organization_id = %(organization_id)s AND m.role = 'admin'
          AND m.removed_at IS NULL AND u.is_active
        ORDER BY m.created_at, m.user_id LIMIT 1
        """,
        {"organization_id": organization_id},
    )


def active_user(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UUID
) -> Identity | None:
    """An active user of an organization."""
    return tx.maybe(
        Identity,
        """
        SELECT m.organization_id, m.user_id, u.name, m.role
        FROM accounts.memberships m JOIN accounts.users u USING (user_id)
        WHERE m.organization_id = %(organization_id)s AND m.user_id = %(user_id)s
          AND m.removed_at IS NULL AND u.is_active
        """,
        {"organization_id": organization_id, "user_id": user_id},
    )


def plan(tx: Tx[Operational], *, organization_id: OrganizationId, at: datetime) -> Plan:
    """The organization's plan and the number of seats taken at a given time."""
    return tx.one(
        Plan,
        """
        SELECT o.plan_tier, o.project_limit, o.metadata ->> 'persona' AS persona,
               (o.metadata ->> 'plan_chosen_at')::timestamptz AS chosen_at,
               ((SELECT count(*) FROM accounts.memberships m JOIN accounts.users u USING (user_id)
                 WHERE m.organization_id = o.organization_id AND m.removed_at IS NULL
                   AND u.is_active)
                + (SELECT count(*) FROM accounts.invitations i
                   WHERE i.organization_id = o.organization_id AND i.accepted_at IS NULL
                     AND i.revoked_at IS NULL AND i.expires_at > %(at)s))::int AS seats
        FROM accounts.organizations o WHERE o.organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id, "at": at},
    )


def set_plan(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    plan_tier: str,
    persona: str | None,
    at: datetime,
) -> None:
    """Store an organization's tier and persona, also for users whose home it is."""
    tx.execute(
        """
        WITH people AS (
          UPDATE accounts.users
          SET subscription_tier = %(plan_tier)s,
              persona_segment = coalesce(persona_segment, %(persona)s)
          WHERE organization_id = %(organization_id)s
        )
        UPDATE accounts.organizations
        SET plan_tier = %(plan_tier)s,
            metadata = metadata || jsonb_build_object(
              'persona', %(persona)s::text, 'plan_chosen_at', %(at)s::timestamptz)
        WHERE organization_id = %(organization_id)s
        """,
        {
            "organization_id": organization_id,
            "plan_tier": plan_tier,
            "persona": persona,
            "at": at,
        },
    )
