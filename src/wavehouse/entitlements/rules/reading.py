"""Reads an event's bytes: valid JSON with an id, a type, a time; its content hash (E4)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wavehouse.kernel.errors import UsageError

_TEXT = re.compile(r"[!-~]{1,255}")
_VOLATILE = frozenset({"pending_webhooks"})
"""Fields that differ between two deliveries of one event."""
_FIRST, _LAST = 946_684_800, 4_102_444_800


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event whose envelope is valid."""

    event_id: str
    type: str
    livemode: bool
    account: str | None
    created: datetime
    content: dict[str, Any]
    content_hash: bytes


def read(body: bytes) -> ReadEvent:
    """The event of a body. UsageError for anything that is not one; nothing is guessed."""
    content = _parsed(body)
    if not isinstance(content, dict) or content.get("object") != "event":
        raise UsageError("the body is not an event")
    event_id, kind = content.get("id"), content.get("type")
    livemode, account = content.get("livemode"), content.get("account")
    if not (isinstance(event_id, str) and _TEXT.fullmatch(event_id)):
        raise UsageError("invalid event id")
    if not (isinstance(kind, str) and _TEXT.fullmatch(kind)):
        raise UsageError("invalid event type")
    if not isinstance(livemode, bool):
        raise UsageError("livemode must be true or false")
    if account is not None and not (isinstance(account, str) and _TEXT.fullmatch(account)):
        raise UsageError("invalid account")
    data = content.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("object"), dict):
        raise UsageError("the event has no object")
    created = instant(content.get("created"))
    if created is None:
        raise UsageError("invalid creation time")
    return ReadEvent(event_id, kind, livemode, account, created, content, content_hash(content))


def instant(value: object) -> datetime | None:
    """A time in whole seconds since 1970, between 2000 and 2100; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not _FIRST <= value < _LAST:
        return None
    return datetime.fromtimestamp(value, UTC)


def content_hash(content: dict[str, Any]) -> bytes:
    """SHA-256 of the content as canonical JSON, equal for all deliveries of one event."""
    kept = {name: value for name, value in content.items() if name not in _VOLATILE}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).digest()


def _parsed(body: bytes) -> Any:
    try:
        text = body.decode()
        content = json.loads(text, parse_constant=_refused, parse_float=_finite,
                             object_pairs_hook=_distinct)  # fmt: skip
        json.dumps(content, ensure_ascii=False).encode()  # a lone surrogate cannot be stored
    except (ValueError, RecursionError):
        raise UsageError("the body is not valid JSON") from None
    if "\\u0000" in text and _has_nul(content):
        raise UsageError("the body has a NUL character")
    return content


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name occurs twice")
    return content


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(each) for key, each in value.items())
    return isinstance(value, list) and any(_has_nul(each) for each in value)
