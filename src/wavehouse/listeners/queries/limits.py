"""Token buckets for sign-ins, shared by all processes (AC8)."""

from __future__ import annotations

from datetime import datetime

from wavehouse.store import Listeners, Tx


def key_of_day(tx: Tx[Listeners], *, at: datetime, new: bytes) -> bytes:
    """The key for a day's hashes; ``new`` is stored when there is no key yet."""
    return bytes(
        tx.value(
            """
            WITH made AS (
              INSERT INTO listeners.rate_limit_keys (day, key)
              VALUES ((%(at)s::timestamptz AT TIME ZONE 'UTC')::date, %(new)s)
              ON CONFLICT DO NOTHING RETURNING key
            )
            SELECT key FROM made
            UNION ALL
            SELECT key FROM listeners.rate_limit_keys
            WHERE day = (%(at)s::timestamptz AT TIME ZONE 'UTC')::date
            LIMIT 1
            """,
            {"at": at, "new": new},
        )
        or new
    )


def take(tx: Tx[Listeners], *, key_hash: bytes, burst: int, seconds: float, at: datetime) -> float:
    """Take a token from a bucket; returns the number left before, below 1 when refused.

    A bucket holds ``burst`` tokens and gains one every ``seconds``. Concurrent attempts are
    serialized.
    """
    return float(
        tx.value(
            """
            INSERT INTO listeners.rate_limits AS r (key_hash, tries_left, at)
            VALUES (%(key_hash)s, %(burst)s::double precision - 1, %(at)s)
            ON CONFLICT (key_hash) DO UPDATE
            SET tries_left = least(%(burst)s, r.tries_left + greatest(
                    extract(epoch FROM %(at)s - r.at), 0) / %(seconds)s)
                  - CASE WHEN r.tries_left + greatest(
                    extract(epoch FROM %(at)s - r.at), 0) / %(seconds)s >= 1 THEN 1 ELSE 0 END,
                at = greatest(r.at, %(at)s)
            RETURNING coalesce(least(%(burst)s, old.tries_left + greatest(
                extract(epoch FROM new.at - old.at), 0) / %(seconds)s), %(burst)s)
            """,
            {"key_hash": key_hash, "burst": burst, "seconds": seconds, "at": at},
        )
    )


def forget(tx: Tx[Listeners], *, before: datetime) -> int:
    """Delete buckets and keys unused since an instant; returns the number of buckets."""
    tx.execute(
        """
        DELETE FROM listeners.rate_limit_keys
        WHERE day < (%(before)s::timestamptz AT TIME ZONE 'UTC')::date
        """,
        {"before": before},
    )
    return tx.execute("DELETE FROM listeners.rate_limits WHERE at < %(before)s", {"before": before})
