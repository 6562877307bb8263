"""SQL that measures how late figures are, and anomalies in recent requests."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.types import (
    QuietSource,
    RequestShares,
    RollupPasses,
    WaitingWork,
    WeeklyDownloads,
)
from wavehouse.store import Analytics, Operational, Tx


def waiting_work(tx: Tx[Operational], *, today: date) -> WaitingWork:
    """The time since which stored requests have waited to be counted, in all organizations."""
    return tx.one(
        WaitingWork,
        """
        SELECT min(w.since) AS since, min(w.since) FILTER (WHERE w.day < %(today)s) AS since_of_past
        FROM (
          SELECT b.ingested_at AS since, c.day
          FROM measurement.count_log c JOIN measurement.ingest_batches b USING (batch_id)
          UNION ALL
          SELECT d.marked_at, (d.hour AT TIME ZONE 'UTC')::date FROM measurement.dirty_log d
        ) AS w
        """,
        {"today": today},
    )


def oldest_mark(tx: Tx[Operational], *, ids: list[int]) -> datetime | None:
    """The time at which the oldest of these hours was marked."""
    at: datetime | None = tx.value(
        "SELECT min(marked_at) FROM measurement.dirty_log WHERE id = ANY(%(ids)s)", {"ids": ids}
    )
    return at


def put_rollup_run(
    tx: Tx[Operational],
    *,
    started_at: datetime,
    finished_at: datetime,
    hours: int,
    rows: int,
    waited: timedelta,
    keep: timedelta,
) -> None:
    """Record a rollup run, and delete runs older than ``keep``."""
    tx.execute(
        """
        WITH old AS (
          DELETE FROM measurement.rollup_runs WHERE started_at < %(before)s
        )
        INSERT INTO measurement.rollup_runs (started_at, finished_at, hours, rows, waited)
        VALUES (%(started_at)s, %(finished_at)s, %(hours)s, %(rows)s, %(waited)s)
        """,
        {
            "started_at": started_at,
            "finished_at": finished_at,
            "hours": hours,
            "rows": rows,
            "waited": waited,
            "before": started_at - keep,
        },
    )


def rollup_passes(tx: Tx[Operational], *, since: datetime) -> RollupPasses:
    """Count, longest duration, and 99th percentile of the wait, of the passes since a time."""
    return tx.one(
        RollupPasses,
        """
        SELECT count(*)::integer AS passes, max(finished_at - started_at) AS longest,
               percentile_disc(0.99) WITHIN GROUP (ORDER BY waited) AS waited_p99,
               max(finished_at) AS finished_at
        FROM measurement.rollup_runs WHERE started_at >= %(since)s
        """,
        {"since": since},
    )


def quiet_sources(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    since: datetime,
    quiet_before: datetime,
    least_days: int,
) -> list[QuietSource]:
    """Folders and formats that delivered logs on several days, but not recently.

    A log that was read once manually does not count as a source.
    """
    return tx.rows(
        QuietSource,
        """
        SELECT regexp_replace(f.name, '[^/]*$', '') AS folder, f.format,
               max(b.ingested_at) AS last_read_at
        FROM measurement.ingest_batches b JOIN measurement.source_files f USING (source_file_id)
        WHERE b.organization_id = %(organization_id)s AND b.ingested_at >= %(since)s
        GROUP BY 1, 2
        HAVING count(DISTINCT (b.ingested_at AT TIME ZONE 'UTC')::date) >= %(least_days)s
           AND max(b.ingested_at) < %(quiet_before)s
        ORDER BY 1, 2
        """,
        {
            "organization_id": organization_id,
            "since": since,
            "quiet_before": quiet_before,
            "least_days": least_days,
        },
    )


def request_shares(
    tx: Tx[Operational], *, organization_id: OrganizationId, now: datetime, hours: int
) -> RequestShares:
    """Requests of some hours: all, countable ones for unknown files, and from data centres."""
    return tx.one(
        RequestShares,
        """
        SELECT %(hours)s::integer AS hours, count(*)::bigint AS requests,
               count(*) FILTER (WHERE reason IS NULL
                                   OR (reason = 'unknown_path' AND next_reason IS NULL))::bigint
                 AS candidates,
               count(*) FILTER (WHERE reason = 'unknown_path' AND next_reason IS NULL)::bigint
                 AS unknown_path,
               count(*) FILTER (WHERE reason = 'bad_ip')::bigint AS bad_ip
        FROM measurement.requests
        WHERE organization_id = %(organization_id)s AND requested_at >= %(since)s
        """,
        {
            "organization_id": organization_id,
            "since": now - timedelta(hours=hours),
            "hours": hours,
        },
    )


def weekly_downloads(
    tx: Tx[Analytics], *, organization_id: OrganizationId, yesterday: date, all_shows: UUID
) -> list[WeeklyDownloads]:
    """Downloads of each show in the week that ended yesterday, and in the week before."""
    return tx.rows(
        WeeklyDownloads,
        """
        SELECT podcast_id,
               coalesce(sum(downloads) FILTER (WHERE day > %(middle)s), 0)::bigint AS last_week,
               coalesce(sum(downloads) FILTER (WHERE day <= %(middle)s), 0)::bigint AS week_before,
               max(day) AS newest_day
        FROM analytics.audience_daily
        WHERE organization_id = %(organization_id)s AND podcast_id <> %(all_shows)s
          AND day > %(first)s AND day <= %(yesterday)s
        GROUP BY podcast_id ORDER BY podcast_id
        """,
        {
            "organization_id": organization_id,
            "yesterday": yesterday,
            "middle": yesterday - timedelta(days=7),
            "first": yesterday - timedelta(days=14),
            "all_shows": all_shows,
        },
    )
