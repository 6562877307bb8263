"""Use case: rate limits, counted across all processes (AC8)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from math import ceil

from wavehouse.kernel import clock
from wavehouse.kernel.errors import TooManyRequests
from wavehouse.listeners.queries import limits as queries
from wavehouse.store import Database, Listeners


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``burst`` attempts at once and one more every ``seconds``, for each client."""

    name: str
    burst: int
    seconds: float


def check(database: Database[Listeners], *tries: tuple[Limit, str]) -> None:
    """Take one attempt from each limit's client. TooManyRequests when one has none left.

    Clients (network addresses, email addresses) are stored only as hashes under a key of the day.
    """
    wait = 0.0
    with database.worker() as tx:
        at = clock.now()
        key = queries.key_of_day(tx, at=at, new=secrets.token_bytes(32))
        for limit, client in sorted(tries, key=lambda item: (item[0].name, item[1])):
            hashed = hmac.new(key, f"{limit.name}\n{client}".encode(), hashlib.sha256).digest()
            left = queries.take(
                tx, key_hash=hashed, burst=limit.burst, seconds=limit.seconds, at=at
            )
            wait = max(wait, (1.0 - left) * limit.seconds)
    if wait > 0:
        raise TooManyRequests(
            "too many attempts",
            hint="Wait, then try again.",
            retry_after=max(ceil(wait), 1),
        )
