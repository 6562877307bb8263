"""Invitations: an email with a one-time link for one address, valid for seven days."""

from __future__ import annotations

import secrets
from datetime import datetime

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.service import members
from wavehouse.accounts.service.acting import require, user_actor
from wavehouse.accounts.service.plans import check_room, require_room
from wavehouse.accounts.types import (
    Accepted,
    Access,
    Email,
    Identity,
    Invitation,
    Limit,
    Organization,
)
from wavehouse.kernel import clock, words
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import Conflict, Gone, NotFound, Refused
from wavehouse.kernel.ids import InvitationId
from wavehouse.store import Operational, Tx


def list_invitations(tx: Tx[Operational], *, identity: Identity) -> list[Invitation]:
    """The invitations of the organization, newest first, in any state."""
    require(identity.role, Access.READ)
    return queries.invitations(tx, organization_id=identity.organization_id)


def invite(tx: Tx[Operational], *, identity: Identity, email: str, role: str) -> Invitation:
    """Invite an address with a role; a job of the same transaction emails the link.

    An older open invitation to the address is replaced. Conflict when the address belongs to a
    member.
    """
    require(identity.role, Access.ADMIN)
    recipient, new_role = normalised_email(email), members.role_named(role)
    organization_id, now = identity.organization_id, clock.now()
    queries.lock_organization(tx, organization_id=organization_id)
    if members.is_member_email(tx, identity=identity, email=recipient):
        raise Conflict("this address already belongs to a member", where="email")
    queries.revoke_invitations_to(tx, organization_id=organization_id, email=recipient, at=now)
    require_room(tx, identity=identity, limit=Limit.SEATS)
    invitation_id = queries.insert_invitation(
        tx,
        identity=identity,
        email=recipient,
        role=new_role,
        token_hash=rules.token_hash(secrets.token_urlsafe(32)),
        expires_at=now + rules.INVITATION_LIFETIME,
    )
    _record(tx, identity, "invitation.created", invitation_id, {"role": new_role})
    queries.enqueue_invitation_email(
        tx, organization_id=organization_id, invitation_id=invitation_id
    )
    return _of(list_invitations(tx, identity=identity), invitation_id)


def invitation_email(
    tx: Tx[Operational], *, identity: Identity, invitation_id: InvitationId, address: str
) -> Email | None:
    """The email of an open invitation, with a new link; None when the invitation has ended.

    ``address`` is the site's base URL. Only the link's hash is stored, so every call makes another
    link, and the links of earlier emails stop working.
    """
    invitation = queries.invitation(
        tx, organization_id=identity.organization_id, invitation_id=invitation_id
    )
    if invitation is None or rules.invitation_state(invitation, clock.now()) != "open":
        return None
    token = secrets.token_urlsafe(32)
    queries.set_invitation_token(
        tx,
        organization_id=identity.organization_id,
        invitation_id=invitation_id,
        token_hash=rules.token_hash(token),
    )
    organization = queries.organization(tx, organization_id=identity.organization_id)
    return rules.invitation_email(invitation, organization, f"{address}/join?token={token}")


def revoke_invitation(
    tx: Tx[Operational], *, identity: Identity, wanted: str | InvitationId
) -> None:
    """Revoke an open invitation by its id or its address. NotFound when it does not exist."""
    require(identity.role, Access.ADMIN)
    organization_id, now = identity.organization_id, clock.now()
    if isinstance(wanted, str):
        revoked = queries.revoke_invitations_to(
            tx, organization_id=organization_id, email=wanted.strip(), at=now
        )
    else:
        is_revoked = queries.revoke_invitation(
            tx, organization_id=organization_id, invitation_id=wanted, at=now
        )
        revoked = [wanted] if is_revoked else []
    for invitation_id in revoked:
        _record(tx, identity, "invitation.revoked", invitation_id, {})
    if not revoked:
        raise NotFound("there is no such open invitation", command="wavehouse members list")


def invitation_of(tx: Tx[Operational], *, token: str) -> tuple[Invitation, Organization]:
    """An open invitation and its organization; locked until the transaction ends.

    NotFound for an unknown token; Gone when the invitation was used, revoked or has expired.
    """
    invitation = queries.invitation_by_token(tx, token_hash=rules.token_hash(token))
    if invitation is None:
        raise NotFound("invalid invitation", hint="Open the link in the email again.")
    state = rules.invitation_state(invitation, clock.now())
    if state != "open":
        raise Gone(
            f"the invitation {_STATES[state]}", hint="Ask an administrator for another invitation."
        )
    organization = queries.organization(tx, organization_id=invitation.organization_id)
    return invitation, organization


def accept_invitation(
    tx: Tx[Operational], *, token: str, name: str = "", visitor: Identity | None = None
) -> Accepted:
    """Join the organization, as a new user of that name or as the invited address's user.

    ``visitor`` is the signed-in user, if any. Refused when its address is not the invited one;
    NotFound and Gone as ``invitation_of``.
    """
    invitation, organization = invitation_of(tx, token=token)
    organization_id, email = organization.organization_id, invitation.email
    if visitor is not None and queries.email_of(tx, user_id=visitor.user_id).lower() != email:
        raise Refused(
            "the invitation is for another address", hint="Sign out, then open the link again."
        )
    queries.lock_organization(tx, organization_id=organization_id)
    user = queries.user_by_email(tx, organization_id=organization_id, email=email)
    if user is None and queries.email_is_known(tx, email=email):
        raise Refused("the account with this address is inactive", hint="Ask the operator.")
    # The invitation already counts as a seat; after a downgrade the plan may have no room for it.
    check_room(tx, organization_id=organization_id, limit=Limit.SEATS, more=0)
    is_new = user is None
    if user is None:
        user = queries.insert_user(
            tx,
            organization_id=organization_id,
            email=email,
            name=words.line(name)[: rules.LONGEST_NAME] or email.partition("@")[0],
            role=invitation.role,
            password_hash=rules.UNUSABLE_PASSWORD,
        )
    elif user.role:
        raise Conflict("the user is already a member of the organization")
    else:
        _join_again(tx, user, invitation)
    identity = Identity(organization_id, user.user_id, user.name, invitation.role)
    return _accepted(tx, identity, invitation, organization, is_new=is_new)


def _join_again(tx: Tx[Operational], user: Identity, invitation: Invitation) -> None:
    organization_id, role = invitation.organization_id, invitation.role
    queries.join_organization(tx, organization_id=organization_id, user_id=user.user_id, role=role)
    queries.set_home_role(tx, organization_id=organization_id, user_id=user.user_id, role=role)


def _accepted(
    tx: Tx[Operational],
    identity: Identity,
    invitation: Invitation,
    organization: Organization,
    *,
    is_new: bool,
) -> Accepted:
    now: datetime = clock.now()
    queries.accept_invitation(
        tx, invitation_id=invitation.invitation_id, user_id=identity.user_id, at=now
    )
    _record(tx, identity, "invitation.accepted", invitation.invitation_id, {"role": identity.role})
    return Accepted(identity, organization, is_new)


_STATES = {
    "accepted": "was already used",
    "revoked": "was revoked or replaced by a newer one",
    "expired": "has expired",
}


def _of(invitations: list[Invitation], invitation_id: InvitationId) -> Invitation:
    return next(each for each in invitations if each.invitation_id == invitation_id)


def _record(
    tx: Tx[Operational],
    identity: Identity,
    action: str,
    invitation_id: InvitationId,
    metadata: dict[str, str],
) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("invitation", invitation_id),
        organization_id=identity.organization_id,
        metadata=metadata,
    )
