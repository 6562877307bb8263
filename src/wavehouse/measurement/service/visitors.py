"""Use case: the keys of somebody who asks us for something, made as a log line's are (R04–R07)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavehouse.kernel.addresses import forwarded, keyed_hash, trusted_of
from wavehouse.measurement.queries import sources
from wavehouse.measurement.rules.agents import normalise
from wavehouse.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Visitor:
    """Keys under the secrets of the month and of the month before; no address is in them."""

    network_key: int
    network_key_prev: int
    visitor: str
    """Address and user agent in one, under the month's secret."""


def visitor(
    workspace: Workspace, *, remote: str, forwarded_for: str | None, agent: str, at: datetime
) -> Visitor | None:
    """Who asks; None when there is no address to tell by (R06)."""
    address = forwarded(remote, forwarded_for, trusted_of(workspace.settings))
    if address is None:
        return None
    month = at.date().replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    with workspace.stores.operational.worker() as tx:
        this, last = (
            sources.key_secret(tx, month=one, fresh=secrets.token_bytes(32))
            for one in (month, before)
        )
    gone = secrets.token_bytes(32)  # a destroyed secret: a key that matches nothing
    key = keyed_hash(this or gone, address.identity, normalise(agent).encode())
    return Visitor(
        keyed_hash(this or gone, address.identity),
        keyed_hash(last or gone, address.identity),
        f"{key:x}",
    )


__all__ = ["Visitor", "visitor"]
