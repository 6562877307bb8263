"""Compute a feed's next poll: the interval with jitter, backoff after failures, Retry-After."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

LONGEST_BACKOFF = timedelta(hours=24)
LONGEST_RETRY_AFTER = timedelta(days=7)
SHORTEST_WAIT = timedelta(minutes=1)
SPREAD = 0.1
_MOST_DOUBLINGS = 20


def next_poll(*, at: datetime, every: timedelta, key: UUID) -> datetime:
    """The poll after one that succeeded at ``at``: ``every`` later, 10 % earlier or later.

    The jitter is a hash of feed and time, so feeds that were registered together drift apart.
    """
    return at + every * (1 + SPREAD * (2 * _fraction(key, at) - 1))


def next_try(
    *,
    at: datetime,
    every: timedelta,
    failures: int,
    key: UUID,
    retry_after: timedelta | None = None,
) -> datetime:
    """The poll after the ``failures``-th failure in a row: the wait doubles, up to 24 hours.

    ``Retry-After`` wins, between a minute and seven days; its jitter only makes the wait longer.
    """
    if retry_after is not None:
        wait = min(max(retry_after, SHORTEST_WAIT), LONGEST_RETRY_AFTER)
        return at + wait * (1 + SPREAD * _fraction(key, at))
    doublings = min(max(failures - 1, 0), _MOST_DOUBLINGS)
    wait = min(every * (1 << doublings), max(LONGEST_BACKOFF, every))
    return at + wait * (1 + SPREAD * (2 * _fraction(key, at) - 1))


def _fraction(key: UUID, at: datetime) -> float:
    """A number from 0 up to 1 derived from feed and time."""
    seed = key.bytes + at.isoformat().encode()
    return int.from_bytes(hashlib.blake2b(seed, digest_size=7).digest()) / 2**56
