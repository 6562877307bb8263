"""Rate limiting for public endpoints."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from wavehouse.kernel import clock

_CLIENTS = 4_096


@dataclass(slots=True)
class TokenBucket:
    """At most ``burst`` attempts at once and one more every ``seconds``, for each client.

    It is kept in the process: it slows guessing down, the 256 bits of a link do the rest. Only the
    latest clients are remembered, so that memory is bounded.
    """

    burst: int = 10
    seconds: float = 6.0
    _left: OrderedDict[str, tuple[float, datetime]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, client: str) -> bool:
        """Use one attempt; False when none is left."""
        now = clock.now()
        with self._lock:
            left, since = self._left.pop(client, (float(self.burst), now))
            refilled = left + max((now - since).total_seconds(), 0.0) / self.seconds
            left = min(float(self.burst), refilled)
            allowed = left >= 1.0
            self._left[client] = (left - 1.0 if allowed else left, now)
            while len(self._left) > _CLIENTS:
                self._left.popitem(last=False)
        return allowed
