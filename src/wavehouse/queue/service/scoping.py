"""Which jobs a caller sees: its organization's, and at home the system's own as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wavehouse.accounts import Identity, Role
from wavehouse.kernel.errors import Refused
from wavehouse.store import Operational, Tx
from wavehouse.workspace import Workspace


def is_operator(workspace: Workspace, identity: Identity) -> bool:
    """True for an administrator of the installation's own organization: it runs the machine."""
    home = workspace.organization.organization_id
    return identity.role == Role.ADMIN and identity.organization_id == home


@contextmanager
def visible(workspace: Workspace, identity: Identity) -> Iterator[tuple[Tx[Operational], bool]]:
    """A transaction over the jobs that the identity sees, and whether the system's are among them.

    Every other caller works under row security.
    """
    operational = workspace.stores.operational
    if is_operator(workspace, identity):
        with operational.worker() as tx:
            yield tx, True
    else:
        with operational.app(identity.organization_id) as tx:
            yield tx, False


def check_operator(workspace: Workspace, identity: Identity) -> None:
    """Refused for all but administrators of the installation's organization."""
    if not is_operator(workspace, identity):
        raise Refused("only the operator pauses everything", hint="Pause your organization.")
