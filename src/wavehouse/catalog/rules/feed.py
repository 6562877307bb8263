"""``parse_feed`` turns the bytes of a feed into a ``Feed``, or raises one error.

RSS 2.0, RSS 1.0 and Atom. Errors are repaired when the meaning is certain; an item
that cannot be used is dropped, with its line and the reason.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from uuid import UUID

from lxml import etree

from wavehouse.catalog.rules import podcasting
from wavehouse.catalog.rules.elements import Children, attribute, line_of, name_of, parsed
from wavehouse.catalog.rules.identity import guid_without_one
from wavehouse.catalog.rules.items import (
    LONGEST_TITLE,
    author_of,
    episode_of,
    image_of,
    link_of,
)
from wavehouse.catalog.rules.text import clean_xml
from wavehouse.catalog.rules.values import yes
from wavehouse.catalog.types.feed import DroppedItem, DropReason, Feed, FeedEpisode, FeedNote
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.web_addresses import web_url

MAX_FEED_BYTES = 25 * 1024 * 1024
_ITEMS = frozenset({"item", "entry", "atom:entry"})
_MOST_NOTES = 20
_MOST_ITEMS = 50_000


def _declared_guid(written: str | None) -> str | None:
    try:
        return str(UUID(written)) if written else None
    except ValueError:
        return None


def _categories(of: Children) -> tuple[str, ...]:
    categories: list[str] = []
    for tag in of.all("itunes:category"):
        if outer := attribute(tag, "text"):
            categories.append(outer)
            inner = (attribute(sub, "text") for sub in Children(tag).all("itunes:category"))
            categories.extend(f"{outer} / {name}" for name in inner if name)
    return tuple(dict.fromkeys(categories or filter(None, [of.line("category")])))


def _link(of: Children, relation: str, location: str | None = None) -> str | None:
    """The address of the first link of the feed itself with this relation."""
    for tag in of.all("atom:link", "link"):
        if relation in (attribute(tag, "rel") or "").lower().split():
            return web_url(attribute(tag, "href"), location)
    return None


def _ends_inside_an_item(xml: str) -> bool:
    """True when the document stops before its last item and channel are closed."""
    opened = max(xml.rfind("<item"), xml.rfind("<entry"))
    closes = ("</item", "</entry", "</channel", "</rss", "</feed", "</rdf:RDF")
    return opened > max(xml.rfind(tag) for tag in closes)


def _sorted_out(
    elements: list[etree._Element], location: str | None, cut: bool
) -> tuple[list[FeedEpisode], list[DroppedItem]]:
    """Split items into episodes and dropped ones; the first of two with one guid wins."""
    episodes: dict[str, FeedEpisode] = {}
    dropped: list[DroppedItem] = []
    for position, element in enumerate(elements, start=1):
        if cut and position == len(elements):
            reason = "the document ends inside this item"
            dropped.append(DroppedItem(line_of(element), DropReason.CUT_SHORT, reason))
            continue
        episode = episode_of(element, location)
        if isinstance(episode, FeedEpisode) and not episode.has_guid and episode.guid in episodes:
            whole = guid_without_one(episode.enclosure.url, whole_query=True)
            episode = replace(episode, guid=whole)
        if isinstance(episode, DroppedItem):
            dropped.append(episode)
        elif episode.guid in episodes:
            detail = f"its guid is already used at line {episodes[episode.guid].line}"
            dropped.append(DroppedItem(episode.line, DropReason.DUPLICATE_GUID, detail))
        else:
            episodes[episode.guid] = episode
    return list(episodes.values()), dropped


def _notes(complaints: list[tuple[int, str]], episodes: list[FeedEpisode]) -> tuple[FeedNote, ...]:
    notes = [FeedNote(line, message) for line, message in complaints]
    notes = sorted(notes, key=lambda note: note.line)[:_MOST_NOTES]
    dates = [FeedNote(e.line, e.date_note) for e in episodes if e.date_note]
    return tuple(sorted([*notes, *dates], key=lambda note: note.line))


def parse_feed(
    data: bytes, *, location: str | None = None, charset: str | None = None, name: str = "feed"
) -> Feed:
    """Read a feed; raises ``InvalidInput`` with one sentence when ``data`` is not a feed.

    ``location`` resolves relative addresses, ``name`` is the document's name in errors; ``charset``
    is the server's header; evidence in the bytes overrides it.
    """
    try:
        return _parsed_feed(data, location, charset)
    except InvalidInput as wrong:
        where = f"{name}{wrong.where or ''}"
        raise InvalidInput(
            wrong.message, where=where, hint=wrong.hint, command=wrong.command
        ) from wrong


def _ends_between_items(xml: str, complaints: list[tuple[int, str]]) -> bool:
    """True when the text stops before its channel ends, so something is missing.

    A feed that closes its channel and only forgets the last tag after it is whole.
    """
    early = any(message.startswith("Premature end of data") for _, message in complaints)
    return early and not xml.rstrip().lower().endswith(("</channel>", "</rss>", "</feed>"))


def _parsed_feed(data: bytes, location: str | None, charset: str | None) -> Feed:
    if len(data) > MAX_FEED_BYTES:
        raise InvalidInput(
            f"the document has {len(data):,} bytes; a feed may have {MAX_FEED_BYTES:,}",
            hint="Ask the publisher for a paged or shorter feed.",
        )
    xml = clean_xml(data, charset)
    root, complaints = parsed(xml)
    named = (e for e in root.iter() if isinstance(e.tag, str) and name_of(e) in _ITEMS)
    items = list(islice(named, _MOST_ITEMS + 1))
    if len(items) > _MOST_ITEMS:
        raise InvalidInput(
            f"the document has more than {_MOST_ITEMS:,} items",
            hint="Ask the publisher for a paged or shorter feed.",
        )
    heads = (e for e in root.iter() if isinstance(e.tag, str) and name_of(e) == "channel")
    head = next(heads, root)
    cut = bool(complaints) and _ends_inside_an_item(xml)
    episodes, dropped = _sorted_out(items, location, cut)
    if not cut and _ends_between_items(xml, complaints):
        line = xml.count("\n") + 1
        dropped.append(DroppedItem(line, DropReason.CUT_SHORT, "the feed is truncated here"))
    return _assembled(Children(head), location, episodes, dropped, _notes(complaints, episodes))


def _assembled(
    of: Children,
    location: str | None,
    episodes: list[FeedEpisode],
    dropped: list[DroppedItem],
    notes: tuple[FeedNote, ...],
) -> Feed:
    title = of.line("title", "atom:title", "itunes:title", "dc:title")
    return Feed(
        title=(title or link_of(of, location) or location or "Untitled")[:LONGEST_TITLE],
        description=of.paragraphs("description", "itunes:summary", "atom:subtitle", "subtitle"),
        author=author_of(of),
        link=link_of(of, location),
        self_url=_link(of, "self"),
        language=of.line("language", "dc:language"),
        image_url=image_of(of, location),
        categories=_categories(of),
        explicit=yes(of.text("itunes:explicit", "googleplay:explicit")),
        podcast_guid=_declared_guid(of.text("podcast:guid")),
        medium=(of.line("podcast:medium") or "podcast").lower(),
        locked=yes(of.text("podcast:locked")),
        show_type=of.line("itunes:type"),
        complete=yes(of.text("itunes:complete")),
        new_feed_url=web_url(of.text("itunes:new-feed-url"), location),
        generator=of.line("generator", "atom:generator"),
        uses_podping=yes(of.attribute("podcast:podping", "usesPodping")),
        persons=podcasting.persons(of, location),
        fundings=podcasting.fundings(of, location),
        locations=podcasting.locations(of),
        license=podcasting.license_of(of, location),
        values=podcasting.values(of, location),
        txts=podcasting.txts(of),
        blocks=podcasting.blocks(of),
        trailers=podcasting.trailers(of, location),
        podroll=podcasting.podroll(of, location),
        update_frequency=podcasting.update_frequency(of),
        episodes=tuple(episodes),
        dropped=tuple(sorted(dropped, key=lambda item: item.line)),
        notes=notes,
        next_url=_link(of, "next", location),
        prev_archive_url=_link(of, "prev-archive", location),
        hub_url=_link(of, "hub", location),
    )
