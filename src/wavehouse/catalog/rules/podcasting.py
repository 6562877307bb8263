"""Readers of the Podcasting 2.0 tags. Tags without a required part are left out."""

from __future__ import annotations

from decimal import Decimal

from lxml import etree

from wavehouse.catalog.rules.dates import instant
from wavehouse.catalog.rules.elements import Children, attribute, text_of
from wavehouse.catalog.rules.values import number, one_line, positive_int, yes
from wavehouse.catalog.types.feed import AlternateEnclosure
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
    ValueRecipient,
    ValueTimeSplit,
)
from wavehouse.kernel.web_addresses import web_url

_ZERO = Decimal(0)


def persons(of: Children, base: str | None) -> tuple[Person, ...]:
    """Every named person; role and group default as the namespace says."""
    return tuple(
        Person(
            name=name,
            role=(attribute(tag, "role") or "host").lower(),
            group=(attribute(tag, "group") or "cast").lower(),
            image_url=web_url(attribute(tag, "img"), base),
            href=web_url(attribute(tag, "href"), base),
        )
        for tag in of.all("podcast:person")
        if (name := one_line(text_of(tag)))
    )


def transcripts(of: Children, base: str | None) -> tuple[TranscriptLink, ...]:
    """Every transcript with an address."""
    return tuple(
        TranscriptLink(
            url, attribute(tag, "type"), attribute(tag, "language"), attribute(tag, "rel")
        )
        for tag in of.all("podcast:transcript")
        if (url := web_url(attribute(tag, "url"), base))
    )


def chapters(of: Children, base: str | None) -> ChaptersLink | None:
    """The first chapters file with an address."""
    for tag in of.all("podcast:chapters"):
        if url := web_url(attribute(tag, "url"), base):
            return ChaptersLink(url, attribute(tag, "type"))
    return None


def soundbites(of: Children) -> tuple[Soundbite, ...]:
    """Every soundbite with a start and a length."""
    soundbites = []
    for tag in of.all("podcast:soundbite"):
        start, duration = number(attribute(tag, "startTime")), number(attribute(tag, "duration"))
        if start is not None and duration:
            soundbites.append(Soundbite(start, duration, one_line(text_of(tag))))
    return tuple(soundbites)


def fundings(of: Children, base: str | None) -> tuple[Funding, ...]:
    """Every funding link."""
    return tuple(
        Funding(url, one_line(text_of(tag)) or "")
        for tag in of.all("podcast:funding")
        if (url := web_url(attribute(tag, "url"), base))
    )


def locations(of: Children) -> tuple[Location, ...]:
    """Every named location."""
    return tuple(
        Location(
            name,
            attribute(tag, "geo"),
            attribute(tag, "osm"),
            attribute(tag, "rel"),
            attribute(tag, "country"),
        )
        for tag in of.all("podcast:location")
        if (name := one_line(text_of(tag)))
    )


def license_of(of: Children, base: str | None) -> License | None:
    """The licence, if any."""
    tag = of.first("podcast:license")
    name = one_line(text_of(tag)) if tag is not None else None
    if tag is None or name is None:
        return None
    return License(name, web_url(attribute(tag, "url"), base))


def season(of: Children) -> Season | None:
    """The season by the namespace's tag, else by Apple's."""
    value = number(of.text("podcast:season", "itunes:season"))
    if value is None or value > 2**31 - 1:
        return None
    return Season(int(value), of.attribute("podcast:season", "name"))


def episode_number(of: Children) -> EpisodeNumber | None:
    """The episode's number by the namespace's tag, else by Apple's."""
    value = number(of.text("podcast:episode", "itunes:episode"))
    return (
        None if value is None else EpisodeNumber(value, of.attribute("podcast:episode", "display"))
    )


def remote_item(tag: etree._Element, base: str | None) -> RemoteItem | None:
    """A reference to another feed, if any."""
    guid, url = attribute(tag, "feedGuid"), web_url(attribute(tag, "feedUrl"), base)
    if not guid and not url:
        return None
    return RemoteItem(
        guid or "",
        url,
        attribute(tag, "itemGuid"),
        attribute(tag, "medium"),
        attribute(tag, "title"),
    )


def remote_items(of: Children, base: str | None) -> tuple[RemoteItem, ...]:
    """Every reference among the children."""
    items = (remote_item(tag, base) for tag in of.all("podcast:remoteitem"))
    return tuple(item for item in items if item)


def _recipients(of: Children) -> tuple[ValueRecipient, ...]:
    return tuple(
        ValueRecipient(
            name=attribute(tag, "name"),
            kind=attribute(tag, "type") or "",
            address=address,
            split=positive_int(attribute(tag, "split")) or 0,
            fee=yes(attribute(tag, "fee")),
            custom_key=attribute(tag, "customKey"),
            custom_value=attribute(tag, "customValue"),
        )
        for tag in of.all("podcast:valuerecipient")
        if (address := attribute(tag, "address"))
    )


def _time_splits(of: Children, base: str | None) -> tuple[ValueTimeSplit, ...]:
    splits = []
    for tag in of.all("podcast:valuetimesplit"):
        duration = number(attribute(tag, "duration"))
        if duration is None:
            continue
        inside = Children(tag)
        splits.append(
            ValueTimeSplit(
                start=number(attribute(tag, "startTime")) or _ZERO,
                duration=duration,
                remote_start=number(attribute(tag, "remoteStartTime")),
                remote_percentage=positive_int(attribute(tag, "remotePercentage")),
                recipients=_recipients(inside),
                remote_item=next(iter(remote_items(inside, base)), None),
            )
        )
    return tuple(splits)


def values(of: Children, base: str | None) -> tuple[Value, ...]:
    """Every value block, with all its recipients and time splits."""
    values = []
    for tag in of.all("podcast:value"):
        inside = Children(tag)
        values.append(
            Value(
                kind=attribute(tag, "type") or "",
                method=attribute(tag, "method"),
                suggested=attribute(tag, "suggested"),
                recipients=_recipients(inside),
                time_splits=_time_splits(inside, base),
            )
        )
    return tuple(values)


def alternates(of: Children, base: str | None) -> tuple[AlternateEnclosure, ...]:
    """Every alternate enclosure with a web source, with all its sources."""
    alternates = []
    for tag in of.all("podcast:alternateenclosure"):
        inside = Children(tag)
        sources = (web_url(attribute(s, "uri"), base) for s in inside.all("podcast:source"))
        reachable = tuple(dict.fromkeys(source for source in sources if source))
        if not reachable:
            continue
        bitrate, height = number(attribute(tag, "bitrate")), number(attribute(tag, "height"))
        alternates.append(
            AlternateEnclosure(
                media_type=attribute(tag, "type"),
                bytes=positive_int(attribute(tag, "length")),
                bitrate=float(bitrate) if bitrate else None,
                height=int(height) if height else None,
                language=attribute(tag, "lang"),
                title=attribute(tag, "title"),
                rel=attribute(tag, "rel"),
                codecs=attribute(tag, "codecs"),
                default=yes(attribute(tag, "default")),
                integrity=inside.attribute("podcast:integrity", "value"),
                sources=reachable,
            )
        )
    return tuple(alternates)


def txts(of: Children) -> tuple[Txt, ...]:
    """Every machine-readable text."""
    return tuple(
        Txt(attribute(tag, "purpose"), text)
        for tag in of.all("podcast:txt")
        if (text := text_of(tag))
    )


def social(of: Children) -> tuple[SocialInteract, ...]:
    """Every link to comments; the protocol "disabled" needs no address."""
    return tuple(
        SocialInteract(
            protocol,
            attribute(tag, "uri"),
            attribute(tag, "accountId"),
            attribute(tag, "accountUrl"),
            positive_int(attribute(tag, "priority")),
        )
        for tag in of.all("podcast:socialinteract")
        if (protocol := attribute(tag, "protocol"))
    )


def content_links(of: Children) -> tuple[ContentLink, ...]:
    """Every link to the same content elsewhere."""
    return tuple(
        ContentLink(href, one_line(text_of(tag)) or "")
        for tag in of.all("podcast:contentlink")
        if (href := attribute(tag, "href"))
    )


def blocks(of: Children) -> tuple[Block, ...]:
    """Every block tag."""
    return tuple(Block(attribute(tag, "id"), yes(text_of(tag))) for tag in of.all("podcast:block"))


def trailers(of: Children, base: str | None) -> tuple[Trailer, ...]:
    """Every trailer with an address."""
    return tuple(
        Trailer(
            title=one_line(text_of(tag)) or "Trailer",
            url=url,
            published_at=instant(attribute(tag, "pubdate")),
            bytes=positive_int(attribute(tag, "length")),
            media_type=attribute(tag, "type"),
            season=positive_int(attribute(tag, "season")),
        )
        for tag in of.all("podcast:trailer")
        if (url := web_url(attribute(tag, "url"), base))
    )


def podroll(of: Children, base: str | None) -> tuple[RemoteItem, ...]:
    """The shows recommended by this show."""
    rolls = of.all("podcast:podroll")
    return tuple(item for roll in rolls for item in remote_items(Children(roll), base))


def update_frequency(of: Children) -> UpdateFrequency | None:
    """The show's publishing frequency."""
    tag = of.first("podcast:updatefrequency")
    if tag is None:
        return None
    return UpdateFrequency(
        label=one_line(text_of(tag)) or "",
        rrule=attribute(tag, "rrule"),
        complete=yes(attribute(tag, "complete")),
        starts_at=instant(attribute(tag, "dtstart")),
    )
