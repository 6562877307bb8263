"""The feed of a project: RSS 2.0 with the iTunes and the Podcasting 2.0 namespaces.

Written here because the usual libraries do not support Podcasting 2.0 (decision 1404).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from wavehouse.kernel import words

PODCAST = "https://podcastindex.org/namespace/1.0"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
ATOM = "http://www.w3.org/2005/Atom"
_GUIDS = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
"""The namespace of podcast guids, from the definition of ``podcast:guid``."""
for _prefix, _namespace in (("podcast", PODCAST), ("itunes", ITUNES), ("atom", ATOM)):
    register_namespace(_prefix, _namespace)


@dataclass(frozen=True, slots=True)
class FeedPerson:
    """A person who speaks in an episode."""

    name: str
    role: str = "host"


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A file beside the audio: its address and type."""

    url: str
    media_type: str


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An episode in the feed. ``audio_bytes`` is the length of the enclosure."""

    guid: str
    title: str
    description: str
    audio_url: str
    audio_bytes: int
    seconds: int
    published_at: datetime
    number: int
    season: int
    chapters: FeedFile
    transcripts: tuple[FeedFile, ...]


@dataclass(frozen=True, slots=True)
class FeedShow:
    """A project as a show. ``frequency`` is the rrule and its words; ``private`` hides it.

    ``hub`` is the address of a WebSub hub, empty for none.
    """

    guid: str
    title: str
    description: str
    language: str
    author: str
    owner_email: str
    explicit: bool
    feed_url: str
    site_url: str
    persons: tuple[FeedPerson, ...]
    frequency: tuple[str, str] | None
    private: bool
    items: tuple[FeedItem, ...]
    image_url: str = ""
    hub: str = ""


def podcast_guid(feed_url: str) -> str:
    """The ``podcast:guid`` of a feed: UUIDv5 of its address without scheme and final slashes."""
    return str(uuid5(_GUIDS, feed_url.partition("://")[2].rstrip("/") or feed_url.rstrip("/")))


def feed(show: FeedShow) -> bytes:
    """The document. The same show gives the same bytes."""
    rss = Element("rss", {"version": "2.0"})
    channel = SubElement(rss, "channel")
    _text(channel, "title", show.title)
    _text(channel, "link", show.site_url)
    _text(channel, "description", show.description or show.title)
    _text(channel, "language", show.language)
    _text(channel, "generator", "Wavehouse")
    if show.items:
        _text(channel, "lastBuildDate", _date(max(item.published_at for item in show.items)))
    SubElement(
        channel,
        f"{{{ATOM}}}link",
        {"href": show.feed_url, "rel": "self", "type": "application/rss+xml"},
    )
    if show.hub:
        SubElement(channel, f"{{{ATOM}}}link", {"href": show.hub, "rel": "hub"})
    _text(channel, f"{{{ITUNES}}}author", show.author)
    if show.image_url:
        SubElement(channel, f"{{{ITUNES}}}image", {"href": show.image_url})
    _text(channel, f"{{{ITUNES}}}explicit", "true" if show.explicit else "false")
    _text(channel, f"{{{ITUNES}}}type", "episodic")
    if show.private:
        _text(channel, f"{{{ITUNES}}}block", "Yes")
    _text(channel, f"{{{PODCAST}}}guid", show.guid)
    _text(channel, f"{{{PODCAST}}}locked", "yes", owner=show.owner_email)
    _text(channel, f"{{{PODCAST}}}medium", "podcast")
    if show.frequency is not None:
        rrule, in_words = show.frequency
        _text(channel, f"{{{PODCAST}}}updateFrequency", in_words, rrule=rrule)
    _persons(channel, show.persons)
    for item in sorted(show.items, key=lambda item: (item.published_at, item.guid), reverse=True):
        _item(channel, show, item)
    head = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    body: bytes = tostring(rss, encoding="utf-8")
    return head + body + b"\n"


def _item(channel: Element, show: FeedShow, item: FeedItem) -> None:
    node = SubElement(channel, "item")
    _text(node, "title", item.title)
    _text(node, "description", item.description)
    _text(node, "guid", item.guid, isPermaLink="false")
    _text(node, "pubDate", _date(item.published_at))
    SubElement(
        node,
        "enclosure",
        {"url": item.audio_url, "length": str(item.audio_bytes), "type": "audio/mpeg"},
    )
    _text(node, f"{{{ITUNES}}}duration", str(item.seconds))
    _text(node, f"{{{ITUNES}}}explicit", "true" if show.explicit else "false")
    _text(node, f"{{{ITUNES}}}episode", str(item.number))
    _text(node, f"{{{ITUNES}}}season", str(item.season))
    _text(node, f"{{{PODCAST}}}season", str(item.season), name=str(item.season))
    _text(node, f"{{{PODCAST}}}episode", str(item.number))
    for transcript in item.transcripts:
        SubElement(
            node,
            f"{{{PODCAST}}}transcript",
            {"url": transcript.url, "type": transcript.media_type, "language": show.language},
        )
    SubElement(
        node,
        f"{{{PODCAST}}}chapters",
        {"url": item.chapters.url, "type": item.chapters.media_type},
    )
    _persons(node, show.persons)


def _persons(parent: Element, persons: tuple[FeedPerson, ...]) -> None:
    for person in persons:
        _text(parent, f"{{{PODCAST}}}person", person.name[:128], role=person.role, group="cast")


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    node = SubElement(parent, tag, dict(_sorted(attributes)))
    node.text = words.paragraphs(text)


def _sorted(attributes: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield from sorted(attributes.items())


def _date(at: datetime) -> str:
    return format_datetime(at.replace(microsecond=0))
