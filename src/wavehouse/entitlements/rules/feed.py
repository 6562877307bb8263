"""A private feed as RSS; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import format_datetime

from wavehouse.entitlements.types import FeedItem
from wavehouse.kernel import words

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">\n<channel>\n'
)


def rss(title: str, *, link: str, image: str | None, items: Sequence[FeedItem]) -> str:
    """The feed; directories are asked not to list it."""
    head = [
        f"<title>{_text(title)}</title>",
        f"<link>{_text(link)}</link>",
        f"<description>{_text(f'{title}, for one listener only')}</description>",
        "<itunes:block>Yes</itunes:block>",
        "<ttl>60</ttl>",
    ]
    if image:
        head.append(f'<itunes:image href="{_text(image)}"/>')
    return _HEAD + "\n".join([*head, *map(_item, items)]) + "\n</channel>\n</rss>\n"


def _item(item: FeedItem) -> str:
    lines = [
        f"<title>{_text(item.title)}</title>",
        f'<guid isPermaLink="false">{_text(item.guid or str(item.episode_id))}</guid>',
        f'<enclosure url="{_text(item.url)}" type="{_text(item.media_type)}" length="0"/>',
    ]
    if item.published_at:
        lines.append(f"<pubDate>{format_datetime(item.published_at)}</pubDate>")
    if item.duration_seconds:
        lines.append(f"<itunes:duration>{item.duration_seconds}</itunes:duration>")
    return "<item>\n" + "\n".join(lines) + "\n</item>"


def _text(text: str) -> str:
    return words.xml(_NOT_XML.sub("", text))
