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
            """
            INSERT INTO accounts.rate_limits AS r (key_hash, tries_left, at)
            VALUES (%(key_hash)s, %(burst)s::double precision - 1, %(at)s)
            ON CONFLICT (key_hash) DO UPDATE
            SET tries_left = least(%(burst)s, r.tries_left + greatest(
                    extract(epoch FROM excluded.at - r.at), 0) / %(seconds)s)
                  - CASE WHEN least(%(burst)s, r.tries_left + greatest(
                    extract(epoch FROM excluded.at - r.at), 0) / %(seconds)s) >= 1
                    THEN 1 ELSE 0 END,
                at = greatest(r.at, excluded.at)
            RETURNING coalesce(least(%(burst)s, old.tries_left + greatest(
                extract(epoch FROM new.at - old.at), 0) / %(seconds)s), %(burst)s)
            """,
            {"key_hash": key_hash, "burst": rate.burst, "seconds": rate.seconds, "at": at},
        )
    )
