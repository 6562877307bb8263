"""Use cases of the inclusion list (R19): networks shared by many people.

An entry is valid until its latest validation expires, for at most 90 days. It covers requests
*made* before that moment, whenever their lines arrive, so the order of files does not matter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.measurement.queries import inclusions as queries
from wavehouse.measurement.rules.inclusions import LONGEST, network_of
from wavehouse.measurement.types import Inclusion, Validation
from wavehouse.store import Operational, Tx

_MANY = 65_536
"""The largest number of IPv4 addresses of an office or a dorm."""


def _network(text: str) -> str:
    try:
        network = network_of(text)
    except ValueError as wrong:
        raise InvalidInput(
            f"{text!r} is not a network: {wrong}", hint="Write it like 192.0.2.0/24."
        ) from None
    if network.version == 4 and network.num_addresses > _MANY:
        raise InvalidInput(
            f"{network} is too large for one site", hint="Use a /16 or a smaller network."
        )
    if network.version == 6 and network.prefixlen < 32:
        raise InvalidInput(
            f"{network} is too large for one site", hint="Use a /32 or a smaller network."
        )
    return str(network)


def _days(days: int) -> timedelta:
    if not 1 <= days <= LONGEST.days:
        raise InvalidInput(f"an inclusion must last from 1 to {LONGEST.days} days (R19)")
    return timedelta(days=days)


def add_inclusion(
    operational: Tx[Operational], *, identity: Identity, network: str, reason: str, days: int = 90
) -> Inclusion:
    """List a network. Conflict when it is already on the inclusion list."""
    named, lasts = _network(network), _days(days)
    reason = words.line(reason)
    if not reason:
        raise InvalidInput("the reason is missing", hint='Add a reason, such as --reason "a dorm".')
    organization_id, now = identity.organization_id, clock.now()
    inclusion_id = queries.insert_inclusion(
        operational, organization_id=organization_id, network=named, reason=reason, at=now
    )
    if inclusion_id is None:
        raise Conflict(
            f"{named} is already on the inclusion list",
            command=f"wavehouse inclusions revalidate {named}",
        )
    _validated(operational, identity, inclusion_id, now + lasts, "added")
    _record(operational, identity, inclusion_id, "inclusion.added", named, days)
    return _entry(operational, identity, named)


def revalidate(
    operational: Tx[Operational],
    *,
    identity: Identity,
    network: str,
    note: str = "",
    days: int = 90,
) -> Inclusion:
    """Confirm that an entry is still valid. NotFound when the network is not listed."""
    named, lasts = _network(network), _days(days)
    entry, now = _entry(operational, identity, named), clock.now()
    _validated(operational, identity, entry.inclusion_id, now + lasts, note)
    _record(operational, identity, entry.inclusion_id, "inclusion.revalidated", named, days)
    return _entry(operational, identity, named)


def _validated(
    tx: Tx[Operational], identity: Identity, inclusion_id: UUID, expires_at: datetime, note: str
) -> None:
    queries.insert_validation(
        tx,
        organization_id=identity.organization_id,
        inclusion_id=inclusion_id,
        at=clock.now(),
        expires_at=expires_at,
        by=identity.name,
        note=words.line(note),
    )


def _record(
    tx: Tx[Operational],
    identity: Identity,
    inclusion_id: UUID,
    action: str,
    network: str,
    days: int,
) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("inclusion", inclusion_id),
        organization_id=identity.organization_id,
        metadata={"network": network, "days": days},
    )


def _entry(tx: Tx[Operational], identity: Identity, network: str) -> Inclusion:
    for entry in list_inclusions(tx, identity=identity):
        if entry.network == network:
            return entry
    raise NotFound(f"{network} is not on the inclusion list", command="wavehouse inclusions list")


def list_inclusions(operational: Tx[Operational], *, identity: Identity) -> list[Inclusion]:
    """Every entry, in order of expiry."""
    return queries.inclusions(operational, organization_id=identity.organization_id)


def expired_inclusions(operational: Tx[Operational], *, identity: Identity) -> list[Inclusion]:
    """Expired entries: they are filtered again until they are revalidated."""
    now = clock.now()
    entries = list_inclusions(operational, identity=identity)
    return [entry for entry in entries if not entry.holds(now)]


def validation_log(operational: Tx[Operational], *, identity: Identity) -> list[Validation]:
    """Every validation, for an auditor."""
    return queries.validations(operational, organization_id=identity.organization_id)
