"""Chapters of listeners, and the keys (file, guid, former id) that name them (P29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.types import NO_DESCRIPTION, Described
from wavehouse.store import Listeners, Tx

Chapter = tuple[ListenerId, str]
Key = tuple[ListenerId, bytes]


@dataclass(frozen=True, slots=True)
class KnownChapter:
    """A stored chapter; ``moved_at`` is set once a second file is known."""

    chapter_id: str
    episode_url: str | None
    guid: str | None
    moved_at: datetime | None
    created_at: datetime

    @property
    def age(self) -> tuple[datetime, str]:
        """The order in which merged chapters are kept: oldest first."""
        return self.created_at, self.chapter_id


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to store."""

    listener_id: ListenerId
    key_hash: bytes
    chapter_id: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class NewChapter:
    """A chapter to store; without addresses when an app names it only by its id."""

    listener_id: ListenerId
    chapter_id: str
    podcast_url: str | None = None
    episode_url: str | None = None
    guid: str | None = None
    described: Described = NO_DESCRIPTION
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """The newest address of a chapter, and the time of the action that named it."""

    listener_id: ListenerId
    chapter_id: str
    episode_url: str
    guid: str | None
    at: datetime


def by_keys(tx: Tx[Listeners], *, keys: Sequence[Key]) -> dict[Key, KnownChapter]:
    """The chapters with these keys."""
    rows = tx.tuples(
        """
        SELECT w.listener_id, w.key_hash, c.chapter_id, c.episode_url, c.guid, c.moved_at,
               c.created_at
        FROM unnest(%s::uuid[], %s::bytea[]) AS w (listener_id, key_hash)
        CROSS JOIN LATERAL (
          SELECT chapter_id FROM listeners.chapter_keys
          WHERE listener_id = w.listener_id AND key_hash = w.key_hash LIMIT 1) k
        CROSS JOIN LATERAL (
          SELECT chapter_id, episode_url, guid, moved_at, created_at FROM listeners.chapters
          WHERE listener_id = w.listener_id AND chapter_id = k.chapter_id LIMIT 1) c
        """,
        [[key[0] for key in keys], [key[1] for key in keys]],
    )
    return {(row[0], bytes(row[1])): KnownChapter(*row[2:]) for row in rows}


def existing(tx: Tx[Listeners], *, chapters: Sequence[Chapter]) -> set[Chapter]:
    """Which of these chapter ids exist."""
    rows = tx.tuples(
        """
        SELECT w.listener_id, w.chapter_id
        FROM unnest(%s::uuid[], %s::text[]) AS w (listener_id, chapter_id)
        CROSS JOIN LATERAL (
          SELECT FROM listeners.chapters
          WHERE listener_id = w.listener_id AND chapter_id = w.chapter_id LIMIT 1) c
        """,
        [[chapter[0] for chapter in chapters], [chapter[1] for chapter in chapters]],
    )
    return {(row[0], row[1]) for row in rows}


def described(
    tx: Tx[Listeners], *, listener_id: ListenerId, podcast_url: str, described: Described
) -> list[tuple[KnownChapter, Described]]:
    """A listener's chapters in a feed with this title, web page or date (P29)."""
    rows = tx.tuples(
        """
        SELECT chapter_id, episode_url, guid, moved_at, created_at, title, link, published_at
        FROM listeners.chapters
        WHERE listener_id = %(listener_id)s AND podcast_url = %(podcast_url)s
          AND (title = %(title)s OR link = %(link)s OR published_at = %(published_at)s)
        """,
        {
            "listener_id": listener_id,
            "podcast_url": podcast_url,
            "title": described.title,
            "link": described.link,
            "published_at": described.published_at,
        },
    )
    return [(KnownChapter(*row[:5]), Described(*row[5:])) for row in rows]


def insert_chapters(tx: Tx[Listeners], *, chapters: Sequence[NewChapter]) -> None:
    """Store new chapters."""
    tx.execute(
        """
        INSERT INTO listeners.chapters
          (listener_id, chapter_id, podcast_url, episode_url, guid, title, link, published_at,
           moved_at)
        SELECT r.listener_id, r.chapter_id, r.podcast_url, r.episode_url, r.guid, r.title, r.link,
               r.published_at, r.moved_at
        FROM json_to_recordset(%s::json) AS r (
          listener_id uuid, chapter_id text, podcast_url text, episode_url text, guid text,
          title text, link text, published_at timestamptz, moved_at timestamptz)
        ON CONFLICT DO NOTHING
        """,
        [
            _json(
                [
                    {
                        "listener_id": chapter.listener_id,
                        "chapter_id": chapter.chapter_id,
                        "podcast_url": chapter.podcast_url,
                        "episode_url": chapter.episode_url,
                        "guid": chapter.guid,
                        "title": chapter.described.title,
                        "link": chapter.described.link,
                        "published_at": chapter.described.published_at,
                        "moved_at": chapter.moved_at,
                    }
                    for chapter in chapters
                ]
            )
        ],
    )


def insert_keys(tx: Tx[Listeners], *, keys: Sequence[NewKey]) -> None:
    """Store new keys."""
    tx.execute(
        """
        INSERT INTO listeners.chapter_keys (listener_id, key_hash, chapter_id, kind, value)
        SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::text[], %s::text[], %s::text[])
        ON CONFLICT DO NOTHING
        """,
        [
            [key.listener_id for key in keys],
            [key.key_hash for key in keys],
            [key.chapter_id for key in keys],
            [key.kind for key in keys],
            [key.value for key in keys],
        ],
    )


def set_addresses(tx: Tx[Listeners], *, addresses: Sequence[Address]) -> None:
    """Set the newest addresses of chapters; each chapter once."""
    tx.execute(
        """
        UPDATE listeners.chapters c
        SET episode_url = r.episode_url, guid = coalesce(r.guid, c.guid), moved_at = r.at
        FROM json_to_recordset(%s::json) AS r (
          listener_id uuid, chapter_id text, episode_url text, guid text, at timestamptz)
        WHERE c.listener_id = r.listener_id AND c.chapter_id = r.chapter_id
        """,
        [
            _json(
                [
                    {
                        "listener_id": address.listener_id,
                        "chapter_id": address.chapter_id,
                        "episode_url": address.episode_url,
                        "guid": address.guid,
                        "at": address.at,
                    }
                    for address in addresses
                ]
            )
        ],
    )


def set_guids(tx: Tx[Listeners], *, guids: Mapping[Chapter, str]) -> None:
    """Set the guid of chapters that have none."""
    tx.execute(
        """
        UPDATE listeners.chapters c SET guid = w.guid
        FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS w (listener_id, chapter_id, guid)
        WHERE c.listener_id = w.listener_id AND c.chapter_id = w.chapter_id AND c.guid IS NULL
        """,
        [
            [chapter[0] for chapter in guids],
            [chapter[1] for chapter in guids],
            list(guids.values()),
        ],
    )


def merge(
    tx: Tx[Listeners], *, listener_id: ListenerId, keep: str, gone: Sequence[str]
) -> list[ActionId]:
    """Move everything of some chapters to another one and delete them (P29).

    The position must be folded again. Returns the tombstones of deleted positions (P38).
    """
    params = {"listener_id": listener_id, "keep": keep, "gone": list(gone)}
    tx.execute(
        """
        UPDATE listeners.playback_actions SET chapter_id = %(keep)s
        WHERE listener_id = %(listener_id)s AND chapter_id = ANY(%(gone)s)
        """,
        params,
    )
    tx.execute(
        """
        UPDATE listeners.chapter_keys SET chapter_id = %(keep)s
        WHERE listener_id = %(listener_id)s AND chapter_id = ANY(%(gone)s)
        """,
        params,
    )
    tx.execute(
        """
        INSERT INTO listeners.playback_device_positions AS d
          (listener_id, chapter_id, device_id, position_ms, seen_version, updated_at)
        SELECT DISTINCT ON (device_id)
               listener_id, %(keep)s, device_id, position_ms, 0, updated_at
        FROM listeners.playback_device_positions
        WHERE listener_id = %(listener_id)s AND chapter_id = ANY(%(gone)s)
        ORDER BY device_id, updated_at DESC
        ON CONFLICT (listener_id, chapter_id, device_id) DO UPDATE
        SET position_ms = excluded.position_ms, updated_at = excluded.updated_at
        WHERE excluded.updated_at > d.updated_at
        """,
        params,
    )
    tx.execute(
        """
        DELETE FROM listeners.playback_checkpoints
        WHERE listener_id = %(listener_id)s AND chapter_id = %(keep)s AND NOT is_base
        """,
        params,
    )
    tx.execute(
        """
        UPDATE listeners.playback_checkpoints SET chapter_id = %(keep)s
        WHERE listener_id = %(listener_id)s AND chapter_id = ANY(%(gone)s) AND is_base
        """,
        params,
    )
    tombstones = tx.values(
        """
        WITH removed AS (
          DELETE FROM listeners.playback_positions
          WHERE listener_id = %(listener_id)s AND chapter_id = ANY(%(gone)s)
          RETURNING action_id, deleted_at
        )
        SELECT action_id FROM removed WHERE deleted_at IS NOT NULL
        UNION ALL
        SELECT action_id FROM listeners.playback_positions
        WHERE listener_id = %(listener_id)s AND chapter_id = %(keep)s AND deleted_at IS NOT NULL
        """,
        params,
    )
    tx.execute(
        """
        UPDATE listeners.chapters k
        SET guid = coalesce(k.guid, o.guid), title = coalesce(k.title, o.title),
            link = coalesce(k.link, o.link),
            published_at = coalesce(k.published_at, o.published_at),
            podcast_url = coalesce(k.podcast_url, o.podcast_url),
            episode_url = coalesce(k.episode_url, o.episode_url)
        FROM (SELECT * FROM listeners.chapters
              WHERE listener_id = %(listener_id)s AND chapter_id = ANY(%(gone)s)
              ORDER BY created_at, chapter_id LIMIT 1) o
        WHERE k.listener_id = %(listener_id)s AND k.chapter_id = %(keep)s
        """,
        params,
    )
    tx.execute(
        """
        DELETE FROM listeners.chapters
        WHERE listener_id = %(listener_id)s AND chapter_id = ANY(%(gone)s)
        """,
        params,
    )
    return [ActionId(tombstone) for tombstone in tombstones]


def collect(tx: Tx[Listeners], *, before: datetime) -> int:
    """Delete chapters made before an instant that have no recorded actions; returns how many."""
    return tx.execute(
        """
        DELETE FROM listeners.chapters c
        WHERE c.created_at < %(before)s
          AND NOT EXISTS (SELECT FROM listeners.playback_actions a
                          WHERE a.listener_id = c.listener_id AND a.chapter_id = c.chapter_id)
          AND NOT EXISTS (SELECT FROM listeners.playback_positions p
                          WHERE p.listener_id = c.listener_id AND p.chapter_id = c.chapter_id)
        """,
        {"before": before},
    )


def _json(rows: list[dict[str, object]]) -> str:
    return msgspec.json.encode(rows).decode()
