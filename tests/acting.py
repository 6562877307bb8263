"""Call use cases with a workspace's identity; each call opens the transactions that it needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from wavehouse import accounts
from wavehouse.workspace import Workspace

T = TypeVar("T")


def operational(workspace: Workspace, use_case: Callable[..., T], **arguments: Any) -> T:
    """Call a use case on the operational database and commit."""
    identity = workspace.identity
    with workspace.stores.operational.app(identity.organization_id) as tx:
        return use_case(tx, identity=identity, **arguments)


def analytics(workspace: Workspace, use_case: Callable[..., T], **arguments: Any) -> T:
    """Call a use case on the rollups."""
    identity = workspace.identity
    with workspace.stores.analytics.app(identity.organization_id) as tx:
        return use_case(tx, identity=identity, **arguments)


def both(workspace: Workspace, use_case: Callable[..., T], **arguments: Any) -> T:
    """Call a use case on the rollups and the operational database."""
    identity = workspace.identity
    with (
        workspace.stores.analytics.app(identity.organization_id) as rollups,
        workspace.stores.operational.app(identity.organization_id) as tx,
    ):
        return use_case(rollups, tx, identity=identity, **arguments)


def invited(workspace: Workspace, email: str, role: str = "user") -> str:
    """Invite an address; returns the token of the link that its email has."""
    invitation = operational(workspace, accounts.invite, email=email, role=role)
    message = operational(
        workspace,
        accounts.invitation_email,
        invitation_id=invitation.invitation_id,
        address="http://here",
    )
    assert message is not None
    link = re.search(r"http://here/join\?token=([\w-]+)", message.text)
    assert link is not None
    return link[1]
