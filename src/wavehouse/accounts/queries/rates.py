"""SQL of the rate limits that all processes share."""

from __future__ import annotations

from datetime import datetime

from wavehouse.kernel.limits import Rate
from wavehouse.store import Operational, Tx


def take(tx: Tx[Operational], *, key_hash: bytes, rate: Rate, at: datetime) -> float:
    """Take a token from a bucket; returns the tokens before, below 1 when refused.

    The commit does not wait for the disk: after a crash of the server the buckets are full.
    """
    tx.execute("SET LOCAL synchronous_commit = off")
    return float(
        tx.value(
            "SELECT accounts.take_token(%(key_hash)s, %(burst)s, %(seconds)s, %(at)s)",
            {"key_hash": key_hash, "burst": rate.burst, "seconds": rate.seconds, "at": at},
        )
    )
