"""Options and transactions shared by the studio's commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.accounts import Identity
    from wavehouse.store import Operational, Tx
    from wavehouse.workspace import OpenWorkspace, Workspace

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
PROJECT = click.argument("project", type=click.UUID)
EPISODE = click.argument("episode", type=click.UUID)


@contextmanager
def organization(open_workspace: OpenWorkspace) -> Iterator[tuple[Tx[Operational], Identity]]:
    """A transaction of the organization."""
    with open_workspace() as workspace, organization_of(workspace) as acting:
        yield acting


@contextmanager
def organization_of(workspace: Workspace) -> Iterator[tuple[Tx[Operational], Identity]]:
    """A transaction of an open workspace's organization."""
    identity = workspace.identity
    with workspace.stores.operational.app(identity.organization_id) as tx:
        yield tx, identity
