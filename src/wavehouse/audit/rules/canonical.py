"""The encoding of an entry, its leaf hash, and commitments to personal values. Pure.

An entry is encoded as ``wavehouse-audit/2,`` and its fields in a fixed order, each with its length
in bytes before it (a netstring); NULL is ``-,``. The instant is in whole microseconds since 1970.
The database computes the same encoding in ``audit.leaf_hash``; this is the independent
implementation that verifies it. ``metadata`` and ``commitments`` are the database's text of their
JSON, byte for byte.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from wavehouse.audit.rules.tree import leaf_hash
from wavehouse.audit.types import StoredEntry

_PREFIX = "wavehouse-audit/2,"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _field(value: str | None) -> str:
    return "-," if value is None else f"{len(value.encode())}:{value},"


def canonical(entry: StoredEntry) -> bytes:
    """The entry as bytes: each field with its length, so that no two entries collide."""
    previous = entry.content_hash if entry.encoding == 1 else None
    fields = (
        str(entry.encoding),
        entry.audit_id,
        entry.xact_id,
        str((entry.at - _EPOCH) // _MICROSECOND),
        entry.organization_id,
        entry.actor,
        entry.action,
        entry.resource_type,
        entry.resource_id,
        entry.subject_pseudonym,
        entry.request_id,
        entry.trace_id,
        entry.metadata,
        entry.commitments,
        previous,
    )
    return (_PREFIX + "".join(map(_field, fields))).encode()


def hash_of(entry: StoredEntry) -> bytes:
    """The entry's leaf hash, 32 bytes."""
    return leaf_hash(canonical(entry))


def commitment(salt: bytes, value: str) -> bytes:
    """SHA-256 of a salt and a value, with the salt's length before it."""
    return hashlib.sha256(len(salt).to_bytes(4) + salt + value.encode()).digest()
