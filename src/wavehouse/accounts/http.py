"""``/api/v1/members`` and ``/api/v1/invitations``.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the database.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from wavehouse.accounts import rules
from wavehouse.accounts.service import invitations, members
from wavehouse.accounts.types import Identity, Invitation, Member, Role, Scope
from wavehouse.kernel import clock
from wavehouse.kernel.fields import Exact
from wavehouse.kernel.ids import InvitationId

if TYPE_CHECKING:
    from wavehouse.workspace import Edge


class MemberOut(BaseModel):
    """A member of the organization."""

    user_id: UUID
    name: str
    email: str
    role: Role
    joined_at: datetime
    last_login: datetime | None

    @classmethod
    def of(cls, member: Member) -> "MemberOut":
        """The member as a response."""
        return cls(
            user_id=member.user_id,
            name=member.name,
            email=member.email,
            role=Role(member.role),
            joined_at=member.joined_at,
            last_login=member.last_login,
        )


class RoleIn(BaseModel):
    """The new role of a member."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class InvitationIn(BaseModel):
    """The address to invite, and the role it will get."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[Exact, Field(min_length=3, max_length=255)]
    role: Role = Role.USER


class InvitationOut(BaseModel):
    """An invitation; ``state`` is open, accepted, revoked or expired."""

    invitation_id: UUID
    email: str
    role: Role
    state: str
    invited_by: str
    expires_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationOut":
        """The invitation as a response."""
        return cls(
            invitation_id=invitation.invitation_id,
            email=invitation.email,
            role=Role(invitation.role),
            state=rules.invitation_state(invitation, clock.now()),
            invited_by=invitation.invited_by,
            expires_at=invitation.expires_at,
            created_at=invitation.created_at,
        )


class Members(BaseModel):
    """All members."""

    members: list[MemberOut]


class Invitations(BaseModel):
    """The latest 200 invitations."""

    invitations: list[InvitationOut]


def routers(edge: "Edge") -> list[APIRouter]:
    """The HTTP routes of ``accounts``."""
    return [_members(edge), _invitations(edge)]


def _members(edge: "Edge") -> APIRouter:
    operational, gate = edge.workspace.stores.operational, edge.gate
    Reader = Annotated[Identity, Depends(gate(Scope.MEMBERS_READ))]  # noqa: N806 - it is a type
    Manager = Annotated[Identity, Depends(gate(Scope.MEMBERS_WRITE))]  # noqa: N806 - it is a type
    api = APIRouter(prefix="/api/v1/members", tags=["members"])

    @api.get("", responses=gate.answers(Scope.MEMBERS_READ))
    def list_members(identity: Reader) -> Members:
        """The members of the organization, by name."""
        with operational.app(identity.organization_id) as tx:
            rows = members.list_members(tx, identity=identity)
        return Members(members=[MemberOut.of(row) for row in rows])

    @api.patch("/{user_id}", responses=gate.answers(Scope.MEMBERS_WRITE, 404, 409, 422))
    def change_role(user_id: UUID, body: RoleIn, identity: Manager) -> MemberOut:
        """Change a member's role, from its next request; refused for the last administrator."""
        with operational.app(identity.organization_id) as tx:
            member = members.change_role(tx, identity=identity, wanted=user_id, role=body.role)
        return MemberOut.of(member)

    @api.delete(
        "/{user_id}", status_code=204, responses=gate.answers(Scope.MEMBERS_WRITE, 404, 409, 422)
    )
    def remove(user_id: UUID, identity: Manager) -> None:
        """Remove a member: ends sessions, revokes keys; refused for the last administrator."""
        with operational.app(identity.organization_id) as tx:
            members.remove_member(tx, identity=identity, wanted=user_id)

    return api


def _invitations(edge: "Edge") -> APIRouter:
    operational, gate = edge.workspace.stores.operational, edge.gate
    Reader = Annotated[Identity, Depends(gate(Scope.MEMBERS_READ))]  # noqa: N806 - it is a type
    Manager = Annotated[Identity, Depends(gate(Scope.MEMBERS_WRITE))]  # noqa: N806 - it is a type
    api = APIRouter(prefix="/api/v1/invitations", tags=["members"])

    @api.get("", responses=gate.answers(Scope.MEMBERS_READ))
    def list_invitations(identity: Reader) -> Invitations:
        """The invitations, newest first."""
        with operational.app(identity.organization_id) as tx:
            rows = invitations.list_invitations(tx, identity=identity)
        return Invitations(invitations=[InvitationOut.of(row) for row in rows])

    @api.post("", status_code=201, responses=gate.answers(Scope.MEMBERS_WRITE, 409, 422))
    def invite(body: InvitationIn, identity: Manager) -> InvitationOut:
        """Invite an address; a job emails the link, which works once within seven days."""
        with operational.app(identity.organization_id) as tx:
            made = invitations.invite(tx, identity=identity, email=body.email, role=body.role)
        return InvitationOut.of(made)

    @api.delete(
        "/{invitation_id}",
        status_code=204,
        responses=gate.answers(Scope.MEMBERS_WRITE, 404, 422),
    )
    def revoke(invitation_id: UUID, identity: Manager) -> None:
        """Revoke an open invitation at once."""
        with operational.app(identity.organization_id) as tx:
            invitations.revoke_invitation(tx, identity=identity, wanted=InvitationId(invitation_id))

    return api
