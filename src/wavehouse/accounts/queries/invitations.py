"""Invitations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.accounts.types import Identity, Invitation
from wavehouse.kernel.ids import InvitationId, OrganizationId, UserId
from wavehouse.store import Operational, Tx


def insert_invitation(
    tx: Tx[Operational],
    *,
    identity: Identity,
    email: str,
    role: str,
    token_hash: bytes,
    expires_at: datetime,
) -> InvitationId:
    """Add an invitation (storing the token's hash)."""
    value = tx.value(
        """
        INSERT INTO accounts.invitations
          (organization_id, email, role, token_hash, invited_by, expires_at)
        VALUES (%(organization_id)s, %(email)s, %(role)s, %(token_hash)s, %(invited_by)s,
                %(expires_at)s)
        RETURNING invitation_id
        """,
        {
            "organization_id": identity.organization_id,
            "email": email,
            "role": role,
            "token_hash": token_hash,
            "invited_by": identity.user_id,
            "expires_at": expires_at,
        },
    )
    assert isinstance(value, UUID)  # noqa: S101 - RETURNING gives a row
    return InvitationId(value)


def invitations(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Invitation]:
    """The invitations of an organization, newest first."""
    return tx.rows(
        Invitation,
        """
        SELECT i.invitation_id, i.organization_id, i.email, i.role, u.name AS invited_by,
               i.expires_at, i.accepted_at, i.revoked_at, i.created_at
        FROM accounts.invitations i JOIN accounts.users u ON u.user_id = i.invited_by
        WHERE i.organization_id = %(organization_id)s
        ORDER BY i.created_at DESC, i.invitation_id DESC LIMIT 200
        """,
        {"organization_id": organization_id},
    )


def invitation(
    tx: Tx[Operational], *, organization_id: OrganizationId, invitation_id: InvitationId
) -> Invitation | None:
    """An invitation of the organization; locked, so that it does not end meanwhile."""
    return tx.maybe(
        Invitation,
        """
        SELECT i.invitation_id, i.organization_id, i.email, i.role, u.name AS invited_by,
               i.expires_at, i.accepted_at, i.revoked_at, i.created_at
        FROM accounts.invitations i JOIN accounts.users u ON u.user_id = i.invited_by
        WHERE i.organization_id = %(organization_id)s AND i.invitation_id = %(invitation_id)s
        FOR UPDATE OF i
        """,
        {"organization_id": organization_id, "invitation_id": invitation_id},
    )


def set_invitation_token(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    invitation_id: InvitationId,
    token_hash: bytes,
) -> None:
    """Replace the hash of an invitation's token."""
    tx.execute(
        """
        UPDATE accounts.invitations SET token_hash = %(token_hash)s
        WHERE organization_id = %(organization_id)s AND invitation_id = %(invitation_id)s
        """,
        {
            "organization_id": organization_id,
            "invitation_id": invitation_id,
            "token_hash": token_hash,
        },
    )


def enqueue_invitation_email(
    tx: Tx[Operational], *, organization_id: OrganizationId, invitation_id: InvitationId
) -> None:
    """Add the job that emails an invitation, with ten attempts (about four hours).

    The queue is a floor above, so its SQL function is called directly (decision 1001).
    """
    tx.execute(
        """
        SELECT queue.enqueue_many(jsonb_build_array(jsonb_build_object(
          'kind', 'accounts.invite', 'organization_id', %(organization_id)s::uuid, 'lane', 0,
          'max_attempts', 10,
          'payload', jsonb_build_object('invitation_id', %(invitation_id)s::uuid))))
        """,
        {"organization_id": organization_id, "invitation_id": invitation_id},
    )


def invitation_by_token(tx: Tx[Operational], *, token_hash: bytes) -> Invitation | None:
    """The invitation with this token; locked, so that only one request can accept it."""
    return tx.maybe(
        Invitation,
        """
        SELECT i.invitation_id, i.organization_id, i.email, i.role, u.name AS invited_by,
               i.expires_at, i.accepted_at, i.revoked_at, i.created_at
        FROM accounts.invitations i JOIN accounts.users u ON u.user_id = i.invited_by
        WHERE i.token_hash = %(token_hash)s FOR UPDATE OF i
        """,
        {"token_hash": token_hash},
    )


def accept_invitation(
    tx: Tx[Operational], *, invitation_id: InvitationId, user_id: UserId, at: datetime
) -> None:
    """Mark an invitation as accepted."""
    tx.execute(
        """
        UPDATE accounts.invitations SET accepted_at = %(at)s, accepted_by = %(user_id)s
        WHERE invitation_id = %(invitation_id)s
        """,
        {"invitation_id": invitation_id, "user_id": user_id, "at": at},
    )


def revoke_invitation(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    invitation_id: InvitationId,
    at: datetime,
) -> bool:
    """Revoke an open invitation; False when there is none."""
    return bool(
        tx.execute(
            """
            UPDATE accounts.invitations SET revoked_at = %(at)s
            WHERE organization_id = %(organization_id)s AND invitation_id = %(invitation_id)s
              AND accepted_at IS NULL AND revoked_at IS NULL
            """,
            {"organization_id": organization_id, "invitation_id": invitation_id, "at": at},
        )
    )


def revoke_invitations_to(
    tx: Tx[Operational], *, organization_id: OrganizationId, email: str, at: datetime
) -> list[InvitationId]:
    """Revoke the open invitation for an address, even if expired; returns its id, if any."""
    return tx.values(
        """
        UPDATE accounts.invitations SET revoked_at = %(at)s
        WHERE organization_id = %(organization_id)s AND lower(email) = lower(%(email)s)
          AND accepted_at IS NULL AND revoked_at IS NULL
        RETURNING invitation_id
        """,
        {"organization_id": organization_id, "email": email, "at": at},
    )
