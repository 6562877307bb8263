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
    """Somebody of interest to the audience: host, guest, editor."""

    name: str
    role: str
    group: str
    image_url: str | None
    href: str | None


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """Where a transcript of the episode lies."""

    url: str
    media_type: str | None
    language: str | None
    rel: str | None


@dataclass(frozen=True, slots=True)
class ChaptersLink:
    """Where the chapters of the episode lie."""

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
    """A page where listeners can give."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place that the show or episode is about."""

    name: str
    geo: str | None
    osm: str | None
    rel: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class License:
    """The licence of the content: an identifier, and its text's address when it is a custom one."""

    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Season:
    """A season's number, with a name when it has one."""

    number: int
    name: str | None


@dataclass(frozen=True, slots=True)
class EpisodeNumber:
    """An episode's number (it may be 3.5), and how to show it."""

    number: Decimal
    display: str | None


@dataclass(frozen=True, slots=True)
class RemoteItem:
    """A pointer to another feed, or to an item in it."""

    feed_guid: str
    feed_url: str | None
    item_guid: str | None
    medium: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class ValueRecipient:
    """One who receives a share of a value block."""

    name: str | None
    kind: str
    address: str
    split: int
    fee: bool
    custom_key: str | None
    custom_value: str | None


@dataclass(frozen=True, slots=True)
class ValueTimeSplit:
    """A stretch of the episode whose value goes elsewhere."""

    start: Decimal
    duration: Decimal
    remote_start: Decimal | None
    remote_percentage: int | None
    recipients: tuple[ValueRecipient, ...]
    remote_item: RemoteItem | None


@dataclass(frozen=True, slots=True)
class Value:
    """How value flows back: the method, its recipients and the exceptions by time."""

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
    """Free text for machines, such as a proof of ownership."""

    purpose: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A wish that a platform (or, without one, every platform) does not list the show."""

    platform: str | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class UpdateFrequency:
    """How often the show comes out."""

    label: str
    rrule: str | None
    complete: bool
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class SocialInteract:
    """Where the comments on an episode are."""

    protocol: str
    uri: str | None
    account_id: str | None
    account_url: str | None
    priority: int | None


@dataclass(frozen=True, slots=True)
class ContentLink:
    """Another place where the same content can be had."""

    href: str
    label: str
