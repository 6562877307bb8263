"""Use case: the listener keys of a visitor, computed as for a log line (R04–R07)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavehouse.kernel.addresses import forwarded, keyed_hash, trusted_of
from wavehouse.kernel.config import Settings
from wavehouse.measurement.queries import sources
from wavehouse.measurement.rules.agents import normalise
from wavehouse.store import Database, Operational


@dataclass(frozen=True, slots=True)
class Visitor:
    """Keys under the secrets of this and the previous month; they contain no address."""

    network_key: int
    network_key_prev: int
    visitor: str
    """Address and user agent together, under the month's secret."""


def visitor(
    operational: Database[Operational],
    settings: Settings,
    *,
    remote: str,
    forwarded_for: str | None,
    agent: str,
    at: datetime,
) -> Visitor | None:
    """The keys of a visitor of a sponsor's page; None without a usable address (R06).

    A visitor does not belong to an organization, and the monthly secrets are the installation's.
    """
    address = forwarded(remote, forwarded_for, trusted_of(settings))
    if address is None:
        return None
    month = at.date().replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    with operational.worker() as tx:
        this, last = (
            sources.key_secret(tx, month=each, fresh=secrets.token_bytes(32))
            for each in (month, before)
        )
    gone = secrets.token_bytes(32)  # destroyed secret: use a key that matches nothing
    key = keyed_hash(this or gone, address.identity, normalise(agent).encode())
    return Visitor(
        keyed_hash(this or gone, address.identity),
        keyed_hash(last or gone, address.identity),
        f"{key:x}",
    )


__all__ = ["Visitor", "visitor"]
