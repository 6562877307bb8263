"""Use cases of the inclusion list (R19): networks whose many listeners are people.

An entry holds until its latest validation expires, 90 days at most. It covers requests *made*
before that moment, whenever their lines arrive, so the order of files changes nothing.
"""

from __future__ import annotations

from datetime import timedelta

from wavehouse import accounts, audit
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.measurement.queries import inclusions as queries
from wavehouse.measurement.rules.inclusions import LONGEST, network_of
from wavehouse.measurement.types import Inclusion, Validation
from wavehouse.workspace import Workspace

_MANY = 65_536
"""More IPv4 addresses than an office or a dorm has."""


def _network(text: str) -> str:
    try:
        network = network_of(text)
    except ValueError as wrong:
        raise InvalidInput(f"{text!r} is no network: {wrong}", hint="192.0.2.0/24") from None
    if network.version == 4 and network.num_addresses > _MANY:
        raise InvalidInput(f"{network} is too wide for one place", hint="at most a /16")
    if network.version == 6 and network.prefixlen < 32:
        raise InvalidInput(f"{network} is too wide for one place", hint="at most a /32")
    return str(network)


def _days(days: int) -> timedelta:
    if not 1 <= days <= LONGEST.days:
        raise InvalidInput(f"an inclusion holds from 1 to {LONGEST.days} days (R19)")
    return timedelta(days=days)


def add_inclusion(workspace: Workspace, *, network: str, reason: str, days: int = 90) -> Inclusion:
    """List a network. Conflict when it is listed already."""
    named, lasts = _network(network), _days(days)
    if not reason.strip():
        raise InvalidInput("say who listens there, and how you know", hint='--reason "a dorm"')
    organization_id, now = workspace.organization.organization_id, clock.now()
    with workspace.stores.operational.app(organization_id) as tx:
        inclusion_id = queries.insert_inclusion(
            tx, organization_id=organization_id, network=named, reason=reason.strip(), at=now
        )
        if inclusion_id is None:
            raise Conflict(
                f"{named} is listed already", command=f"wavehouse inclusions revalidate {named}"
            )
        queries.insert_validation(
            tx,
            organization_id=organization_id,
            inclusion_id=inclusion_id,
            at=now,
            expires_at=now + lasts,
            by=workspace.identity.name,
            note="added",
        )
        audit.record(
            tx,
            actor=accounts.user_actor(workspace.identity),
            action="inclusion.added",
            resource=("inclusion", inclusion_id),
            organization_id=organization_id,
            metadata={"network": named, "days": days},
        )
    return _entry(workspace, named)


def revalidate(workspace: Workspace, *, network: str, note: str = "", days: int = 90) -> Inclusion:
    """Say that an entry still holds. NotFound when the network is not listed."""
    named, lasts = _network(network), _days(days)
    entry, now = _entry(workspace, named), clock.now()
    organization_id = workspace.organization.organization_id
    with workspace.stores.operational.app(organization_id) as tx:
        queries.insert_validation(
            tx,
            organization_id=organization_id,
            inclusion_id=entry.inclusion_id,
            at=now,
            expires_at=now + lasts,
            by=workspace.identity.name,
            note=note,
        )
        audit.record(
            tx,
            actor=accounts.user_actor(workspace.identity),
            action="inclusion.revalidated",
            resource=("inclusion", entry.inclusion_id),
            organization_id=organization_id,
            metadata={"network": named, "days": days},
        )
    return _entry(workspace, named)


def _entry(workspace: Workspace, network: str) -> Inclusion:
    for entry in list_inclusions(workspace):
        if entry.network == network:
            return entry
    raise NotFound(f"{network} is not on the inclusion list", command="wavehouse inclusions list")


def list_inclusions(workspace: Workspace) -> list[Inclusion]:
    """Every entry, the first to expire first."""
    organization_id = workspace.organization.organization_id
    with workspace.stores.operational.app(organization_id) as tx:
        return queries.inclusions(tx, organization_id=organization_id)


def expired_inclusions(workspace: Workspace) -> list[Inclusion]:
    """Entries that hold no more: somebody should look at them again."""
    now = clock.now()
    return [entry for entry in list_inclusions(workspace) if not entry.holds(now)]


def validation_log(workspace: Workspace) -> list[Validation]:
    """Every validation, for an auditor."""
    organization_id = workspace.organization.organization_id
    with workspace.stores.operational.app(organization_id) as tx:
        return queries.validations(tx, organization_id=organization_id)
