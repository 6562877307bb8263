"""Standard Webhooks: secrets, signatures, bodies, and the retry schedule.

https://www.standardwebhooks.com: the signed text is ``id.timestamp.body``, the signature is
HMAC-SHA256, written ``v1,<base64>``; a header may hold several, separated by spaces.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from wavehouse.kernel.errors import InvalidInput
from wavehouse.webhooks.types import Outcome

_PREFIX = "whsec_"
_SHORTEST_SECRET, _LONGEST_SECRET = 24, 64
_TOLERANCE = timedelta(minutes=5)
_GONE = 410
DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Before the second to the tenth attempt: 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""
JITTER = 0.1
"""The jitter, as a fraction of the delay, in either direction."""
DISABLED_AFTER = timedelta(days=5)
"""An endpoint that has failed this long is disabled."""


def secret_text(key: bytes) -> str:
    """A key as receivers configure it: ``whsec_`` and base64."""
    return _PREFIX + base64.b64encode(key).decode("ascii")


def secret_key(text: str) -> bytes:
    """The key in a secret's text. InvalidInput when it is not 24 to 64 bytes of base64."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST_SECRET <= len(key) <= _LONGEST_SECRET:
        raise InvalidInput("a webhook's secret must be whsec_ followed by 24 to 64 bytes in base64")
    return key


def signature(key: bytes, *, event_id: str, timestamp: int, body: bytes) -> str:
    """A signature of a delivery."""
    signed = b".".join((event_id.encode(), str(timestamp).encode(), body))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode("ascii")


def headers(keys: Sequence[bytes], *, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a delivery; during a rotation one signature per secret, new one first."""
    signatures = [signature(key, event_id=event_id, timestamp=timestamp, body=body) for key in keys]
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def verify(
    keys: Sequence[bytes], given: Mapping[str, str], body: bytes, *, now: datetime
) -> Mapping[str, Any]:
    """Verify a delivery as a receiver does; returns its event. InvalidInput when it is not valid.

    The timestamp must be within five minutes of ``now``; one valid signature is enough.
    """
    names = {name.lower(): value for name, value in given.items()}
    event_id, stated, signed = (
        names.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not event_id or not re.fullmatch(r"[0-9]{1,12}", stated):
        raise InvalidInput("webhook-id or webhook-timestamp is missing or invalid")
    if abs(now.timestamp() - int(stated)) > _TOLERANCE.total_seconds():
        raise InvalidInput("webhook-timestamp is more than five minutes from now")
    expected = [
        signature(key, event_id=event_id, timestamp=int(stated), body=body).encode() for key in keys
    ]
    rows = [part.encode() for part in signed.split(" ")]
    if not any(hmac.compare_digest(item, other) for item in expected for other in rows):
        raise InvalidInput("no webhook-signature is valid for this body")
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput("the body is not JSON") from None
    if not isinstance(event, dict):
        raise InvalidInput("the body is not a JSON object")
    return event


def body_of(event_type: str, occurred_at: datetime, data: Mapping[str, Any]) -> bytes:
    """The body of an event: the same bytes for every attempt."""
    event = {"type": event_type, "timestamp": occurred_at.isoformat(), "data": dict(data)}
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def outcome(status: int | None) -> Outcome:
    """The outcome of a response: 2xx is delivered, 410 is gone, anything else has failed."""
    if status is None:
        return Outcome.FAILED
    if 200 <= status < 300:
        return Outcome.DELIVERED
    return Outcome.GONE if status == _GONE else Outcome.FAILED


def next_delay(attempt: int, chance: float, retry_after: float | None = None) -> timedelta | None:
    """The delay after a failed attempt (from 1); None after the last.

    ``chance`` is a number from 0 to 1 for the jitter; a longer ``Retry-After`` (in
    seconds) is respected, up to a day.
    """
    if not 1 <= attempt <= len(DELAYS):
        return None
    spread = DELAYS[attempt - 1] * (1 - JITTER + 2 * JITTER * chance)
    asked = timedelta(seconds=min(max(retry_after or 0.0, 0.0), DELAYS[-1].total_seconds()))
    return max(spread, asked)


def seconds_of(retry_after: str | None) -> float | None:
    """The seconds in a ``Retry-After`` header; None for a date."""
    given = (retry_after or "").strip()
    return float(given) if re.fullmatch(r"[0-9]{1,9}", given) else None


def excerpt_of(data: bytes, longest: int = 1024) -> str:
    """The start of a response as text that PostgreSQL can store."""
    return data[:longest].decode("utf-8", "replace").replace("\0", "�")[:longest]
