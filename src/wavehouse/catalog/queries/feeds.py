"""SQL for feeds, episodes and files: one typed function per statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from wavehouse.accounts import Identity
from wavehouse.catalog.types.records import (
    EnclosureVersion,
    EpisodeSummary,
    KnownEpisode,
    MediaIndexEntry,
    PodcastState,
    PodcastSummary,
    WrittenEpisode,
)
from wavehouse.kernel.ids import EpisodeId, OrganizationId, PodcastId
from wavehouse.kernel.web_addresses import spellings_of
from wavehouse.store import Operational, Tx


def lock_feeds(tx: Tx[Operational], *, organization_id: OrganizationId) -> None:
    """Serialize the writes of feeds in an organization until the transaction ends."""
    tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('catalog.feeds ' || %(id)s::text, 0))",
        {"id": organization_id},
    )


def podcast_by_url(
    tx: Tx[Operational], *, organization_id: OrganizationId, feed_url: str
) -> PodcastState | None:
    """The show registered under an address, ignoring http or https and a trailing slash."""
    return tx.maybe(
        PodcastState,
        """
        SELECT podcast_id, feed_url, podcast_guid, feed_etag, feed_last_modified
        FROM catalog.podcasts
        WHERE organization_id = %(organization_id)s AND feed_url = ANY(%(spellings)s::text[])
        ORDER BY feed_url = %(feed_url)s DESC, created_at, podcast_id LIMIT 1
        FOR UPDATE
        """,
        {
            "organization_id": organization_id,
            "feed_url": feed_url,
            "spellings": list(spellings_of(feed_url)),
        },
    )


def podcast_by_guid(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_guid: str
) -> PodcastState | None:
    """The show with a podcast:guid, whatever its feed address is now (R03)."""
    return tx.maybe(
        PodcastState,
        """
        SELECT podcast_id, feed_url, podcast_guid, feed_etag, feed_last_modified
        FROM catalog.podcasts
        WHERE organization_id = %(organization_id)s AND podcast_guid = %(podcast_guid)s
        FOR UPDATE
        """,
        {"organization_id": organization_id, "podcast_guid": podcast_guid},
    )


def insert_podcast(
    tx: Tx[Operational], *, identity: Identity, feed_url: str, title: str
) -> PodcastState:
    """Register a show; concurrent callers get the same row."""
    return tx.one(
        PodcastState,
        """
        INSERT INTO catalog.podcasts (organization_id, user_id, feed_url, title)
        VALUES (%(organization_id)s, %(user_id)s, %(feed_url)s, %(title)s)
        ON CONFLICT (organization_id, feed_url) DO UPDATE SET title = excluded.title
        RETURNING podcast_id, feed_url, podcast_guid, feed_etag, feed_last_modified
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "feed_url": feed_url,
            "title": title,
        },
    )


def update_podcast(
    tx: Tx[Operational],
    *,
    podcast_id: PodcastId,
    row: dict[str, Any],
    feed_url: str,
    etag: str | None,
    last_modified: str | None,
    at: datetime,
    next_poll_at: datetime | None,
) -> None:
    """Store a feed's show data and the next poll; None leaves the next poll unchanged."""
    tx.execute(
        """
        UPDATE catalog.podcasts SET
          title = %(title)s, description = %(description)s, author = %(author)s,
          image_url = %(image_url)s, website_url = %(website_url)s, language = %(language)s,
          category = %(category)s, explicit = %(explicit)s,
          podcast_guid = coalesce(%(podcast_guid)s, podcast_guid), feed_url = %(feed_url)s,
          feed_etag = %(etag)s, feed_last_modified = %(last_modified)s,
          ingestion_status = CASE ingestion_status WHEN 'error' THEN 'active'
                                                   ELSE ingestion_status END,
          last_ingested_at = %(at)s,
          next_poll_at = coalesce(%(next_poll_at)s, next_poll_at),
          metadata = (metadata - 'last_error') || %(extras)s
        WHERE podcast_id = %(podcast_id)s
        """,
        {
            **row,
            "extras": Jsonb(row["extras"]),
            "podcast_id": podcast_id,
            "feed_url": feed_url,
            "etag": etag,
            "last_modified": last_modified,
            "at": at,
            "next_poll_at": next_poll_at,
        },
    )


def touch_podcast(
    tx: Tx[Operational], *, podcast_id: PodcastId, at: datetime, next_poll_at: datetime
) -> str:
    """Record that a feed was checked and had not changed; returns its title."""
    return str(
        tx.value(
            """
            UPDATE catalog.podcasts SET
              last_ingested_at = %(at)s, next_poll_at = %(next_poll_at)s,
              ingestion_status = CASE ingestion_status WHEN 'error' THEN 'active'
                                                       ELSE ingestion_status END,
              metadata = metadata - 'last_error'
            WHERE podcast_id = %(podcast_id)s RETURNING title
            """,
            {"podcast_id": podcast_id, "at": at, "next_poll_at": next_poll_at},
        )
    )


def mark_podcast_failed(
    tx: Tx[Operational], *, podcast_id: PodcastId, message: str, next_poll_at: datetime | None
) -> None:
    """Record why a feed could not be read; a paused feed stays paused.

    With ``next_poll_at`` None it is no longer polled.
    """
    tx.execute(
        """
        UPDATE catalog.podcasts SET
          ingestion_status = CASE ingestion_status WHEN 'active' THEN 'error'
                                                   ELSE ingestion_status END,
          next_poll_at = %(next_poll_at)s,
          metadata = metadata || jsonb_build_object('last_error', %(message)s::text)
        WHERE podcast_id = %(podcast_id)s
        """,
        {"podcast_id": podcast_id, "message": message, "next_poll_at": next_poll_at},
    )


def known_episodes(tx: Tx[Operational], *, podcast_id: PodcastId) -> list[KnownEpisode]:
    """The current episodes of a show."""
    return tx.rows(
        KnownEpisode,
        """
        SELECT episode_id, guid, audio_url, publish_date,
               (metadata ->> 'stated_bytes')::bigint AS stated_bytes, title
        FROM catalog.episodes WHERE podcast_id = %(podcast_id)s
        """,
        {"podcast_id": podcast_id},
    )


def current_enclosures(tx: Tx[Operational], *, podcast_id: PodcastId) -> list[EnclosureVersion]:
    """The newest version of every file of a show."""
    return tx.rows(
        EnclosureVersion,
        """
        SELECT DISTINCT ON (e.episode_id, f.media_host, f.media_path)
               f.enclosure_id, e.guid, f.url, f.media_host, f.media_path,
               f.bytes, f.header_bytes, f.duration_ms, f.facts_source
        FROM catalog.enclosures f
        JOIN catalog.episodes e ON e.episode_id = coalesce(f.from_episode_id, f.episode_id)
        WHERE e.podcast_id = %(podcast_id)s
        ORDER BY e.episode_id, f.media_host, f.media_path, f.valid_from DESC
        """,
        {"podcast_id": podcast_id},
    )


def upsert_episodes(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: PodcastId,
    rows: Sequence[dict[str, Any]],
) -> list[WrittenEpisode]:
    """Insert new episodes and update changed ones, in one statement; returns only these."""
    return tx.rows(
        WrittenEpisode,
        """
        INSERT INTO catalog.episodes AS e
          (organization_id, podcast_id, guid, title, description, audio_url, duration_seconds,
           publish_date, link, author, categories, explicit, transcript_url, season, number,
           metadata)
        SELECT %(organization_id)s, %(podcast_id)s, r.guid, r.title, r.description, r.audio_url,
               r.duration_seconds, r.publish_date, r.link, r.author, r.categories, r.explicit,
               r.transcript_url, r.season, r.number, r.extras
        FROM jsonb_to_recordset(%(rows)s) AS r
          (guid text, title text, description text, audio_url text, duration_seconds integer,
           publish_date timestamptz, link text, author text, categories text[], explicit boolean,
           transcript_url text, season integer, number numeric, extras jsonb)
        ON CONFLICT (podcast_id, guid) DO UPDATE SET
          title = excluded.title, description = excluded.description,
          audio_url = excluded.audio_url, duration_seconds = excluded.duration_seconds,
          publish_date = excluded.publish_date, link = excluded.link, author = excluded.author,
          categories = excluded.categories, explicit = excluded.explicit,
          transcript_url = excluded.transcript_url, season = excluded.season,
          number = excluded.number, metadata = e.metadata || excluded.metadata
        WHERE (e.title, e.description, e.audio_url, e.duration_seconds, e.publish_date, e.link,
               e.author, e.categories, e.explicit, e.transcript_url, e.season, e.number,
               e.metadata)
          IS DISTINCT FROM
              (excluded.title, excluded.description, excluded.audio_url,
               excluded.duration_seconds, excluded.publish_date, excluded.link,
               excluded.author, excluded.categories, excluded.explicit, excluded.transcript_url,
               excluded.season, excluded.number, e.metadata || excluded.metadata)
        RETURNING e.episode_id, e.guid, e.xmax = 0 AS inserted
        """,
        {
            "organization_id": organization_id,
            "podcast_id": podcast_id,
            "rows": Jsonb(list(rows)),
        },
    )


def insert_enclosures(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: PodcastId,
    rows: Sequence[dict[str, Any]],
) -> int:
    """Add versions of files, in one statement."""
    return tx.execute(
        """
        INSERT INTO catalog.enclosures
          (organization_id, podcast_id, episode_id, from_episode_id, kind, url, media_host,
           media_path, mime_type, bytes, header_bytes, duration_ms, facts_source, valid_from)
        SELECT %(organization_id)s, coalesce(k.podcast_id, e.podcast_id),
               coalesce(m.into_episode_id, e.episode_id),
               CASE WHEN m.into_episode_id IS NOT NULL THEN e.episode_id END,
               r.kind, r.url, r.media_host, r.media_path, r.mime_type, r.bytes, r.header_bytes,
               r.duration_ms, r.facts_source, coalesce(r.valid_from, e.publish_date)
        FROM jsonb_to_recordset(%(rows)s) AS r
          (guid text, kind text, url text, media_host text, media_path text, mime_type text,
           bytes bigint, header_bytes bigint, duration_ms bigint, facts_source text,
           valid_from timestamptz)
        JOIN catalog.episodes e ON e.podcast_id = %(podcast_id)s AND e.guid = r.guid
        LEFT JOIN catalog.merges m ON m.episode_id = e.episode_id AND m.split_at IS NULL
        LEFT JOIN catalog.episodes k ON k.episode_id = m.into_episode_id
        ON CONFLICT (episode_id, media_host, media_path, valid_from) DO UPDATE SET
          url = excluded.url, bytes = excluded.bytes, header_bytes = excluded.header_bytes,
          duration_ms = excluded.duration_ms, facts_source = excluded.facts_source
        """,
        {
            "organization_id": organization_id,
            "podcast_id": podcast_id,
            "rows": Jsonb(list(rows)),
        },
    )


def update_enclosures(tx: Tx[Operational], *, rows: Sequence[dict[str, Any]]) -> int:
    """Update existing versions with new facts, in one statement."""
    return tx.execute(
        """
        UPDATE catalog.enclosures f SET
          url = r.url, bytes = r.bytes, header_bytes = r.header_bytes,
          duration_ms = r.duration_ms, facts_source = r.facts_source
        FROM jsonb_to_recordset(%(rows)s) AS r
          (enclosure_id uuid, url text, bytes bigint, header_bytes bigint, duration_ms bigint,
           facts_source text)
        WHERE f.enclosure_id = r.enclosure_id
        """,
        {"rows": Jsonb(list(rows))},
    )


def put_segments(
    tx: Tx[Operational], *, podcast_id: PodcastId, rows: Sequence[dict[str, Any]]
) -> int:
    """Store playlist segments, with the newest version of each rendition (R13)."""
    return tx.execute(
        """
        INSERT INTO catalog.segments
          (enclosure_id, media_host, media_path, organization_id, start_ms, duration_ms, bytes)
        SELECT n.enclosure_id, r.media_host, r.media_path, n.organization_id, r.start_ms,
               r.duration_ms, r.bytes
        FROM jsonb_to_recordset(%(rows)s) AS r
          (guid text, playlist_host text, playlist_path text, media_host text, media_path text,
           start_ms bigint, duration_ms bigint, bytes bigint)
        JOIN catalog.episodes e ON e.podcast_id = %(podcast_id)s AND e.guid = r.guid
        CROSS JOIN LATERAL (
          SELECT f.enclosure_id, f.organization_id FROM catalog.enclosures f
          WHERE coalesce(f.from_episode_id, f.episode_id) = e.episode_id
            AND f.media_host = r.playlist_host
            AND f.media_path = r.playlist_path
          ORDER BY f.valid_from DESC LIMIT 1) AS n
        ON CONFLICT (enclosure_id, media_host, media_path) DO UPDATE SET
          start_ms = excluded.start_ms, duration_ms = excluded.duration_ms,
          bytes = excluded.bytes
        """,
        {"podcast_id": podcast_id, "rows": Jsonb(list(rows))},
    )


def podcasts(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[PodcastSummary]:
    """An organization's shows by title."""
    return tx.rows(
        PodcastSummary,
        """
        SELECT p.podcast_id, p.title, p.author, p.image_url, p.feed_url, p.podcast_guid,
               p.ingestion_status, p.last_ingested_at, count(e.episode_id)::integer AS episodes,
               max(e.publish_date) AS newest_episode_at, p.next_poll_at,
               f.outcome AS poll_outcome, f.message AS poll_message, f.polled_at,
               coalesce(f.failures, 0) AS failures, f.failing_since
        FROM catalog.podcasts p LEFT JOIN catalog.episodes e USING (podcast_id)
        LEFT JOIN catalog.feed_polls f ON f.podcast_id = p.podcast_id
        WHERE p.organization_id = %(organization_id)s
        GROUP BY p.podcast_id, f.podcast_id ORDER BY p.title, p.podcast_id
        """,
        {"organization_id": organization_id},
    )


def episodes(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_id: PodcastId | None
) -> list[EpisodeSummary]:
    """Episodes of one show or of all, newest first."""
    return tx.rows(
        EpisodeSummary,
        """
        SELECT episode_id, podcast_id, guid, title, audio_url, publish_date, duration_seconds,
               metadata
        FROM catalog.episodes
        WHERE organization_id = %(organization_id)s
          AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s)
        ORDER BY publish_date DESC, episode_id DESC
        """,
        {"organization_id": organization_id, "podcast_id": podcast_id},
    )


def media_types(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_id: PodcastId
) -> dict[EpisodeId, str]:
    """The newest stated type of each episode's main file, which is at the episode's address."""
    return dict(
        tx.tuples(
            """
            SELECT DISTINCT ON (c.episode_id) c.episode_id, c.mime_type
            FROM catalog.enclosures c
            JOIN catalog.episodes e ON e.organization_id = c.organization_id
             AND e.episode_id = c.episode_id AND e.audio_url = c.url
            WHERE c.organization_id = %(organization_id)s AND c.podcast_id = %(podcast_id)s
              AND c.kind = 'enclosure' AND c.mime_type IS NOT NULL
            ORDER BY c.episode_id, c.valid_from DESC
            """,
            {"organization_id": organization_id, "podcast_id": podcast_id},
        )
    )


def media_index(tx: Tx[Operational]) -> list[MediaIndexEntry]:
    """Every version of every file, by place and time; the first version at a place has no start."""
    return tx.rows(
        MediaIndexEntry,
        """
        SELECT f.enclosure_id, f.organization_id, f.podcast_id, f.episode_id, f.kind,
               f.media_host, f.media_path, f.bytes, f.header_bytes, f.duration_ms,
               CASE row_number() OVER place WHEN 1 THEN to_timestamp(0) ELSE f.valid_from END
                 AS valid_from,
               e.publish_date
        FROM catalog.enclosures f JOIN catalog.episodes e USING (episode_id)
        WINDOW place AS (PARTITION BY f.media_host, f.media_path
                         ORDER BY f.valid_from, f.enclosure_id)
        ORDER BY f.media_host, f.media_path, valid_from, f.enclosure_id
        """,
    )
