"""Two organizations on the same databases, and a walk of every route and command between them."""

from __future__ import annotations

from dataclasses import replace

from wavehouse import accounts
from wavehouse.accounts import Role, Scope, rules
from wavehouse.accounts import queries as account_queries
from wavehouse.workspace import Workspace


def second_organization(
    workspace: Workspace, name: str = "Other Media", role: Role = Role.ADMIN
) -> Workspace:
    """The same databases for another organization and its first user."""
    with workspace.stores.operational.worker() as tx:
        organization = account_queries.insert_organization(tx, name=name, slug=rules.slug_of(name))
        identity = account_queries.insert_user(
            tx,
            organization_id=organization.organization_id,
            email=f"admin@{organization.slug}.invalid",
            name=f"Administrator of {name}",
            role=role,
            password_hash=rules.UNUSABLE_PASSWORD,
        )
    return replace(workspace, organization=organization, identity=identity)


def member_of(workspace: Workspace, role: Role, name: str = "") -> Workspace:
    """The same organization for another member with this role."""
    name = name or f"Test {role}"
    with workspace.stores.operational.worker() as tx:
        identity = account_queries.insert_user(
            tx,
            organization_id=workspace.identity.organization_id,
            email=f"{name.lower().replace(' ', '.')}@members.example",
            name=name,
            role=role,
            password_hash=rules.UNUSABLE_PASSWORD,
        )
    return replace(workspace, identity=identity)


def key_of(workspace: Workspace, *scopes: Scope) -> str:
    """An API key of a workspace's identity, by default with every scope of its role."""
    role = workspace.identity.role
    own = [scope for scope in Scope if accounts.role_allows(role, accounts.access_of(scope))]
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        made = accounts.create_api_key(
            tx, identity=workspace.identity, name="test", scopes=list(scopes) or own
        )
    return made.text


def session_of(workspace: Workspace) -> str:
    """The session cookie of a workspace's identity."""
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
        return accounts.sign_in(tx, token=link.token).token
