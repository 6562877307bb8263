"""Use case: a rate limit that all processes and hosts of an installation share."""

from __future__ import annotations

import hashlib
import hmac
from math import ceil

from wavehouse.accounts.adapters.redis_buckets import redis_buckets
from wavehouse.accounts.queries import rates as queries
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import TooManyRequests
from wavehouse.kernel.limits import Rate
from wavehouse.store import Database, Operational


class SharedRate:
    """A rate per client, in PostgreSQL, or in Redis where ``limits_url`` is set.

    Clients (network addresses, email addresses, keys) are stored only as hashes under a key of the
    day, which is derived from the installation's secret. If Redis does not respond, PostgreSQL
    counts, so that an outage does not allow password guessing.
    """

    def __init__(self, database: Database[Operational], settings: Settings, rate: Rate) -> None:
        self._database = database
        self._rate = rate
        url = settings["limits_url"]
        self._redis = redis_buckets(url) if url else None

    def wait(self, client: str) -> float:
        """Take an attempt; returns 0.0, or the seconds until the next one when none is left."""
        at = clock.now()
        secret = f"rate limits {at.date()} {self._database.place.secret}"
        named = f"{self._rate.name}\n{client}"
        hashed = hmac.new(secret.encode(), named.encode(), hashlib.sha256).digest()
        left = self._redis.take(hashed, self._rate, at) if self._redis else None
        if left is None:
            with self._database.worker() as tx:
                left = queries.take(tx, key_hash=hashed, rate=self._rate, at=at)
        return 0.0 if left >= 1.0 else (1.0 - left) * self._rate.seconds

    def check(self, client: str, message: str = "Too many attempts.") -> None:
        """TooManyRequests, with the seconds to wait, when the client has no attempts left."""
        wait = self.wait(client)
        if wait > 0:
            raise TooManyRequests(
                message, hint="Wait, then try again.", retry_after=max(ceil(wait), 1)
            )
