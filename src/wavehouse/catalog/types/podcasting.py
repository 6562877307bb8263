"""The Podcasting 2.0 tags, each as published; optional attributes are None when absent.

Names follow the namespace's own words. Addresses of people (the owner in ``podcast:locked`` and
``itunes:owner``) are not kept: nothing here needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the show or episode: host, guest, editor."""

    name: str
    role: str
    group: str
    image_url: str | None
    href: str | None


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """The address of a transcript of the episode."""

    url: str
    media_type: str | None
    language: str | None
    rel: str | None


@dataclass(frozen=True, slots=True)
class ChaptersLink:
    """The address of the episode's chapters."""

    url: str
    media_type: str | None


@dataclass(frozen=True, slots=True)
class Soundbite:
    """A passage worth hearing on its own, in seconds."""

    start: Decimal
    duration: Decimal
    title: str | None


@dataclass(frozen=True, slots=True)
class Funding:
    """A page where listeners can donate."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Location:
    """A location that the show or episode is about."""

    name: str
    geo: str | None
    osm: str | None
    rel: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class License:
    """The licence of the content: an identifier, and an address for a custom licence."""

    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Season:
    """A season's number, with a name when it has one."""

    number: int
    name: str | None


@dataclass(frozen=True, slots=True)
class EpisodeNumber:
    """An episode's number (possibly 3.5), and how to display it."""

    number: Decimal
    display: str | None


@dataclass(frozen=True, slots=True)
class RemoteItem:
    """A reference to another feed, or to an item in it."""

    feed_guid: str
    feed_url: str | None
    item_guid: str | None
    medium: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class ValueRecipient:
    """A recipient of a share of a value block."""

    name: str | None
    kind: str
    address: str
    split: int
    fee: bool
    custom_key: str | None
    custom_value: str | None


@dataclass(frozen=True, slots=True)
class ValueTimeSplit:
    """A time range of the episode whose value goes to other recipients."""

    start: Decimal
    duration: Decimal
    remote_start: Decimal | None
    remote_percentage: int | None
    recipients: tuple[ValueRecipient, ...]
    remote_item: RemoteItem | None


@dataclass(frozen=True, slots=True)
class Value:
    """A value block: the method, its recipients and the exceptions by time."""

    kind: str
    method: str | None
    suggested: str | None
    recipients: tuple[ValueRecipient, ...]
    time_splits: tuple[ValueTimeSplit, ...]


@dataclass(frozen=True, slots=True)
class Trailer:
    """A trailer of the show or of a season."""

    title: str
    url: str
    published_at: datetime | None
    bytes: int | None
    media_type: str | None
    season: int | None


@dataclass(frozen=True, slots=True)
class Txt:
    """Machine-readable text, such as a proof of ownership."""

    purpose: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A request that a platform (or every platform) does not list the show."""

    platform: str | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class UpdateFrequency:
    """The show's publishing frequency."""

    label: str
    rrule: str | None
    complete: bool
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class SocialInteract:
    """The address of the comments on an episode."""

    protocol: str
    uri: str | None
    account_id: str | None
    account_url: str | None
    priority: int | None


@dataclass(frozen=True, slots=True)
class ContentLink:
    """An address where the same content is available."""

    href: str
    label: str
