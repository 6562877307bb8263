"""Media items: what clients call episodes, and the chapters that they are here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wavehouse.listeners.types import Described
from wavehouse.store import Listeners, Tx


def save_media_items(
    tx: Tx[Listeners],
    *,
    items: Sequence[tuple[str, str, str, str | None, str | None, str | None, datetime | None]],
) -> None:
    """What clients call episodes: chapter, feed, file, guid, title, page and date.

    Those that are known stay.
    """
    tx.execute_many(
        """
        INSERT INTO listeners.media_items
          (chapter_id, podcast_url, episode_url, guid, title, link, published_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        list(items),
    )


def set_guid(tx: Tx[Listeners], *, chapter_id: str, guid: str) -> None:
    """An episode that was known by its file alone tells its guid now (P29)."""
    tx.execute(
        """
        UPDATE listeners.media_items m SET guid = %(guid)s
        WHERE chapter_id = %(chapter_id)s AND guid IS NULL AND NOT EXISTS (
          SELECT FROM listeners.media_items o
          WHERE o.podcast_url = m.podcast_url AND o.guid = %(guid)s)
        """,
        {"chapter_id": chapter_id, "guid": guid},
    )


def known_items(
    tx: Tx[Listeners],
    *,
    podcast_urls: Sequence[str],
    episode_urls: Sequence[str],
    guids: Sequence[str],
) -> list[tuple[str, str, str, str | None]]:
    """Episodes with one of these files or guids in one of these feeds (P29)."""
    return tx.tuples(
        """
        SELECT podcast_url, episode_url, chapter_id, guid FROM listeners.media_items
        WHERE podcast_url = ANY(%(podcasts)s)
          AND (episode_url = ANY(%(episodes)s) OR guid = ANY(%(guids)s))
        """,
        {
            "podcasts": list(podcast_urls),
            "episodes": list(episode_urls),
            "guids": list(guids),
        },
    ).fetchall()  # fmt: skip


def described_items(
    tx: Tx[Listeners], *, podcast_url: str, described: Described
) -> list[tuple[str, str | None, Described]]:
    """Episodes of a feed that have this title, page or date: chapter, guid, description (P29)."""
    rows = tx.tuples(
        """
        SELECT chapter_id, guid, title, link, published_at FROM listeners.media_items
        WHERE podcast_url = %(podcast_url)s
          AND (title = %(title)s OR link = %(link)s OR published_at = %(published_at)s)
        """,
        {
            "podcast_url": podcast_url,
            "title": described.title,
            "link": described.link,
            "published_at": described.published_at,
        },
    )
    return [(row[0], row[1], Described(*row[2:])) for row in rows]
