"""Which jobs a caller sees: its organization's, and at home the system's own as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from wavehouse.accounts import Identity, Role
from wavehouse.kernel.errors import Refused
from wavehouse.store import Database, Operational, Tx


def is_operator(identity: Identity, *, home: UUID) -> bool:
    """True for an administrator of ``home``, the installation's own organization."""
    return bool(identity.role == Role.ADMIN and identity.organization_id == home)


@contextmanager
def visible(
    operational: Database[Operational], *, identity: Identity, home: UUID
) -> Iterator[tuple[Tx[Operational], bool]]:
    """A transaction over the jobs that the identity sees, and whether the system's are among them.

    Every other caller works under row security.
    """
    if is_operator(identity, home=home):
        with operational.worker() as tx:
            yield tx, True
    else:
        with operational.app(identity.organization_id) as tx:
            yield tx, False


def check_operator(identity: Identity, *, home: UUID) -> None:
    """Refused for all but administrators of the installation's organization."""
    if not is_operator(identity, home=home):
        raise Refused("only the operator pauses everything", hint="Pause your organization.")
