"""The canonical form of an entry and its hash."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

from wavehouse.audit.types import Entry


def canonical(entry: Entry) -> bytes:
    """The entry as bytes: each field prefixed with its length, so that no two entries collide."""
    parts = (
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        str(entry.organization_id or ""),
        entry.actor,
        entry.action,
        entry.resource_type,
        entry.resource_id,
        entry.request_id or "",
        entry.trace_id or "",
        json.dumps(entry.metadata, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    )
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4) + part for part in encoded)


def content_hash(entry: Entry) -> bytes:
    """SHA-256 of the canonical form, 32 bytes."""
    return hashlib.sha256(canonical(entry)).digest()
