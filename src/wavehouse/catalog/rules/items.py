"""One item of a feed becomes one episode, or is dropped with a reason."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from lxml import etree

from wavehouse.catalog.rules import podcasting
from wavehouse.catalog.rules.dates import DateReading, read_date
from wavehouse.catalog.rules.elements import Children, attribute, line_of, text_of
from wavehouse.catalog.rules.enclosures import Unusable, media_of
from wavehouse.catalog.rules.identity import guid_without_one
from wavehouse.catalog.rules.values import (
    base_of,
    one_line,
    plain_start,
    seconds,
    yes,
)
from wavehouse.catalog.types.feed import DroppedItem, DropReason, Enclosure, FeedEpisode
from wavehouse.kernel.web_addresses import web_url

LONGEST_GUID = 500
LONGEST_TITLE = 500
_DATES = (
    "pubdate",
    "dc:date",
    "atom:published",
    "published",
    "atom:issued",
    "dcterms:issued",
    "atom:updated",
    "updated",
    "atom:modified",
    "dcterms:modified",
)
_BODIES = (
    "description",
    "itunes:summary",
    "content:encoded",
    "atom:summary",
    "atom:content",
    "summary",
    "content",
)


def author_of(of: Children) -> str | None:
    """The author of an item: Apple's tag first, then the alternatives."""
    for name in ("atom:author", "author"):
        for tag in of.all(name):
            inside = Children(tag).line("atom:name", "name")
            if inside:
                return inside
    return of.line("itunes:author", "dc:creator", "author", "googleplay:author")


def link_of(of: Children, base: str | None) -> str | None:
    """The web page of the item: RSS's link, or Atom's alternate."""
    for tag in of.all("link", "atom:link"):
        if (attribute(tag, "rel") or "alternate").lower() != "alternate":
            continue
        if url := web_url(attribute(tag, "href") or text_of(tag), base):
            return url
    return None


def image_of(of: Children, base: str | None) -> str | None:
    """The artwork's address."""
    for name, key in (
        ("itunes:image", "href"),
        ("podcast:image", "href"),
        ("googleplay:image", "href"),
        ("media:thumbnail", "url"),
    ):
        if url := web_url(of.attribute(name, key), base):
            return url
    image = of.first("image")
    written = Children(image).text("url") if image is not None else None
    return web_url(written or of.text("atom:logo", "logo", "itunes:image"), base)


def _categories(of: Children) -> tuple[str, ...]:
    categories = (
        one_line(attribute(tag, "term") or text_of(tag))
        for tag in of.all("category", "atom:category")
    )
    return tuple(dict.fromkeys(name for name in categories if name))


def _title_of(of: Children, body: str | None, enclosure: Enclosure) -> str:
    written = of.line("title", "itunes:title", "atom:title", "media:title", "dc:title")
    file_name = unquote(urlsplit(enclosure.url).path.rsplit("/", 1)[-1])
    return (written or plain_start(body, 80) or file_name or enclosure.url)[:LONGEST_TITLE]


def _published(of: Children) -> tuple[DateReading, str | None]:
    """The first readable date of an item, otherwise its first date as written."""
    written = None
    for tag in of.all(*_DATES):
        text = one_line(text_of(tag))
        reading = read_date(text)
        if reading.at is not None:
            return reading, text
        written = written or text
    return DateReading(None), written


def _date_note(title: str, reading: DateReading, written: str | None) -> str | None:
    """A note for people about an item's date; None when nothing was assumed."""
    if reading.at is not None:
        return f'"{title}": the date {written!r}: {reading.doubt}' if reading.doubt else None
    what = f"the date {written!r} cannot be read" if written else "the item has no date"
    return f'"{title}": {what}; the date on which it was first seen is used'


def episode_of(element: etree._Element, location: str | None) -> FeedEpisode | DroppedItem:
    """The episode of an item, or the reason why it is dropped."""
    of, line = Children(element), line_of(element)
    base = base_of(element.base, location)
    media = media_of(of, base)
    if isinstance(media, Unusable):
        return DroppedItem(line, media.reason, media.detail)
    stated = of.text("guid", "atom:id", "id")
    guid = stated or guid_without_one(media.enclosure.url)
    if len(guid) > LONGEST_GUID:
        detail = f"its guid has {len(guid)} of {LONGEST_GUID} characters"
        return DroppedItem(line, DropReason.TOO_LONG, detail)
    body = of.paragraphs(*_BODIES)
    title = _title_of(of, body, media.enclosure)
    reading, written = _published(of)
    return FeedEpisode(
        line=line,
        guid=guid,
        has_guid=stated is not None,
        title=title,
        description=body,
        published_at=reading.at,
        date_note=_date_note(title, reading, written),
        enclosure=media.enclosure,
        others=media.others,
        alternates=media.alternates,
        duration_seconds=seconds(of.text("itunes:duration")),
        link=link_of(of, base),
        author=author_of(of),
        explicit=yes(of.text("itunes:explicit", "googleplay:explicit")),
        episode_type=of.line("itunes:episodetype"),
        categories=_categories(of),
        image_url=image_of(of, base),
        season=podcasting.season(of),
        episode=podcasting.episode_number(of),
        persons=podcasting.persons(of, base),
        transcripts=podcasting.transcripts(of, base),
        chapters=podcasting.chapters(of, base),
        soundbites=podcasting.soundbites(of),
        locations=podcasting.locations(of),
        license=podcasting.license_of(of, base),
        values=podcasting.values(of, base),
        txts=podcasting.txts(of),
        social=podcasting.social(of),
        content_links=podcasting.content_links(of),
    )
