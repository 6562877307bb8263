"""Which jobs a caller sees: its organization's, and for the operator the system's as well."""

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
    """A transaction on the jobs visible to the identity, and whether it includes the system's.

    All other callers are under row-level security.
    """
    if is_operator(identity, home=home):
        with operational.worker() as tx:
            yield tx, True
    else:
        with operational.app(identity.organization_id) as tx:
            yield tx, False


def check_operator(identity: Identity, *, home: UUID) -> None:
    """Refused unless the identity is an administrator of the installation's organization."""
    if not is_operator(identity, home=home):
        raise Refused(
            "only the operator of the installation may do this",
            hint="Sign in as an administrator of the installation's own organization.",
        )
