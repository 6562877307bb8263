"""SQL for identity (R03): changed guids, redirects, path rules, merged shows and episodes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.accounts import Identity
from wavehouse.catalog.types.records import (
    FileOfSeveral,
    KnownPlace,
    ListedEpisode,
    Merge,
    PodcastState,
    SimilarPodcast,
    StoredPathRule,
)
from wavehouse.kernel.ids import EpisodeId, OrganizationId, PodcastId
from wavehouse.store import Operational, Tx


def rename_guids(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: PodcastId,
    rows: Sequence[dict[str, Any]],
    at: datetime,
) -> None:
    """Give episodes their new guids, and keep the former ones (R03)."""
    tx.execute(
        """
        WITH renamed AS (
          UPDATE catalog.episodes e SET guid = r.after
          FROM jsonb_to_recordset(%(rows)s) AS r (episode_id uuid, before text, after text)
          WHERE e.episode_id = r.episode_id RETURNING e.episode_id, r.before, r.after
        ),
        forgotten AS (
          DELETE FROM catalog.former_guids g USING renamed r
          WHERE g.podcast_id = %(podcast_id)s AND g.guid = r.after
        )
        INSERT INTO catalog.former_guids (podcast_id, guid, episode_id, organization_id, changed_at)
        SELECT %(podcast_id)s, before, episode_id, %(organization_id)s, %(at)s FROM renamed
        ON CONFLICT (podcast_id, guid) DO UPDATE SET
          episode_id = excluded.episode_id, changed_at = excluded.changed_at
        """,
        {
            "organization_id": organization_id,
            "podcast_id": podcast_id,
            "rows": Jsonb(list(rows)),
            "at": at,
        },
    )


def move_files(
    tx: Tx[Operational], *, podcast_id: PodcastId, rows: Sequence[dict[str, Any]]
) -> None:
    """Update the path of every version of a file whose query changed."""
    tx.execute(
        """
        UPDATE catalog.enclosures f SET media_path = r.after
        FROM jsonb_to_recordset(%(rows)s) AS r (guid text, host text, before text, after text)
        JOIN catalog.episodes e ON e.podcast_id = %(podcast_id)s AND e.guid = r.guid
        WHERE coalesce(f.from_episode_id, f.episode_id) = e.episode_id
          AND f.media_host = r.host AND f.media_path = r.before
        """,
        {"podcast_id": podcast_id, "rows": Jsonb(list(rows))},
    )


def put_hops(
    tx: Tx[Operational], *, podcast_id: PodcastId, rows: Sequence[dict[str, Any]], at: datetime
) -> int:
    """Store the redirects of files, with the newest version of each; returns how many are new."""
    return len(
        tx.values(
            """
            INSERT INTO catalog.hops
              (enclosure_id, media_host, media_path, organization_id, seen_at)
            SELECT n.enclosure_id, r.media_host, r.media_path, n.organization_id, %(at)s
            FROM jsonb_to_recordset(%(rows)s) AS r
              (guid text, file_host text, file_path text, media_host text, media_path text)
            JOIN catalog.episodes e ON e.podcast_id = %(podcast_id)s AND e.guid = r.guid
            CROSS JOIN LATERAL (
              SELECT f.enclosure_id, f.organization_id FROM catalog.enclosures f
              WHERE coalesce(f.from_episode_id, f.episode_id) = e.episode_id
                AND f.media_host = r.file_host AND f.media_path = r.file_path
              ORDER BY f.valid_from DESC LIMIT 1) AS n
            ON CONFLICT (enclosure_id, media_host, media_path) DO NOTHING
            RETURNING enclosure_id
            """,
            {"podcast_id": podcast_id, "rows": Jsonb(list(rows)), "at": at},
        )
    )


def note_media_change(tx: Tx[Operational], *, organization_id: OrganizationId) -> None:
    """Mark stored requests for another pass: the meaning of some addresses has changed."""
    tx.execute(
        """
        INSERT INTO catalog.media_revisions AS m (organization_id) VALUES (%(organization_id)s)
        ON CONFLICT (organization_id) DO UPDATE SET revision = m.revision + 1
        """,
        {"organization_id": organization_id},
    )


def podcasts_with_items(
    tx: Tx[Operational], *, organization_id: OrganizationId, guids: Sequence[str]
) -> list[SimilarPodcast]:
    """Shows without podcast:guid that have some of these guids, with their distinguishing data."""
    return tx.rows(
        SimilarPodcast,
        """
        SELECT p.podcast_id, p.feed_url, p.title, count(*)::integer AS shared,
               (SELECT count(*) FROM catalog.episodes a WHERE a.podcast_id = p.podcast_id)::integer
                 AS episodes
        FROM catalog.episodes e JOIN catalog.podcasts p USING (podcast_id)
        WHERE p.organization_id = %(organization_id)s AND p.podcast_guid IS NULL
          AND e.guid = ANY(%(guids)s::text[])
        GROUP BY p.podcast_id ORDER BY shared DESC, p.podcast_id
        """,
        {"organization_id": organization_id, "guids": list(guids)},
    )


def podcast_by_id(tx: Tx[Operational], *, podcast_id: PodcastId) -> PodcastState:
    """A registered show."""
    return tx.one(
        PodcastState,
        """
        SELECT podcast_id, feed_url, podcast_guid, feed_etag, feed_last_modified
        FROM catalog.podcasts WHERE podcast_id = %(podcast_id)s
        FOR UPDATE
        """,
        {"podcast_id": podcast_id},
    )


def files_of_several(
    tx: Tx[Operational], *, organization_id: OrganizationId
) -> list[FileOfSeveral]:
    """Files shared by several episodes at one time; a rule decides which one requests count for."""
    return tx.rows(
        FileOfSeveral,
        """
        SELECT f.media_host, f.media_path, count(DISTINCT f.episode_id)::integer AS episodes,
               count(DISTINCT f.podcast_id)::integer AS podcasts,
               array_agg(DISTINCT e.title::text) AS titles,
               array_agg(DISTINCT f.episode_id) AS episode_ids
        FROM catalog.enclosures f JOIN catalog.episodes e USING (episode_id)
        WHERE f.organization_id = %(organization_id)s
        GROUP BY f.media_host, f.media_path HAVING count(DISTINCT f.episode_id) > 1
        ORDER BY episodes DESC, f.media_host, f.media_path
        """,
        {"organization_id": organization_id},
    )


def listed_episodes(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_id: PodcastId | None
) -> list[ListedEpisode]:
    """Episodes of one show or of all, newest first, with what they were merged into."""
    return tx.rows(
        ListedEpisode,
        """
        SELECT e.episode_id, e.podcast_id, p.title AS podcast_title, e.guid, e.title,
               e.publish_date, e.audio_url, m.into_episode_id AS merged_into,
               array(SELECT g.guid::text FROM catalog.former_guids g
                     WHERE g.episode_id = e.episode_id ORDER BY g.changed_at) AS former_guids
        FROM catalog.episodes e JOIN catalog.podcasts p USING (podcast_id)
        LEFT JOIN catalog.merges m ON m.episode_id = e.episode_id AND m.split_at IS NULL
        WHERE e.organization_id = %(organization_id)s
          AND (%(podcast_id)s::uuid IS NULL OR e.podcast_id = %(podcast_id)s)
        ORDER BY e.publish_date DESC, e.episode_id DESC
        """,
        {"organization_id": organization_id, "podcast_id": podcast_id},
    )


def insert_merge(
    tx: Tx[Operational],
    *,
    identity: Identity,
    episode_id: EpisodeId,
    into_episode_id: EpisodeId,
    at: datetime,
) -> Merge:
    """Record that an episode is merged into another."""
    return tx.one(
        Merge,
        """
        INSERT INTO catalog.merges
          (episode_id, into_episode_id, organization_id, merged_at, changed_by)
        VALUES (%(episode_id)s, %(into_episode_id)s, %(organization_id)s, %(at)s, %(user_id)s)
        RETURNING merge_id, episode_id, into_episode_id, merged_at, split_at
        """,
        {
            "episode_id": episode_id,
            "into_episode_id": into_episode_id,
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "at": at,
        },
    )


def change_merge(
    tx: Tx[Operational], *, identity: Identity, merge_id: UUID, split_at: datetime | None
) -> None:
    """End a merge, or restore it."""
    tx.execute(
        """
        UPDATE catalog.merges SET split_at = %(split_at)s, changed_by = %(user_id)s
        WHERE merge_id = %(merge_id)s
        """,
        {"merge_id": merge_id, "split_at": split_at, "user_id": identity.user_id},
    )


def merges(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Merge]:
    """Every merge, last changed first."""
    return tx.rows(
        Merge,
        """
        SELECT merge_id, episode_id, into_episode_id, merged_at, split_at FROM catalog.merges
        WHERE organization_id = %(organization_id)s
        ORDER BY greatest(merged_at, split_at) DESC, merge_id DESC
        """,
        {"organization_id": organization_id},
    )


def give_files(
    tx: Tx[Operational],
    *,
    episode_id: EpisodeId,
    into_episode_id: EpisodeId,
    at: datetime,
) -> int:
    """Move an episode's files to another one, recording their origin; returns how many.

    If the target has a version of the same file with the same start, one is shifted by a
    microsecond.
    """
    return tx.execute(
        """
        UPDATE catalog.enclosures f
        SET episode_id = k.episode_id, podcast_id = k.podcast_id,
            from_episode_id = %(episode_id)s, moved_at = %(at)s,
            valid_from = f.valid_from + CASE WHEN EXISTS (
              SELECT FROM catalog.enclosures o
              WHERE o.episode_id = k.episode_id AND o.media_host = f.media_host
                AND o.media_path = f.media_path AND o.valid_from = f.valid_from)
              THEN interval '1 microsecond' ELSE interval '0' END
        FROM catalog.episodes k
        WHERE f.episode_id = %(episode_id)s AND f.from_episode_id IS NULL
          AND k.episode_id = %(into_episode_id)s
        """,
        {"episode_id": episode_id, "into_episode_id": into_episode_id, "at": at},
    )


def take_files_back(tx: Tx[Operational], *, episode_id: EpisodeId, at: datetime) -> int:
    """Return an episode's files to it; returns how many."""
    return tx.execute(
        """
        UPDATE catalog.enclosures f
        SET episode_id = o.episode_id, podcast_id = o.podcast_id, from_episode_id = NULL,
            moved_at = %(at)s
        FROM catalog.episodes o
        WHERE f.from_episode_id = %(episode_id)s AND o.episode_id = %(episode_id)s
        """,
        {"episode_id": episode_id, "at": at},
    )


def restore_former(
    tx: Tx[Operational], *, episode_id: EpisodeId, guid: str, at: datetime
) -> EpisodeId | None:
    """Restore the episode of a former guid, with the files served before the change.

    None when the episode never had this guid.
    """
    episode_ids: list[EpisodeId] = tx.values(
        """
        WITH former AS (
          DELETE FROM catalog.former_guids
          WHERE episode_id = %(episode_id)s AND guid = %(guid)s
          RETURNING guid, changed_at
        ),
        restored AS (
          INSERT INTO catalog.episodes
            (organization_id, podcast_id, guid, title, description, audio_url, duration_seconds,
             publish_date, link, author, categories, explicit, metadata)
          SELECT e.organization_id, e.podcast_id, f.guid, e.title, e.description, e.audio_url,
                 e.duration_seconds, e.publish_date, e.link, e.author, e.categories, e.explicit,
                 e.metadata
          FROM catalog.episodes e CROSS JOIN former f WHERE e.episode_id = %(episode_id)s
          RETURNING episode_id
        ),
        newest AS (
          SELECT DISTINCT ON (n.media_host, n.media_path) n.*
          FROM catalog.enclosures n CROSS JOIN former f
          WHERE n.episode_id = %(episode_id)s AND n.valid_from < f.changed_at
          ORDER BY n.media_host, n.media_path, n.valid_from DESC
        ),
        kept AS (
          INSERT INTO catalog.enclosures
            (organization_id, podcast_id, episode_id, kind, url, media_host, media_path, mime_type,
             bytes, header_bytes, duration_ms, facts_source, valid_from, moved_at)
          SELECT n.organization_id, n.podcast_id, n.episode_id, n.kind, n.url, n.media_host,
                 n.media_path, n.mime_type, n.bytes, n.header_bytes, n.duration_ms,
                 n.facts_source, f.changed_at, %(at)s
          FROM newest n CROSS JOIN former f
          ON CONFLICT (episode_id, media_host, media_path, valid_from) DO NOTHING
        ),
        given AS (
          UPDATE catalog.enclosures n SET episode_id = r.episode_id, moved_at = %(at)s
          FROM restored r CROSS JOIN former f
          WHERE n.episode_id = %(episode_id)s AND n.valid_from < f.changed_at
        )
        SELECT episode_id FROM restored
        """,
        {"episode_id": episode_id, "guid": guid, "at": at},
    )
    return episode_ids[0] if episode_ids else None


def insert_path_rule(
    tx: Tx[Operational], *, identity: Identity, rule: str, note: str | None, at: datetime
) -> StoredPathRule:
    """Add a rule; an existing one keeps its id and its note is replaced."""
    return tx.one(
        StoredPathRule,
        """
        INSERT INTO catalog.path_rules AS p (organization_id, rule, note, created_by, created_at)
        VALUES (%(organization_id)s, %(rule)s, %(note)s, %(user_id)s, %(at)s)
        ON CONFLICT (organization_id, rule) DO UPDATE SET note = coalesce(excluded.note, p.note)
        RETURNING path_rule_id, rule, note, created_at
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "rule": rule,
            "note": note,
            "at": at,
        },
    )


def path_rules(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[StoredPathRule]:
    """An organization's own rules in the order in which they are tried."""
    return tx.rows(
        StoredPathRule,
        """
        SELECT path_rule_id, rule, note, created_at FROM catalog.path_rules
        WHERE organization_id = %(organization_id)s ORDER BY created_at DESC, path_rule_id DESC
        """,
        {"organization_id": organization_id},
    )


def delete_path_rule(tx: Tx[Operational], *, organization_id: OrganizationId, rule: str) -> int:
    """Remove a rule by its text or its id; returns how many."""
    return tx.execute(
        """
        DELETE FROM catalog.path_rules
        WHERE organization_id = %(organization_id)s
          AND (rule = %(rule)s OR path_rule_id::text = %(rule)s)
        """,
        {"organization_id": organization_id, "rule": rule},
    )


def places(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[KnownPlace]:
    """The places that an organization's files are served from, including redirects."""
    return tx.rows(
        KnownPlace,
        """
        SELECT DISTINCT p.media_host, p.media_path, e.guid, e.title
        FROM catalog.enclosures f JOIN catalog.episodes e USING (episode_id)
        CROSS JOIN LATERAL (
          SELECT f.media_host, f.media_path
          UNION ALL
          SELECT h.media_host, h.media_path FROM catalog.hops h
          WHERE h.enclosure_id = f.enclosure_id) AS p
        WHERE f.organization_id = %(organization_id)s
        ORDER BY p.media_host, p.media_path
        """,
        {"organization_id": organization_id},
    )
