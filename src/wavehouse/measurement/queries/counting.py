"""SQL of counting in the calendar window: requests to downloads, whole (key, UTC day) units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from wavehouse.store import Operational, Tx


@dataclass(frozen=True, slots=True)
class Mark:
    """A note that a batch affected a day."""

    id: int
    batch_id: int
    day: date


def lock_counting(tx: Tx[Operational]) -> None:
    """Allow one counter at a time; the lock is held until the transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('measurement.count', 7))")


def marked_days(tx: Tx[Operational]) -> list[date]:
    """Days waiting to be counted, oldest first."""
    return tx.values("SELECT DISTINCT day FROM measurement.count_log ORDER BY day")


def marks_of(tx: Tx[Operational], *, day: date) -> list[Mark]:
    """The visible marks of a day; a batch that commits later keeps its own for the next pass."""
    return tx.rows(
        Mark,
        "SELECT id, batch_id, day FROM measurement.count_log WHERE day = %(day)s",
        {"day": day},
    )


def mark_day(tx: Tx[Operational], *, first: date, last: date) -> int:
    """Mark days to be recounted as a whole (batch 0 means every batch)."""
    return tx.execute(
        """
        INSERT INTO measurement.count_log (batch_id, day)
        SELECT 0, d::date
        FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS d
        WHERE to_regclass('measurement.requests_' || to_char(d, 'YYYYMMDD')) IS NOT NULL
        """,
        {"first": first, "last": last},
    )


def delete_marks(tx: Tx[Operational], *, ids: Sequence[int]) -> None:
    """Delete exactly these marks, which have been processed."""
    tx.execute("DELETE FROM measurement.count_log WHERE id = ANY(%(ids)s)", {"ids": list(ids)})


def collect_touched_keys(
    tx: Tx[Operational], *, start: datetime, end: datetime, batches: Sequence[int]
) -> None:
    """Collect the listeners of every affected address, whose units of a day are derived again.

    Whole addresses, because R18 applies to them as a whole. A whole day (batch 0) also includes
    listeners whose requests no longer exist, such as a truncated last line.
    """
    tx.execute(
        """
        CREATE TEMP TABLE touched ON COMMIT DROP AS
        WITH listeners AS (
          SELECT listener_key, min(network_key) AS network_key,
                 bool_or(reason IS NULL OR reason = 'excess_ip') AS is_candidate,
                 coalesce(bool_or(flags && '{included,shared_address}'), false) AS is_included,
                 bool_or(0 = ANY(%(batches)s) OR batch_id = ANY(%(batches)s)) AS is_touched
          FROM measurement.requests
          WHERE requested_at >= %(start)s AND requested_at < %(end)s AND listener_key IS NOT NULL
          GROUP BY listener_key
        )
        SELECT listener_key, network_key, is_candidate, is_included FROM listeners
        WHERE network_key IN (SELECT network_key FROM listeners WHERE is_touched)
        UNION ALL
        SELECT DISTINCT listener_key, network_key, false, false FROM measurement.downloads d
        WHERE 0 = ANY(%(batches)s) AND downloaded_at >= %(start)s AND downloaded_at < %(end)s
          AND NOT EXISTS (SELECT FROM listeners l WHERE l.listener_key = d.listener_key)
        """,
        {"start": start, "end": end, "batches": list(batches)},
    )
    tx.execute("ANALYZE touched")


def release_excess(tx: Tx[Operational], *, start: datetime, end: datetime) -> None:
    """Clear R18's result for affected listeners, which is computed again (R02, R42)."""
    tx.execute(
        """
        UPDATE measurement.requests r SET reason = NULL FROM touched t
        WHERE r.requested_at >= %(start)s AND r.requested_at < %(end)s
          AND r.reason = 'excess_ip' AND r.listener_key = t.listener_key
        """,
        {"start": start, "end": end},
    )


def filter_excess(
    tx: Tx[Operational], *, start: datetime, end: datetime, episodes: int, agents: int
) -> int:
    """R18: filter addresses with too many episodes or agents on a day; returns how many.

    A listener is an address and an agent, so an address's listeners are its agents. R19: an
    included address is not filtered.
    """
    count: int = tx.value(
        """
        WITH excess AS (
          SELECT network_key FROM touched
          GROUP BY network_key HAVING count(*) FILTER (WHERE is_candidate) > %(agents)s
          UNION
          SELECT network_key FROM derived
          GROUP BY network_key HAVING count(DISTINCT episode_id) > %(episodes)s
        ),
        stopped AS MATERIALIZED (
          SELECT listener_key, network_key FROM touched JOIN excess USING (network_key)
          WHERE network_key NOT IN (SELECT network_key FROM touched WHERE is_included)
        ),
        filtered AS (
          UPDATE measurement.requests r SET reason = 'excess_ip' FROM stopped s
          WHERE r.requested_at >= %(start)s AND r.requested_at < %(end)s
            AND r.reason IS NULL AND r.listener_key = s.listener_key
        ),
        removed AS (
          DELETE FROM derived d USING stopped s WHERE d.listener_key = s.listener_key
        )
        SELECT count(DISTINCT network_key) FROM stopped
        """,
        {"start": start, "end": end, "episodes": episodes, "agents": agents},
    )
    return count


def derive_downloads(
    tx: Tx[Operational],
    *,
    start: datetime,
    end: datetime,
    rule_version: str,
    list_version: str,
) -> None:
    """Count the affected units of a day.

    R27: bytes are the union of distinct positions per file: walking the spans in order, only
    positions beyond the furthest so far are new. R26, R29: the threshold of the file's version.
    R31: only the UTC day itself counts. R33, R34: one download per key and episode. R41: its time
    is that of the first request that brought bytes. R30: a unit known only from our redirect is an
    estimate, distinguished by its method.
    """
    tx.execute(
        """
        CREATE TEMP TABLE derived ON COMMIT DROP AS
        WITH candidates AS MATERIALIZED (
          SELECT r.requested_at, r.organization_id, r.podcast_id, r.episode_id, r.enclosure_id,
                 r.listener_key, r.listener_key_prev, r.network_key, r.network, r.country_code,
                 r.agent_id, r.range_start, r.range_end, r.other_ranges, r.is_prefix
          FROM measurement.requests r JOIN touched USING (listener_key)
          WHERE r.requested_at >= %(start)s AND r.requested_at < %(end)s AND r.reason IS NULL
        ),
        spans AS (
          SELECT listener_key, enclosure_id, requested_at, range_start, range_end
          FROM candidates WHERE NOT is_prefix
          UNION ALL
          SELECT c.listener_key, c.enclosure_id, c.requested_at, lower(m), upper(m)
          FROM candidates c CROSS JOIN LATERAL unnest(c.other_ranges) AS m
          WHERE NOT c.is_prefix AND c.other_ranges IS NOT NULL
        ),
        walked AS (
          SELECT listener_key, enclosure_id, requested_at, range_start, range_end,
                 max(range_end) OVER (
                   PARTITION BY listener_key, enclosure_id ORDER BY range_start, range_end
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
          FROM spans
        ),
        files AS (
          SELECT listener_key, enclosure_id,
                 sum(greatest(0, range_end - greatest(range_start, coalesce(reached, 0))))::bigint
                   AS bytes,
                 min(requested_at) FILTER (WHERE range_end > range_start) AS first_at
          FROM walked GROUP BY listener_key, enclosure_id
        ),
        qualified AS (
          SELECT DISTINCT ON (f.listener_key, t.episode_id)
                 f.listener_key, t.episode_id, f.first_at, f.bytes, t.threshold_bytes
          FROM files f JOIN catalog.enclosures t USING (enclosure_id)
          WHERE f.bytes >= t.threshold_bytes
          ORDER BY f.listener_key, t.episode_id, f.first_at, f.enclosure_id
        ),
        units AS (
          SELECT listener_key, episode_id,
                 min(organization_id::text)::uuid AS organization_id,
                 min(podcast_id::text)::uuid AS podcast_id,
                 min(listener_key_prev) AS listener_key_prev, min(network_key) AS network_key,
                 min(network::inet)::cidr AS network, min(country_code) AS country_code,
                 min(agent_id) AS agent_id,
                 count(*) FILTER (WHERE NOT is_prefix) AS byte_requests,
                 count(*) FILTER (WHERE is_prefix) AS prefix_requests,
                 min(requested_at) FILTER (WHERE is_prefix) AS prefix_at
          FROM candidates GROUP BY listener_key, episode_id
        ),
        counted AS (
          SELECT u.*, coalesce(q.first_at, u.prefix_at) AS downloaded_at,
                 CASE WHEN q.first_at IS NULL THEN 'prefix_estimate' ELSE 'bytes' END AS method,
                 coalesce(q.bytes, 0) AS bytes, q.threshold_bytes,
                 CASE WHEN q.first_at IS NULL THEN prefix_requests ELSE byte_requests END
                   AS requests
          FROM units u LEFT JOIN qualified q USING (listener_key, episode_id)
          WHERE q.first_at IS NOT NULL OR (u.byte_requests = 0 AND u.prefix_requests > 0)
        ),
        named AS (
          SELECT *, lpad(to_hex(floor(extract(epoch FROM downloaded_at) * 1000)::bigint), 12, '0')
                   AS ms,
                 md5('calendar' || chr(31) || listener_key || chr(31) || episode_id) AS digest
          FROM counted
        )
        SELECT downloaded_at,
               (ms || '8' || substr(digest, 1, 3) || 'a' || substr(digest, 4, 15))::uuid
                 AS download_id,
               organization_id, podcast_id, episode_id, 'calendar'::text AS count_window, method,
               listener_key, listener_key_prev, network_key, network, country_code, agent_id,
               bytes, threshold_bytes, requests::integer AS requests,
               %(rule_version)s::text AS rule_version, %(list_version)s::text AS list_version
        FROM named
        """,
        {
            "start": start,
            "end": end,
            "rule_version": rule_version,
            "list_version": list_version,
        },
    )
    tx.execute("ANALYZE derived")


def delete_stale_downloads(tx: Tx[Operational], *, start: datetime, end: datetime) -> int:
    """Delete downloads of affected units that the derivation does not reproduce."""
    return tx.execute(
        """
        DELETE FROM measurement.downloads d USING touched t
        WHERE d.downloaded_at >= %(start)s AND d.downloaded_at < %(end)s
          AND d.listener_key = t.listener_key AND d.count_window = 'calendar'
          AND NOT EXISTS (
            SELECT FROM derived n
            WHERE n.download_id = d.download_id AND n.bytes = d.bytes
              AND n.requests = d.requests AND n.method = d.method
              AND n.threshold_bytes IS NOT DISTINCT FROM d.threshold_bytes
              AND n.rule_version = d.rule_version AND n.list_version = d.list_version)
        """,
        {"start": start, "end": end},
    )


def insert_downloads(tx: Tx[Operational]) -> int:
    """Store the derived downloads that do not exist yet."""
    return tx.execute(
        """
        INSERT INTO measurement.downloads
          (downloaded_at, download_id, organization_id, podcast_id, episode_id, count_window,
           method, listener_key, listener_key_prev, network_key, network, country_code, agent_id,
           bytes, threshold_bytes, requests, rule_version, list_version)
        SELECT downloaded_at, download_id, organization_id, podcast_id, episode_id, count_window,
           method, listener_key, listener_key_prev, network_key, network, country_code, agent_id,
           bytes, threshold_bytes, requests, rule_version, list_version
        FROM derived
        ON CONFLICT DO NOTHING
        """
    )


def derive_events(tx: Tx[Operational]) -> None:
    """Derive the download events of the derived downloads.

    Estimates (R30) are not events: they are never merged with byte-validated counts.
    """
    tx.execute(
        """
        CREATE TEMP TABLE derived_events ON COMMIT DROP AS
        SELECT d.podcast_id, d.downloaded_at AS at, d.download_id AS event_id, d.organization_id,
               d.episode_id, a.app AS platform, d.country_code, a.device_type, a.os AS device_os,
               d.network, d.listener_key, d.listener_key_prev
        FROM derived d JOIN measurement.user_agents a USING (agent_id)
        WHERE d.method = 'bytes'
        """
    )


def delete_stale_events(tx: Tx[Operational], *, start: datetime, end: datetime) -> int:
    """Delete download events that are no longer valid, and mark their hours; returns how many."""
    return int(
        tx.value(
            """
            WITH removed AS (
              DELETE FROM measurement.listener_events e USING touched t
              WHERE e."timestamp" >= %(start)s AND e."timestamp" < %(end)s
                AND e.event_type = 'download' AND e.listener_key = t.listener_key
                AND NOT EXISTS (
                  SELECT FROM derived_events n
                  WHERE n.event_id = e.event_id AND n.platform IS NOT DISTINCT FROM e.platform
                    AND n.country_code IS NOT DISTINCT FROM e.country_code
                    AND n.device_type IS NOT DISTINCT FROM e.device_type
                    AND n.device_os IS NOT DISTINCT FROM e.device_os)
              RETURNING e."timestamp" AS at
            ),
            marked AS (
              INSERT INTO measurement.dirty_log (hour)
              SELECT DISTINCT date_trunc('hour', at, 'UTC') FROM removed
            )
            SELECT count(*) FROM removed
            """,
            {"start": start, "end": end},
        )
    )


def insert_events(tx: Tx[Operational]) -> tuple[int, int]:
    """Add new download events, and mark their hours; returns how many events and hours."""
    hours = tx.values(
        """
        WITH added AS (
          INSERT INTO measurement.listener_events
            (podcast_id, "timestamp", event_id, organization_id, episode_id, event_type, platform,
             country_code, device_type, device_os, ip_address, listener_key, listener_key_prev)
          SELECT podcast_id, at, event_id, organization_id, episode_id, 'download', platform,
             country_code, device_type, device_os, network, listener_key, listener_key_prev
          FROM derived_events
          ON CONFLICT DO NOTHING
          RETURNING "timestamp" AS at
        ),
        marked AS (
          INSERT INTO measurement.dirty_log (hour)
          SELECT DISTINCT date_trunc('hour', at, 'UTC') FROM added
        )
        SELECT count(*) FROM added GROUP BY date_trunc('hour', at, 'UTC')
        """
    )
    return sum(hours), len(hours)
