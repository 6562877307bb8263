"""Episodes as named by apps, and the shows that a listener follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from wavehouse.kernel.ids import ListenerId


class Described(msgspec.Struct, frozen=True, cache_hash=True):
    """Metadata of an episode besides file and guid: title, web page, publication date."""

    title: str | None = None
    link: str | None = None
    published_at: datetime | None = None


NO_DESCRIPTION = Described()


class Episode(msgspec.Struct, frozen=True, cache_hash=True):
    """An episode as named by a client: feed, media file, guid if it sent one."""

    podcast_url: str
    episode_url: str
    guid: str | None = None
    described: Described = NO_DESCRIPTION


class Sighting(msgspec.Struct, frozen=True):
    """An episode named by a listener's app, and the time of the action that named it (P29)."""

    listener_id: ListenerId
    episode: Episode
    at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """A show that was followed or left; ``was_followed`` is false if it never was."""

    podcast_url: str
    is_subscribed: bool
    was_followed: bool
    seq: int
