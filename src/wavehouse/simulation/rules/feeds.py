"""A show as an RSS feed with the podcast namespace, as a hosting company would serve it."""

from __future__ import annotations

from email.utils import format_datetime
from html import escape

from wavehouse.simulation.rules.shows import feed_url, newest_first
from wavehouse.simulation.types import Episode, Rendition, Show

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"
     xmlns:atom="http://www.w3.org/2005/Atom"
     xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
     xmlns:podcast="https://podcastindex.org/namespace/1.0">
  <channel>
"""
_WALLET = "02" + "5eedca5e" * 8
"""The key of an invented node."""


def tag(name: str, text: str | None = None, /, **attributes: str | int | None) -> str:
    """One element on one line, without the attributes that are None."""
    given = "".join(
        f' {key}="{escape(str(value))}"' for key, value in attributes.items() if value is not None
    )
    return f"<{name}{given}/>" if text is None else f"<{name}{given}>{plain(text)}</{name}>"


def plain(text: str) -> str:
    """Text as written between tags."""
    return escape(text, quote=False)


def feed(show: Show) -> str:
    """The complete feed of a show."""
    body = [*_channel(show)]
    for episode in newest_first(show):
        body += ["<item>", *(f"  {line}" for line in _item(show, episode)), "</item>"]
    return _HEAD + "".join(f"    {line}\n" for line in body) + "  </channel>\n</rss>\n"


def _channel(show: Show) -> list[str]:
    contact = f"hello@{show.key}.example"
    newest = newest_first(show)[0].published
    return [
        tag("title", show.title),
        tag("link", show.site),
        tag("description", show.description),
        tag("language", show.language),
        tag("copyright", f"© {newest.year} {show.author}"),
        tag("generator", "wavehouse simulate"),
        tag("lastBuildDate", format_datetime(newest)),
        tag("atom:link", href=feed_url(show.key), rel="self", type="application/rss+xml"),
        tag("itunes:author", show.author),
        tag("itunes:type", "episodic"),
        tag("itunes:explicit", "false"),
        tag("itunes:image", href=f"{show.site}cover.jpg"),
        tag("itunes:category", text=show.category),
        "<itunes:owner>",
        f"  {tag('itunes:name', show.author)}{tag('itunes:email', contact)}",
        "</itunes:owner>",
        tag("podcast:guid", show.guid),
        tag("podcast:medium", "podcast"),
        tag("podcast:locked", "yes", owner=contact),
        tag("podcast:funding", f"Keep {show.title} on air", url=f"{show.site}support"),
        *(
            tag("podcast:person", name, role=role, href=f"{show.site}people#{index}")
            for index, (name, role) in enumerate(show.people)
        ),
        '<podcast:value type="lightning" method="keysend" suggested="0.00000015000">',
        "  " + tag("podcast:valueRecipient", name=show.author, type="node", address=_WALLET,
                   split=95),
        "  " + tag("podcast:valueRecipient", name="The archive", type="node", address=_WALLET,
                   split=5, fee="true"),
        "</podcast:value>",
    ]  # fmt: skip


def _item(show: Show, episode: Episode) -> list[str]:
    page = f"{show.site}episodes/{episode.number}"
    media = episode.media
    seconds = media.duration_ms // 1000
    guest = show.people[episode.number % len(show.people)]
    return [
        tag("title", f"#{episode.number} · {episode.title}"),
        tag("link", page),
        tag("guid", episode.guid, isPermaLink="false"),
        tag("pubDate", format_datetime(episode.published)),
        tag("description", episode.summary),
        f"<content:encoded><![CDATA[<p>{plain(episode.summary)}</p>]]></content:encoded>",
        tag("enclosure", url=media.url, length=media.bytes, type=media.kind),
        tag("itunes:title", episode.title),
        tag("itunes:duration", f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"),
        tag("itunes:episode", str(episode.number)),
        tag("itunes:season", str(episode.published.year - 2023)),
        tag("itunes:episodeType", "full"),
        tag("itunes:explicit", "false"),
        tag("podcast:season", str(episode.published.year - 2023)),
        tag("podcast:episode", str(episode.number)),
        tag("podcast:transcript", url=f"{page}/transcript.vtt", type="text/vtt", language="en"),
        tag("podcast:transcript", url=f"{page}/transcript.json", type="application/json"),
        tag("podcast:chapters", url=f"{page}/chapters.json", type="application/json+chapters"),
        tag("podcast:person", guest[0], role=guest[1]),
        *_alternates(media, default=True),
        *(line for file in episode.alternates for line in _alternates(file, default=False)),
    ]  # fmt: skip


def _alternates(file: Rendition, *, default: bool) -> list[str]:
    audio = (file.bytes - file.header_bytes) * 8000 // file.duration_ms
    title, first = ("Standard", "true") if default else ("Small", None)
    opened = tag(
        "podcast:alternateEnclosure",
        type=file.kind, length=None if file.segments else file.bytes, bitrate=audio,
        title=title, default=first,
    )  # fmt: skip
    return [
        opened.removesuffix("/>") + ">",
        "  " + tag("podcast:source", uri=file.url),
        "</podcast:alternateEnclosure>",
    ]
