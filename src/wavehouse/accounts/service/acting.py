"""The acting user: name in the audit log, permissions, the user of a job."""

from __future__ import annotations

from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.types import Access, Identity, Scope
from wavehouse.kernel.errors import Refused
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx

_VERBS = {
    Access.READ: "read this",
    Access.WRITE: "change this",
    Access.ADMIN: "administer the organization",
}


def user_actor(identity: Identity) -> audit.Actor:
    """The audit log's name for a user, or for the API key acting for one."""
    if identity.api_key_id is not None:
        return audit.Actor(f"key:{identity.api_key_id}")
    return audit.Actor(f"user:{identity.user_id}")


def require(role: str, needed: Access | Scope) -> None:
    """Refused when the role does not allow an access level or a scope of the API."""
    level = rules.access_of(needed) if isinstance(needed, Scope) else needed
    if rules.role_allows(role, level):
        return
    what = (
        f"have the scope {needed}" if isinstance(needed, Scope) else f"allow you to {_VERBS[level]}"
    )
    raise Refused(
        f"the role {role} does not {what}",
        hint=f"Ask an administrator for the role {rules.least_role(level)}.",
    )


def acting_for(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UUID | None = None
) -> Identity:
    """The user that a job acts for, in its current state, or the organization's administrator.

    Refused when the user may no longer act.
    """
    if user_id is None:
        identity = queries.first_administrator(tx, organization_id=organization_id)
    else:
        identity = queries.active_user(tx, organization_id=organization_id, user_id=user_id)
    if identity is None:
        raise Refused("the user of this job is no longer active")
    return identity
