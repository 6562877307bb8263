"""Identifiers: UUIDv7 for new objects, UUIDv8 for ids that must be reproducible.

There is one ``NewType`` per entity, so that an episode's id cannot be passed as a podcast's.
"""

from __future__ import annotations

import hashlib
import os
import time
from datetime import datetime
from typing import NewType
from uuid import UUID

OrganizationId = NewType("OrganizationId", UUID)
UserId = NewType("UserId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
InvitationId = NewType("InvitationId", UUID)
PodcastId = NewType("PodcastId", UUID)
EpisodeId = NewType("EpisodeId", UUID)
EnclosureId = NewType("EnclosureId", UUID)
SourceFileId = NewType("SourceFileId", UUID)
DownloadId = NewType("DownloadId", UUID)
SponsorId = NewType("SponsorId", UUID)
CampaignId = NewType("CampaignId", UUID)
ConversionId = NewType("ConversionId", UUID)
ReportId = NewType("ReportId", UUID)
ListenerId = NewType("ListenerId", UUID)
ActionId = NewType("ActionId", UUID)

_RANDOM_BITS = 62


def _layout(milliseconds: int, version: int, middle: int, tail: int) -> UUID:
    """RFC 9562 layout: 48-bit milliseconds, version, 12 bits, variant, 62 bits."""
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= version << 76
    value |= (middle & 0xFFF) << 64
    value |= 0b10 << 62
    value |= tail & ((1 << _RANDOM_BITS) - 1)
    return UUID(int=value)


def uuid7() -> UUID:
    """A new time-ordered random id (RFC 9562, section 5.7)."""
    noise = int.from_bytes(os.urandom(10))
    return _layout(time.time_ns() // 1_000_000, 7, noise >> _RANDOM_BITS, noise)


def uuid8(instant: datetime, *parts: str) -> UUID:
    """A deterministic, time-prefixed id: the same instant and parts give the same id.

    The parts are joined by a unit separator and hashed, so that ("ab", "c") and ("a", "bc")
    differ. A replay of the same fact therefore has the same key and partition.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    milliseconds = int(instant.timestamp() * 1000)
    return _layout(milliseconds, 8, int.from_bytes(digest[:2]), int.from_bytes(digest[2:10]))


def named(namespace: str, *parts: str) -> UUID:
    """A deterministic id without a time: for seeds and for rows with a natural key."""
    digest = hashlib.sha256("\x1f".join((namespace, *parts)).encode()).digest()
    return _layout(
        int.from_bytes(digest[:6]), 8, int.from_bytes(digest[6:8]), int.from_bytes(digest[8:16])
    )
