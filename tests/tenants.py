"""A second organization on the same databases."""

from __future__ import annotations

from dataclasses import replace

from wavehouse import accounts
from wavehouse.accounts import Role, Scope, rules
from wavehouse.accounts import queries as account_queries
from wavehouse.workspace import Workspace


def second_organization(workspace: Workspace, name: str = "Other Media") -> Workspace:
    """The same databases for another organization and its administrator."""
    with workspace.stores.operational.worker() as tx:
        organization = account_queries.insert_organization(tx, name=name, slug=rules.slug_of(name))
        identity = account_queries.insert_user(
            tx,
            organization_id=organization.organization_id,
            email=f"admin@{organization.slug}.invalid",
            name=f"Administrator of {name}",
            role=Role.ADMIN,
            password_hash=rules.UNUSABLE_PASSWORD,
        )
    return replace(workspace, organization=organization, identity=identity)


def key_of(workspace: Workspace, *scopes: Scope) -> str:
    """An API key of a workspace's identity, by default with every scope."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        made = accounts.create_api_key(
            tx, identity=workspace.identity, name="test", scopes=list(scopes or Scope)
        )
    return made.text
