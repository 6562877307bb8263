"""Members: list them, change a role, remove one, leave.

A change that would leave an organization without an administrator is refused. Demotions and
removals take effect with the next request: sessions and keys use the current role.
"""

from __future__ import annotations

from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import queries
from wavehouse.accounts.service.acting import require, user_actor
from wavehouse.accounts.types import Access, Identity, Member, Role
from wavehouse.kernel import clock
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.ids import UserId
from wavehouse.store import Operational, Tx


def list_members(tx: Tx[Operational], *, identity: Identity) -> list[Member]:
    """The members of the organization, by name."""
    require(identity.role, Access.READ)
    return queries.members(tx, organization_id=identity.organization_id)


def find_member(tx: Tx[Operational], *, identity: Identity, wanted: str | UUID) -> Member:
    """The member with this address or id. NotFound when the organization has none."""
    email = wanted.strip().lower() if isinstance(wanted, str) else None
    for member in list_members(tx, identity=identity):
        if wanted == member.user_id or email == member.email.lower():
            return member
    raise NotFound("there is no such member in the organization", command="wavehouse members list")


def change_role(
    tx: Tx[Operational], *, identity: Identity, wanted: str | UUID, role: str
) -> Member:
    """Change a member's role. Conflict when it would remove the last administrator."""
    require(identity.role, Access.ADMIN)
    new_role = role_named(role)
    queries.lock_organization(tx, organization_id=identity.organization_id)
    member = find_member(tx, identity=identity, wanted=wanted)
    if new_role != Role.ADMIN:
        _keep_an_administrator(tx, identity, member.user_id)
    if new_role != member.role:
        change = {"organization_id": identity.organization_id, "user_id": member.user_id}
        queries.set_role(tx, role=new_role, **change)  # type: ignore[arg-type]
        queries.set_home_role(tx, role=new_role, **change)  # type: ignore[arg-type]
        _record(tx, identity, "member.role_changed", member, {"from": member.role, "to": new_role})
    return find_member(tx, identity=identity, wanted=member.user_id)


def remove_member(tx: Tx[Operational], *, identity: Identity, wanted: str | UUID) -> Member:
    """Remove a member: ends sessions, revokes keys. Conflict for the last administrator."""
    require(identity.role, Access.ADMIN)
    queries.lock_organization(tx, organization_id=identity.organization_id)
    member = find_member(tx, identity=identity, wanted=wanted)
    _end(tx, identity, member, "member.removed")
    return member


def leave(tx: Tx[Operational], *, identity: Identity) -> None:
    """End the caller's own membership. Conflict for the last administrator."""
    queries.lock_organization(tx, organization_id=identity.organization_id)
    member = find_member(tx, identity=identity, wanted=identity.user_id)
    _end(tx, identity, member, "member.left")


def role_named(text: str) -> Role:
    """The role with this name. InvalidInput for an unknown name."""
    try:
        return Role(text)
    except ValueError:
        roles = ", ".join(Role)
        raise InvalidInput("invalid role", where="role", hint=f"The roles are {roles}.") from None


def is_member_email(tx: Tx[Operational], *, identity: Identity, email: str) -> bool:
    """Whether the address belongs to a member of the organization."""
    address = normalised_email(email)
    members = queries.members(tx, organization_id=identity.organization_id)
    return any(member.email.lower() == address for member in members)


def _end(tx: Tx[Operational], identity: Identity, member: Member, action: str) -> None:
    _keep_an_administrator(tx, identity, member.user_id)
    organization_id, user_id, now = identity.organization_id, member.user_id, clock.now()
    queries.remove_membership(tx, organization_id=organization_id, user_id=user_id, at=now)
    queries.revoke_keys_of(tx, organization_id=organization_id, user_id=user_id, at=now)
    queries.delete_sign_ins(tx, organization_id=organization_id, user_id=user_id)
    _record(tx, identity, action, member, {"role": member.role})


def _keep_an_administrator(tx: Tx[Operational], identity: Identity, user_id: UserId) -> None:
    administrators = queries.administrators(tx, organization_id=identity.organization_id)
    if administrators == [user_id]:
        raise Conflict(
            "the organization would have no administrator",
            hint="Make another member an administrator first.",
            command="wavehouse members role EMAIL admin",
        )


def _record(
    tx: Tx[Operational], identity: Identity, action: str, member: Member, metadata: dict[str, str]
) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("user", member.user_id),
        organization_id=identity.organization_id,
        metadata=metadata,
    )
