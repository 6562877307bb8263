"""Find an item's main media file and its alternates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from wavehouse.catalog.rules import podcasting
from wavehouse.catalog.rules.elements import Children, attribute, name_of
from wavehouse.catalog.rules.values import positive_int
from wavehouse.catalog.types.feed import AlternateEnclosure, DropReason, Enclosure
from wavehouse.kernel.web_addresses import web_url

_NOT_MEDIA = ("image/", "text/")
_MEDIA = ("audio/", "video/")
LONGEST_URL = 1000


@dataclass(frozen=True, slots=True)
class Media:
    """The main file of an item, its further enclosures, and its alternates."""

    enclosure: Enclosure
    others: tuple[Enclosure, ...]
    alternates: tuple[AlternateEnclosure, ...]


@dataclass(frozen=True, slots=True)
class Unusable:
    """The reason why an item has no media."""

    reason: DropReason
    detail: str


def _is_media(tag: etree._Element) -> bool:
    kind = (attribute(tag, "type", "medium") or "").lower()
    return f"{kind}/".startswith(_MEDIA)


def _named(of: Children) -> Iterator[tuple[str | None, etree._Element]]:
    """Every (address as written, element) that may hold the item's media."""
    for tag in of.all("enclosure"):
        yield attribute(tag, "url", "href"), tag
    for tag in of.all("atom:link", "link"):
        if (attribute(tag, "rel") or "").lower() == "enclosure":
            yield attribute(tag, "href"), tag
    groups = (child for group in of.all("media:group") for child in group)
    for tag in (*of.all("media:content"), *groups):
        if isinstance(tag.tag, str) and name_of(tag) == "media:content" and _is_media(tag):
            yield attribute(tag, "url"), tag


def media_of(of: Children, base: str | None) -> Media | Unusable:
    """The item's main file and its other files, or the reason why there is none."""
    usable: dict[str, Enclosure] = {}
    refused = Unusable(DropReason.NO_ENCLOSURE, "it has no enclosure")
    for written, tag in _named(of):
        media_type = attribute(tag, "type")
        length = positive_int(attribute(tag, "length", "fileSize"))
        if (media_type or "").lower().startswith(_NOT_MEDIA):
            refused = Unusable(DropReason.NO_ENCLOSURE, f"its enclosure is of type {media_type}")
        elif (url := web_url(written, base)) is None:
            refused = Unusable(DropReason.BAD_ENCLOSURE_URL, "its enclosure has no http(s) address")
        elif len(url) > LONGEST_URL:
            refused = Unusable(
                DropReason.TOO_LONG,
                f"its address has {len(url)} of {LONGEST_URL} characters",
            )
        else:
            usable.setdefault(url, Enclosure(url, length, media_type))
    alternates = podcasting.alternates(of, base)
    if not usable and alternates:
        chosen = next((a for a in alternates if a.default), alternates[0])
        url = chosen.sources[0]
        usable[url] = Enclosure(url, chosen.bytes, chosen.media_type)
    if not usable:
        return refused
    main, *others = usable.values()
    return Media(main, tuple(others), alternates)
