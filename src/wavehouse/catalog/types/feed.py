"""A feed as published: everything here was stated by the publisher, not measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wavehouse.catalog.types.podcasting import (
    Block,
    ChaptersLink,
    ContentLink,
    EpisodeNumber,
    Funding,
    License,
    Location,
    Person,
    RemoteItem,
    Season,
    SocialInteract,
    Soundbite,
    Trailer,
    TranscriptLink,
    Txt,
    UpdateFrequency,
    Value,
)


class DropReason(StrEnum):
    """The reason why an item of a feed was dropped."""

    NO_ENCLOSURE = "no_enclosure"
    BAD_ENCLOSURE_URL = "bad_enclosure_url"
    DUPLICATE_GUID = "duplicate_guid"
    CUT_SHORT = "cut_short"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class DroppedItem:
    """An item that did not become an episode: its line and the reason."""

    line: int
    reason: DropReason
    detail: str


@dataclass(frozen=True, slots=True)
class FeedNote:
    """A repair or guess made while reading the feed."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A media file as the feed names it; ``bytes`` is None when the feed says 0 or nothing."""

    url: str
    bytes: int | None
    media_type: str | None


@dataclass(frozen=True, slots=True)
class AlternateEnclosure:
    """Another version of the episode's media, with all its addresses."""

    media_type: str | None
    bytes: int | None
    bitrate: float | None
    height: int | None
    language: str | None
    title: str | None
    rel: str | None
    codecs: str | None
    default: bool
    integrity: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEpisode:
    """An item of a feed with playable media."""

    line: int
    guid: str
    title: str
    description: str | None
    published_at: datetime | None
    date_note: str | None = None
    has_guid: bool = True
    enclosure: Enclosure
    others: tuple[Enclosure, ...]
    """Further enclosures of the item."""
    alternates: tuple[AlternateEnclosure, ...]
    duration_seconds: int | None
    link: str | None
    author: str | None
    explicit: bool
    episode_type: str | None
    categories: tuple[str, ...]
    image_url: str | None
    season: Season | None
    episode: EpisodeNumber | None
    persons: tuple[Person, ...]
    transcripts: tuple[TranscriptLink, ...]
    chapters: ChaptersLink | None
    soundbites: tuple[Soundbite, ...]
    locations: tuple[Location, ...]
    license: License | None
    values: tuple[Value, ...]
    txts: tuple[Txt, ...]
    social: tuple[SocialInteract, ...]
    content_links: tuple[ContentLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A podcast's feed: the show, its episodes, and what could not be used."""

    title: str
    description: str | None
    author: str | None
    link: str | None
    self_url: str | None
    language: str | None
    image_url: str | None
    categories: tuple[str, ...]
    explicit: bool
    podcast_guid: str | None
    medium: str
    locked: bool
    show_type: str | None
    complete: bool
    new_feed_url: str | None
    generator: str | None
    uses_podping: bool
    persons: tuple[Person, ...]
    fundings: tuple[Funding, ...]
    locations: tuple[Location, ...]
    license: License | None
    values: tuple[Value, ...]
    txts: tuple[Txt, ...]
    blocks: tuple[Block, ...]
    trailers: tuple[Trailer, ...]
    podroll: tuple[RemoteItem, ...]
    update_frequency: UpdateFrequency | None
    episodes: tuple[FeedEpisode, ...]
    dropped: tuple[DroppedItem, ...]
    notes: tuple[FeedNote, ...]
    next_url: str | None = None
    """The page with older episodes of a paged feed (RFC 5005, section 3)."""
    prev_archive_url: str | None = None
    """The document before this one of an archived feed (RFC 5005, section 4)."""
    hub_url: str | None = None
    """The WebSub hub that announces changes of the feed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A feed document as received; ``body`` is empty when nothing changed since ``etag``."""

    location: str
    body: bytes
    charset: str | None
    etag: str | None
    last_modified: str | None
    not_modified: bool
    moved_to: str | None
    links: tuple[tuple[str, str], ...] = ()
    """Relation and address of each ``Link`` header, such as ("hub", "https://…")."""
