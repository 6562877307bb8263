"""Options shared by the commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from wavehouse.kernel.options import DAY

if TYPE_CHECKING:
    from wavehouse.accounts import Identity
    from wavehouse.store import Operational, Tx
    from wavehouse.workspace import OpenWorkspace, Workspace

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
CURRENCY = click.option("--currency", default="EUR", show_default=True, help="ISO 4217 code.")
SINCE = click.option("--from", "first", type=DAY, help="First day; default: 30 days ago.")
UNTIL = click.option("--to", "last", type=DAY, help="Last day, included; default: today.")
EFFECTIVE = click.option(
    "--from", "effective", type=DAY, help="First day of validity (UTC); default: now."
)


@contextmanager
def organization(open_workspace: OpenWorkspace) -> Iterator[tuple[Tx[Operational], Identity]]:
    """A transaction of the organization."""
    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            yield tx, identity


@contextmanager
def operator(open_workspace: OpenWorkspace) -> Iterator[tuple[Tx[Operational], Identity]]:
    """A transaction of the operator: models and prices belong to the whole installation.

    Refused for a user of another organization.
    """
    with open_workspace() as workspace:
        check_operator(workspace)
        with workspace.stores.operational.worker() as tx:
            yield tx, workspace.identity


def check_operator(workspace: Workspace) -> None:
    """Refused unless the identity is an administrator of the installation's own organization."""
    from wavehouse.accounts import Role
    from wavehouse.kernel.errors import Refused

    identity, home = workspace.identity, workspace.organization.organization_id
    if identity.role != Role.ADMIN or identity.organization_id != home:
        raise Refused("only the operator may change models, prices and upstreams")


def utc(day: datetime | None) -> datetime | None:
    """The start of a UTC day."""
    return None if day is None else day.replace(tzinfo=UTC)
