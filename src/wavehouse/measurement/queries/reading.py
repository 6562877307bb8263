"""SQL that reads counted figures: from the rollups, and from the events for distinct listeners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.rules.dimensions import DIMENSIONS, Dimension
from wavehouse.measurement.types import (
    AudienceCell,
    Backlog,
    DayTotal,
    EpisodeDay,
    Figure,
    Freshness,
    HourFigure,
    HourTotal,
    TracedRequest,
)
from wavehouse.store import Analytics, Operational, Tx

NAMED = tuple(
    {
        "column": dimension.column,
        "daily": f"analytics.{dimension.daily}",
        "hourly": f"analytics.{dimension.hourly}",
    }
    for dimension in DIMENSIONS
)
"""The names that this module's statements are used with."""


def downloads_by_day(
    tx: Tx[Analytics],
    *,
    organization_id: OrganizationId,
    first: date,
    last: date,
    podcast_id: UUID,
) -> list[DayTotal]:
    """Downloads and distinct listeners of each day of one podcast, or of all (nil UUID)."""
    return tx.rows(
        DayTotal,
        """
        SELECT day, downloads, listeners FROM analytics.audience_daily
        WHERE organization_id = %(organization_id)s AND podcast_id = %(podcast_id)s
          AND day BETWEEN %(first)s AND %(last)s
        ORDER BY day
        """,
        {
            "organization_id": organization_id,
            "first": first,
            "last": last,
            "podcast_id": podcast_id,
        },
    )


def downloads_by_hour(
    tx: Tx[Analytics],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    podcast_id: UUID | None,
) -> list[HourTotal]:
    """Downloads of each hour that has any."""
    return tx.rows(
        HourTotal,
        """
        SELECT hour, sum(downloads)::bigint AS downloads FROM analytics.listener_events_hourly
        WHERE organization_id = %(organization_id)s AND hour >= %(start)s AND hour < %(end)s
          AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        GROUP BY hour ORDER BY hour
        """,
        {
            "organization_id": organization_id,
            "start": start,
            "end": end,
            "podcast_id": podcast_id,
        },
    )


def downloads_by(
    tx: Tx[Analytics],
    dimension: Dimension,
    *,
    organization_id: OrganizationId,
    first: date,
    last: date,
    podcast_id: UUID | None,
) -> list[Figure]:
    """Downloads of each member of a dimension, most first."""
    return tx.rows(
        Figure,
        """
        SELECT {column}::text AS member, sum(downloads)::bigint AS downloads FROM {daily}
        WHERE organization_id = %(organization_id)s AND day BETWEEN %(first)s AND %(last)s
          AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        GROUP BY {column} HAVING sum(downloads) > 0
        ORDER BY sum(downloads) DESC, {column}::text COLLATE "C"
        """,
        {
            "organization_id": organization_id,
            "first": first,
            "last": last,
            "podcast_id": podcast_id,
        },
        column=dimension.column,
        daily=f"analytics.{dimension.daily}",
    )


def hours_by(
    tx: Tx[Analytics],
    dimension: Dimension,
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    podcast_id: UUID | None,
) -> list[HourFigure]:
    """Downloads of each member of a dimension in each hour that has any."""
    return tx.rows(
        HourFigure,
        """
        SELECT hour, {column}::text AS member, sum(downloads)::bigint AS downloads FROM {hourly}
        WHERE organization_id = %(organization_id)s AND hour >= %(start)s AND hour < %(end)s
          AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        GROUP BY hour, {column} HAVING sum(downloads) > 0
        ORDER BY hour, sum(downloads) DESC, {column}::text COLLATE "C"
        """,
        {
            "organization_id": organization_id,
            "start": start,
            "end": end,
            "podcast_id": podcast_id,
        },
        column=dimension.column,
        hourly=f"analytics.{dimension.hourly}",
    )


def downloads_by_episode_day(
    tx: Tx[Analytics],
    *,
    organization_id: OrganizationId,
    first: date,
    last: date,
    episode_ids: Sequence[UUID],
) -> list[EpisodeDay]:
    """Downloads of given episodes on each day."""
    return tx.rows(
        EpisodeDay,
        """
        SELECT episode_id, day, downloads FROM analytics.listener_events_daily
        WHERE organization_id = %(organization_id)s AND day BETWEEN %(first)s AND %(last)s
          AND episode_id = ANY(%(episode_ids)s)
        ORDER BY episode_id, day
        """,
        {
            "organization_id": organization_id,
            "first": first,
            "last": last,
            "episode_ids": list(episode_ids),
        },
    )


def distinct_listeners(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    podcast_id: UUID | None,
) -> int | None:
    """Distinct listeners of a span within one month or two adjacent ones (R43, R44).

    Events of the later month carry the key of the month before as well, so the span is counted
    under one key. None when one has no such key, the month before having been destroyed.
    """
    listeners: int | None = tx.value(
        """
        WITH keys AS (
          SELECT CASE
            WHEN date_trunc('month', "timestamp", 'UTC') = date_trunc('month', %(start)s, 'UTC')
              THEN listener_key ELSE listener_key_prev END AS key
          FROM measurement.listener_events
          WHERE organization_id = %(organization_id)s
            AND "timestamp" >= %(start)s AND "timestamp" < %(end)s AND event_type = 'download'
            AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        )
        SELECT CASE WHEN bool_or(key IS NULL) THEN NULL ELSE count(DISTINCT key) END FROM keys
        """,
        {
            "organization_id": organization_id,
            "start": start,
            "end": end,
            "podcast_id": podcast_id,
        },
    )
    return listeners


def audience(
    tx: Tx[Operational], *, organization_id: OrganizationId, start: datetime, end: datetime
) -> list[AudienceCell]:
    """Distinct listeners of a span of one month or two adjacent ones: all, by show, by episode.

    Under the key of the span's first month, as ``distinct_listeners``; None where an event has no
    such key (R43, R44).
    """
    return tx.rows(
        AudienceCell,
        """
        WITH keys AS (
          SELECT podcast_id, episode_id, CASE
            WHEN date_trunc('month', "timestamp", 'UTC') = date_trunc('month', %(start)s, 'UTC')
              THEN listener_key ELSE listener_key_prev END AS key
          FROM measurement.listener_events
          WHERE organization_id = %(organization_id)s
            AND "timestamp" >= %(start)s AND "timestamp" < %(end)s AND event_type = 'download'
        )
        SELECT podcast_id, episode_id,
               CASE WHEN bool_or(key IS NULL) THEN NULL ELSE count(DISTINCT key) END AS listeners
        FROM keys GROUP BY GROUPING SETS ((), (podcast_id), (podcast_id, episode_id))
        ORDER BY listeners DESC NULLS LAST, podcast_id, episode_id
        """,
        {"organization_id": organization_id, "start": start, "end": end},
    )


@dataclass(frozen=True, slots=True)
class Title:
    """The title of a show or an episode, by its id as text."""

    member: str
    title: str


def show_titles(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_ids: Sequence[UUID]
) -> dict[str, str]:
    """Titles by show id."""
    rows = tx.rows(
        Title,
        """
        SELECT podcast_id::text AS member, title FROM catalog.podcasts
        WHERE organization_id = %(organization_id)s AND podcast_id = ANY(%(podcast_ids)s)
        """,
        {"organization_id": organization_id, "podcast_ids": list(podcast_ids)},
    )
    return {row.member: row.title for row in rows}


def prefix_estimates(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: UUID | None,
    start: datetime,
    end: datetime,
) -> int:
    """Downloads known only by our redirect: estimates, reported apart (R30)."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM measurement.downloads
            WHERE organization_id = %(organization_id)s
              AND downloaded_at >= %(start)s AND downloaded_at < %(end)s
              AND method = 'prefix_estimate' AND count_window = 'calendar'
              AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
            """,
            {
                "organization_id": organization_id,
                "podcast_id": podcast_id,
                "start": start,
                "end": end,
            },
        )
    )


def episode_titles(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_ids: Sequence[str]
) -> dict[str, str]:
    """Titles by episode id; ids as text, as they come from rollups."""
    rows = tx.rows(
        Title,
        """
        SELECT episode_id::text AS member, title FROM catalog.episodes
        WHERE organization_id = %(organization_id)s AND episode_id = ANY(%(episode_ids)s::uuid[])
        """,
        {"organization_id": organization_id, "episode_ids": list(episode_ids)},
    )
    return {row.member: row.title for row in rows}


def filtered_requests(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: UUID | None,
    start: datetime,
    end: datetime,
) -> list[Figure]:
    """How many requests each filter stopped, of one show or of all."""
    return tx.rows(
        Figure,
        """
        SELECT reason AS member, count(*) AS downloads FROM measurement.requests
        WHERE organization_id = %(organization_id)s
          AND requested_at >= %(start)s AND requested_at < %(end)s AND reason IS NOT NULL
          AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        GROUP BY reason ORDER BY count(*) DESC, reason
        """,
        {
            "organization_id": organization_id,
            "podcast_id": podcast_id,
            "start": start,
            "end": end,
        },
    )


def flagged_requests(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: UUID | None,
    start: datetime,
    end: datetime,
) -> list[Figure]:
    """How many requests have each flag; a request may have several, and counts all the same."""
    return tx.rows(
        Figure,
        """
        SELECT f AS member, count(*) AS downloads
        FROM measurement.requests, unnest(flags) AS f
        WHERE organization_id = %(organization_id)s
          AND requested_at >= %(start)s AND requested_at < %(end)s AND flags IS NOT NULL
          AND f <> 'shared_address'
          AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
        GROUP BY f ORDER BY count(*) DESC, f
        """,
        {
            "organization_id": organization_id,
            "podcast_id": podcast_id,
            "start": start,
            "end": end,
        },
    )


def duplicate_renditions(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    podcast_id: UUID | None,
    start: datetime,
    end: datetime,
) -> int:
    """R32: requests for a rendition that qualifies on a day on which an earlier one was counted.

    Only listeners who asked for several files of an episode on one day are looked at. Nothing of
    it is stored: which rendition came first may change with a late line.
    """
    return int(
        tx.value(
            """
            WITH several AS MATERIALIZED (
              SELECT listener_key, episode_id, date_trunc('day', requested_at, 'UTC') AS day
              FROM measurement.requests
              WHERE organization_id = %(organization_id)s
                AND requested_at >= %(start)s AND requested_at < %(end)s
                AND reason IS NULL AND NOT is_prefix
                AND (%(podcast_id)s::uuid IS NULL OR podcast_id = %(podcast_id)s::uuid)
              GROUP BY 1, 2, 3 HAVING count(DISTINCT enclosure_id) > 1
            ),
            files AS (
              SELECT s.listener_key, s.episode_id, s.day, r.enclosure_id, count(*) AS requests,
                     min(r.requested_at) FILTER (WHERE r.range_end > r.range_start) AS first_at,
                     range_agg(int8multirange(int8range(r.range_start, r.range_end))
                       + coalesce(r.other_ranges, '{}')) AS covered
              FROM several s JOIN measurement.requests r
                ON r.listener_key = s.listener_key AND r.episode_id = s.episode_id
                AND date_trunc('day', r.requested_at, 'UTC') = s.day
              WHERE r.requested_at >= %(start)s AND r.requested_at < %(end)s
                AND r.reason IS NULL AND NOT r.is_prefix
              GROUP BY 1, 2, 3, 4
            ),
            qualified AS (
              SELECT f.requests,
                     row_number() OVER (PARTITION BY f.listener_key, f.episode_id, f.day
                                        ORDER BY f.first_at, f.enclosure_id) AS place
              FROM files f JOIN catalog.enclosures n USING (enclosure_id)
              WHERE (SELECT sum(upper(c) - lower(c)) FROM unnest(f.covered) AS c)
                >= n.threshold_bytes
            )
            SELECT coalesce(sum(requests), 0) FROM qualified WHERE place > 1
            """,
            {
                "organization_id": organization_id,
                "podcast_id": podcast_id,
                "start": start,
                "end": end,
            },
        )
    )


def traced_requests(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    start: datetime,
    end: datetime,
    limit: int,
) -> list[TracedRequest]:
    """Stored requests in the order of their files, each with what became of it."""
    # Partitions that were just filled have no statistics yet, and a nested loop over them takes
    # minutes; hash joins take seconds whatever is known.
    tx.execute("SET LOCAL enable_nestloop = off")
    return tx.rows(
        TracedRequest,
        """
        WITH chosen AS MATERIALIZED (
          SELECT r.*, f.name AS file, (r.requested_at AT TIME ZONE 'UTC')::date AS day
          FROM measurement.requests r
          JOIN measurement.ingest_batches b USING (batch_id)
          JOIN measurement.source_files f USING (source_file_id)
          WHERE r.organization_id = %(organization_id)s
            AND r.requested_at >= %(start)s AND r.requested_at < %(end)s
          ORDER BY f.name, r.line_number LIMIT %(limit)s
        ),
        units AS MATERIALIZED (
          SELECT DISTINCT listener_key, episode_id, day FROM chosen WHERE reason IS NULL
        ),
        spans AS (
          SELECT u.listener_key, u.episode_id, r.enclosure_id, u.day,
                 min(r.requested_at) FILTER (WHERE r.range_end > r.range_start) AS first_at,
                 range_agg(int8multirange(int8range(r.range_start, r.range_end))
                   + coalesce(r.other_ranges, '{}')) AS covered
          FROM units u JOIN measurement.requests r
            ON r.listener_key = u.listener_key AND r.episode_id = u.episode_id
            AND (r.requested_at AT TIME ZONE 'UTC')::date = u.day
          WHERE r.requested_at >= %(start)s AND r.requested_at < %(end)s
            AND r.reason IS NULL AND NOT r.is_prefix
          GROUP BY 1, 2, 3, 4
        ),
        measured AS (
          SELECT s.listener_key, s.episode_id, s.enclosure_id, s.day, s.first_at,
                 (SELECT coalesce(sum(upper(r) - lower(r)), 0)::bigint FROM unnest(covered) AS r)
                   AS unit_bytes,
                 n.threshold_bytes
          FROM spans s JOIN catalog.enclosures n USING (enclosure_id)
        ),
        sizes AS MATERIALIZED (
          SELECT *, unit_bytes >= threshold_bytes AND 1 < row_number() OVER (
                   PARTITION BY listener_key, episode_id, day, unit_bytes >= threshold_bytes
                   ORDER BY first_at, enclosure_id) AS is_duplicate
          FROM measured
        )
        SELECT c.requested_at, c.file, c.line_number, e.title AS episode, c.method,
               c.status::integer AS status, c.range_start, c.range_end, c.network::text AS network,
               c.country_code, a.app,
               CASE WHEN c.reason IS NOT NULL THEN c.reason
                    WHEN d.method = 'bytes' THEN 'counted'
                    WHEN d.method = 'prefix_estimate' THEN d.method
                    ELSE 'below_threshold' END AS outcome,
               coalesce(c.flags, '{}')
                 || CASE WHEN s.is_duplicate THEN '{rendition_dup}'::text[] ELSE '{}' END AS flags,
               coalesce(lower(n.media_path) LIKE '%%.m3u8' OR n.mime_type ILIKE '%%mpegurl%%',
                        false) AS timed,
               s.unit_bytes,
               n.threshold_bytes
        FROM chosen c
        JOIN measurement.user_agents a USING (agent_id)
        LEFT JOIN catalog.episodes e ON e.episode_id = c.episode_id
        LEFT JOIN catalog.enclosures n ON n.enclosure_id = c.enclosure_id
        LEFT JOIN sizes s ON s.listener_key = c.listener_key AND s.enclosure_id = c.enclosure_id
          AND s.day = c.day AND c.reason IS NULL
        LEFT JOIN measurement.downloads d
          ON d.listener_key = c.listener_key AND d.episode_id = c.episode_id
          AND (d.downloaded_at AT TIME ZONE 'UTC')::date = c.day
          AND d.count_window = 'calendar'
          AND d.downloaded_at >= %(start)s AND d.downloaded_at < %(end)s
        ORDER BY c.file, c.line_number
        """,
        {"organization_id": organization_id, "start": start, "end": end, "limit": limit},
    )


def outcomes(
    tx: Tx[Operational], *, organization_id: OrganizationId, start: datetime, end: datetime
) -> list[Figure]:
    """How many candidate requests were counted, stayed below the threshold, are estimates."""
    return tx.rows(
        Figure,
        """
        WITH units AS (
          SELECT listener_key, episode_id, date_trunc('day', requested_at, 'UTC') AS day,
                 count(*) AS requests
          FROM measurement.requests
          WHERE organization_id = %(organization_id)s
            AND requested_at >= %(start)s AND requested_at < %(end)s AND reason IS NULL
          GROUP BY 1, 2, 3
        )
        SELECT CASE d.method WHEN 'bytes' THEN 'counted' WHEN 'prefix_estimate' THEN d.method
                 ELSE 'below_threshold' END AS member,
               sum(u.requests)::bigint AS downloads
        FROM units u
        LEFT JOIN measurement.downloads d
          ON d.listener_key = u.listener_key AND d.episode_id = u.episode_id
          AND d.count_window = 'calendar' AND date_trunc('day', d.downloaded_at, 'UTC') = u.day
          AND d.downloaded_at >= %(start)s AND d.downloaded_at < %(end)s
        GROUP BY 1 ORDER BY 1
        """,
        {"organization_id": organization_id, "start": start, "end": end},
    )


def freshness(tx: Tx[Operational], *, organization_id: OrganizationId) -> Freshness:
    """How far an organization's events go (the newest rollup is read from analytics)."""
    return tx.one(
        Freshness,
        """
        SELECT (SELECT max(newest.at) FROM catalog.podcasts p
                CROSS JOIN LATERAL (
                  SELECT max(e."timestamp") AS at FROM measurement.listener_events e
                  WHERE e.podcast_id = p.podcast_id) AS newest
                WHERE p.organization_id = %(organization_id)s) AS newest_request,
               NULL::timestamptz AS newest_rollup,
               (SELECT max(batch_id) FROM measurement.ingest_batches
                WHERE organization_id = %(organization_id)s) AS newest_batch,
               (SELECT count(*) FROM (SELECT DISTINCT hour FROM measurement.dirty_log) AS d
                WHERE EXISTS (
                  SELECT FROM catalog.podcasts p JOIN measurement.listener_events e
                    USING (podcast_id)
                  WHERE p.organization_id = %(organization_id)s
                    AND e."timestamp" >= d.hour AND e."timestamp" < d.hour + interval '1 hour'
                )) AS dirty_hours,
               (SELECT count(*) FROM measurement.quarantine
                WHERE organization_id = %(organization_id)s AND status = 'open') AS quarantined
        """,
        {"organization_id": organization_id},
    )


def backlog(tx: Tx[Operational]) -> Backlog:
    """Batches to count and hours to roll up, of all organizations."""
    return tx.one(
        Backlog,
        """
        SELECT (SELECT count(*) FROM measurement.count_log) AS batches,
               (SELECT count(DISTINCT hour) FROM measurement.dirty_log) AS hours
        """,
    )


def newest_rollup(tx: Tx[Analytics], *, organization_id: OrganizationId) -> datetime | None:
    """When a rollup of an organization was last computed: the version of its figures."""
    newest: datetime | None = tx.value(
        """
        SELECT max(computed_at) FROM analytics.audience_daily
        WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )
    return newest


@dataclass(frozen=True, slots=True)
class DaySpan:
    """The first and the last day of something; None when there is none."""

    first: date | None
    last: date | None


def first_and_last_day(
    tx: Tx[Analytics], *, organization_id: OrganizationId
) -> tuple[date, date] | None:
    """The first and the last day on which an organization has downloads."""
    span = tx.one(
        DaySpan,
        """
        SELECT min(day) AS first, max(day) AS last FROM analytics.audience_daily
        WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )
    return None if span.first is None or span.last is None else (span.first, span.last)
