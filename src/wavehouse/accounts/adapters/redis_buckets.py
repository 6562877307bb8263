"""Token buckets in Redis or Valkey, with one script for each attempt."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import cache
from typing import Any

from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.limits import Rate

_TAKE = """
local known = redis.call('HMGET', KEYS[1], 'left', 'at')
local burst, seconds, at = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local left, since = burst, at
if known[1] then
  since = tonumber(known[2])
  left = math.min(burst, tonumber(known[1]) + math.max(at - since, 0) / seconds)
end
local rest = left
if left >= 1 then rest = left - 1 end
redis.call('HSET', KEYS[1], 'left', string.format('%.17g', rest), 'at',
           string.format('%.17g', math.max(since, at)))
redis.call('EXPIRE', KEYS[1], 86400)
return string.format('%.17g', left)
"""
_TIMEOUT = 0.5
_log = logging.getLogger(__name__)


class RedisBuckets:
    """Buckets at a ``redis://`` or ``rediss://`` address; each expires after a day unused."""

    def __init__(self, url: str) -> None:
        """UsageError when the extra is not installed or the address is invalid."""
        try:
            import redis
        except ImportError:
            raise UsageError(
                "WAVEHOUSE_LIMITS_URL needs the Redis client",
                command="pip install 'wavehouse[redis]'",
            ) from None
        try:
            self._client: Any = redis.Redis.from_url(
                url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
            )
        except ValueError:
            raise UsageError(
                "invalid Redis server address",
                where="WAVEHOUSE_LIMITS_URL",
                hint="Write it as redis://account:password@host:6379/0.",
            ) from None
        self._failures = redis.RedisError
        self._script = self._client.register_script(_TAKE)

    def take(self, key_hash: bytes, rate: Rate, at: datetime) -> float | None:
        """The tokens before this attempt, below 1 if refused; None if Redis does not respond."""
        try:
            return float(
                self._script(
                    keys=[b"wavehouse:rate:" + key_hash.hex().encode()],
                    args=[rate.burst, rate.seconds, repr(at.timestamp())],
                )
            )
        except self._failures as error:
            _log.warning(
                "Redis does not respond (%s); rate limits use PostgreSQL", type(error).__name__
            )
            return None


@cache
def redis_buckets(url: str) -> RedisBuckets:
    """One client for each address and process."""
    return RedisBuckets(url)
