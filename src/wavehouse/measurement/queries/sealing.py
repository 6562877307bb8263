"""SQL of the sealed tier: states of days, rows to seal, seals, sealed rows for reading."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import IO, NamedTuple
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.queries.rolling import Rollup
from wavehouse.measurement.rules.dimensions import DIMENSIONS
from wavehouse.measurement.types import Seal, SealedDay
from wavehouse.store import Analytics, Operational, Tx

NAMED = tuple(
    {"table": f"analytics.{table}", "bucket": bucket, "column": dimension.column}
    for dimension in DIMENSIONS
    for table, bucket in ((dimension.hourly, "hour"), (dimension.daily, "day"))
)
"""The names used in this module's statements."""


def lock_sealing(tx: Tx[Operational]) -> None:
    """Allow one program to seal at a time; the lock is held until the transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('measurement.seal', 7))")


def is_sealing_free(tx: Tx[Operational]) -> bool:
    """Get the lock of sealing if no program has it; it is held until the transaction ends."""
    return bool(
        tx.value("SELECT pg_try_advisory_xact_lock(hashtextextended('measurement.seal', 7))")
    )


def installation(tx: Tx[Operational]) -> str:
    """What tells this database from every other: the server's identifier and the database's."""
    text: str = tx.value(
        """
        SELECT concat(s.system_identifier, '/', d.oid)
        FROM pg_control_system() s, pg_database d WHERE d.datname = current_database()
        """
    )
    return text


def sealed_days(tx: Tx[Operational], *, day: date | None = None) -> list[SealedDay]:
    """Every UTC day with partitions or a seal, oldest first, or one of them."""
    return tx.rows(
        SealedDay,
        """
        WITH parts AS (
          SELECT DISTINCT to_date(right(c.relname, 8), 'YYYYMMDD') AS day
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent IN ('measurement.listener_events'::regclass,
            'measurement.downloads'::regclass, 'measurement.requests'::regclass)
        ),
        marks AS (
          SELECT day, count(*) AS number FROM (
            SELECT day FROM measurement.count_log
            UNION ALL SELECT (hour AT TIME ZONE 'UTC')::date FROM measurement.dirty_log
          ) AS m GROUP BY day
        ),
        days AS (
          SELECT day FROM parts
          UNION SELECT day FROM measurement.sealed_days WHERE superseded_at IS NULL
        ),
        bounds AS (
          SELECT d.day, d.day::timestamp AT TIME ZONE 'UTC' AS first,
            (d.day + 1)::timestamp AT TIME ZONE 'UTC' AS last
          FROM days d WHERE %(day)s::date IS NULL OR d.day = %(day)s
        )
        SELECT b.day, p.day IS NOT NULL AS has_partition,
          EXISTS (SELECT FROM measurement.requests r
                  WHERE r.requested_at >= b.first AND r.requested_at < b.last)
          OR EXISTS (SELECT FROM measurement.listener_events e
                  WHERE e."timestamp" >= b.first AND e."timestamp" < b.last)
          OR EXISTS (SELECT FROM measurement.downloads w
                  WHERE w.downloaded_at >= b.first AND w.downloaded_at < b.last) AS has_rows,
          coalesce(m.number, 0) AS waiting, coalesce(c.changes, 0) AS changes,
          s.generation, s.changes AS sealed_changes, s.requests, s.downloads, s.events, s.bytes,
          s.sealed_at, b.first < coalesce(governance.raw_from(), '-infinity') AS dropped
        FROM bounds b
        LEFT JOIN parts p USING (day)
        LEFT JOIN marks m USING (day)
        LEFT JOIN measurement.day_changes c USING (day)
        LEFT JOIN measurement.sealed_days s ON s.day = b.day AND s.superseded_at IS NULL
        ORDER BY b.day
        """,
        {"day": day},
    )


def copy_requests(tx: Tx[Operational], *, first: datetime, last: datetime, into: IO[bytes]) -> int:
    """Write a span's requests as CSV, in the order of the table's columns; times are UTC.

    Returns their number.
    """
    return tx.copy_into(
        """
        COPY (
          SELECT requested_at AT TIME ZONE 'UTC', request_id, organization_id, batch_id,
            line_number, podcast_id, episode_id, enclosure_id, method, status, range_start,
            range_end, other_ranges, is_prefix, network, country_code, listener_key,
            listener_key_prev, network_key, agent_id, reason, path, next_reason, flags
          FROM measurement.requests
          WHERE requested_at >= %(first)s AND requested_at < %(last)s
        ) TO STDOUT (FORMAT csv)
        """,
        into,
        {"first": first, "last": last},
    )


def copy_downloads(tx: Tx[Operational], *, first: datetime, last: datetime, into: IO[bytes]) -> int:
    """Write a span's downloads as CSV, in the order of the table's columns; times are UTC.

    Returns their number.
    """
    return tx.copy_into(
        """
        COPY (
          SELECT downloaded_at AT TIME ZONE 'UTC', download_id, organization_id, podcast_id,
            episode_id, count_window, method, listener_key, listener_key_prev, network_key,
            network, country_code, agent_id, bytes, threshold_bytes, requests, rule_version,
            list_version
          FROM measurement.downloads
          WHERE downloaded_at >= %(first)s AND downloaded_at < %(last)s
        ) TO STDOUT (FORMAT csv)
        """,
        into,
        {"first": first, "last": last},
    )


def copy_events(tx: Tx[Operational], *, first: datetime, last: datetime, into: IO[bytes]) -> int:
    """Write a span's listener events as CSV, in the order of the table's columns.

    Returns their number.
    """
    return tx.copy_into(
        """
        COPY (
          SELECT podcast_id, "timestamp" AT TIME ZONE 'UTC', event_id, organization_id, episode_id,
            campaign_id, event_type, platform, country_code, device_type, device_os,
            listen_duration_seconds, completion_rate, user_agent, ip_address, session_id, metadata,
            listener_key, listener_key_prev, ingest_batch
          FROM measurement.listener_events
          WHERE "timestamp" >= %(first)s AND "timestamp" < %(last)s
        ) TO STDOUT (FORMAT csv)
        """,
        into,
        {"first": first, "last": last},
    )


class RollupRow(NamedTuple):
    """A row of a rollup, without the time of its computation. ``member`` is its dimension's."""

    bucket: datetime | date
    organization_id: UUID
    podcast_id: UUID
    member: str
    downloads: int
    streams: int
    listen_starts: int
    listen_completes: int
    skips: int
    ad_starts: int
    ad_completes: int
    ad_skips: int
    listeners: int
    listen_seconds: int
    completion_basis_points: int
    completions_known: int
    events: int


def rollup_rows(
    tx: Tx[Analytics], rollup: Rollup, *, first: datetime, last: datetime
) -> list[RollupRow]:
    """A span's rows of a rollup by a dimension."""
    assert rollup.dimension is not None  # noqa: S101 - audience_rows reads the others
    low, high = (first, last) if rollup.grain == "hour" else (first.date(), last.date())
    return tx.rows(
        RollupRow,
        """
        SELECT {bucket} AS bucket, organization_id, podcast_id, {column}::text AS member, downloads,
          streams, listen_starts, listen_completes, skips, ad_starts, ad_completes, ad_skips,
          listeners, listen_seconds, completion_basis_points, completions_known, events
        FROM {table} WHERE {bucket} >= %(low)s AND {bucket} < %(high)s
        """,
        {"low": low, "high": high},
        bucket=rollup.bucket,
        column=rollup.dimension.column,
        table=f"analytics.{rollup.table}",
    )


def copy_rollup(
    tx: Tx[Analytics], rollup: Rollup, *, first: datetime, last: datetime, into: IO[bytes]
) -> None:
    """Write a span's rows of a rollup by a dimension as CSV, as ``RollupRow`` has them."""
    assert rollup.dimension is not None  # noqa: S101 - copy_audience writes the others
    low, high = (first, last) if rollup.grain == "hour" else (first.date(), last.date())
    tx.copy_into(
        """
        COPY (
          SELECT {bucket}::timestamptz AT TIME ZONE 'UTC', organization_id, podcast_id,
            {column}::text, downloads, streams, listen_starts, listen_completes, skips, ad_starts,
            ad_completes, ad_skips, listeners, listen_seconds, completion_basis_points,
            completions_known, events
          FROM {table} WHERE {bucket} >= %(low)s AND {bucket} < %(high)s
        ) TO STDOUT (FORMAT csv)
        """,
        into,
        {"low": low, "high": high},
        bucket=rollup.bucket,
        column=rollup.dimension.column,
        table=f"analytics.{rollup.table}",
    )


def copy_audience(tx: Tx[Analytics], *, first: date, last: date, into: IO[bytes]) -> None:
    """Write a period's rows of the daily audience as CSV, as ``AudienceRow`` has them."""
    tx.copy_into(
        """
        COPY (
          SELECT day::timestamp, organization_id, podcast_id, downloads, listeners, events
          FROM analytics.audience_daily WHERE day >= %(first)s AND day < %(last)s
        ) TO STDOUT (FORMAT csv)
        """,
        into,
        {"first": first, "last": last},
    )


class AudienceRow(NamedTuple):
    """A row of the daily audience, without the time of its computation."""

    bucket: date
    organization_id: UUID
    podcast_id: UUID
    downloads: int
    listeners: int
    events: int


def audience_rows(tx: Tx[Analytics], *, first: date, last: date) -> list[AudienceRow]:
    """A period's rows of the daily audience, from its first day to before ``last``."""
    return tx.rows(
        AudienceRow,
        """
        SELECT day AS bucket, organization_id, podcast_id, downloads, listeners, events
        FROM analytics.audience_daily WHERE day >= %(first)s AND day < %(last)s
        """,
        {"first": first, "last": last},
    )


def last_generation(tx: Tx[Operational], *, day: date) -> int:
    """The newest generation of a day; 0 before the first."""
    number: int | None = tx.value(
        "SELECT max(generation) FROM measurement.sealed_days WHERE day = %(day)s", {"day": day}
    )
    return number or 0


def changes_of(tx: Tx[Operational], *, day: date) -> int:
    """The number of times that a day's rows have changed."""
    number: int | None = tx.value(
        "SELECT changes FROM measurement.day_changes WHERE day = %(day)s", {"day": day}
    )
    return number or 0


def note_changed_days(tx: Tx[Operational], *, days: Iterable[date]) -> None:
    """Count a change of each of these days: their seals and pushed events are then out of date."""
    tx.execute(
        """
        INSERT INTO measurement.day_changes (day, changes)
        SELECT day, 1 FROM unnest(%(days)s::date[]) AS day ORDER BY day
        ON CONFLICT (day) DO UPDATE SET changes = day_changes.changes + 1
        """,
        {"days": sorted(days)},
    )


def supersede(tx: Tx[Operational], *, day: date, at: datetime) -> None:
    """End the current generation of a day."""
    tx.execute(
        """
        UPDATE measurement.sealed_days SET superseded_at = greatest(%(at)s, sealed_at)
        WHERE day = %(day)s AND superseded_at IS NULL
        """,
        {"day": day, "at": at},
    )


def insert_seal(
    tx: Tx[Operational],
    *,
    day: date,
    generation: int,
    store: str,
    manifest: str,
    manifest_sha256: bytes,
    requests: int,
    downloads: int,
    events: int,
    size: int,
    rollups_sha256: bytes,
    rule_version: str,
    list_version: str,
    changes: int,
    at: datetime,
) -> None:
    """Register a generation of a day as the current one; ``supersede`` ends the one before.

    It keeps the time at which the day was reopened.
    """
    tx.execute(
        """
        INSERT INTO measurement.sealed_days (day, generation, store, manifest, manifest_sha256,
          requests, downloads, events, bytes, rollups_sha256, rule_version, list_version, changes,
          sealed_at, reopened_at)
        VALUES (%(day)s, %(generation)s, %(store)s, %(manifest)s, %(manifest_sha256)s,
          %(requests)s, %(downloads)s, %(events)s, %(bytes)s, %(rollups_sha256)s, %(rule_version)s,
          %(list_version)s, %(changes)s, %(at)s,
          (SELECT max(reopened_at) FROM measurement.sealed_days WHERE day = %(day)s))
        """,
        {
            "day": day,
            "generation": generation,
            "store": store,
            "manifest": manifest,
            "manifest_sha256": manifest_sha256,
            "requests": requests,
            "downloads": downloads,
            "events": events,
            "bytes": size,
            "rollups_sha256": rollups_sha256,
            "rule_version": rule_version,
            "list_version": list_version,
            "changes": changes,
            "at": at,
        },
    )


def superseded(tx: Tx[Operational]) -> list[Seal]:
    """Registered generations that a newer one has replaced."""
    return tx.rows(
        Seal,
        """
        SELECT day, generation, store, manifest, manifest_sha256 FROM measurement.sealed_days
        WHERE superseded_at IS NOT NULL ORDER BY day, generation
        """,
    )


def forget(tx: Tx[Operational], *, day: date, generation: int) -> None:
    """Delete the row of a generation whose files are gone."""
    tx.execute(
        """
        DELETE FROM measurement.sealed_days
        WHERE day = %(day)s AND generation = %(generation)s AND superseded_at IS NOT NULL
        """,
        {"day": day, "generation": generation},
    )


def seals(tx: Tx[Operational], *, first: date, last: date) -> list[Seal]:
    """The current seals of a period, both days included."""
    return tx.rows(
        Seal,
        """
        SELECT day, generation, store, manifest, manifest_sha256
        FROM measurement.sealed_between(%(first)s, %(last)s)
        """,
        {"first": first, "last": last},
    )


def seals_elsewhere(tx: Tx[Operational], *, store: str) -> list[Seal]:
    """All generations, current or replaced, that are in another folder than this store's."""
    return tx.rows(
        Seal,
        """
        SELECT day, generation, store, manifest, manifest_sha256 FROM measurement.sealed_days
        WHERE store <> %(store)s AND store LIKE 'file:%%' ORDER BY day, generation
        """,
        {"store": store},
    )


def move_seal(tx: Tx[Operational], *, day: date, generation: int, store: str) -> None:
    """Note the store to which the files of a generation were moved."""
    tx.execute(
        """
        UPDATE measurement.sealed_days SET store = %(store)s
        WHERE day = %(day)s AND generation = %(generation)s
        """,
        {"day": day, "generation": generation, "store": store},
    )


def complete_from(tx: Tx[Operational]) -> datetime | None:
    """The start of complete raw data, in partitions or sealed files; None if always complete."""
    at: datetime | None = tx.value("SELECT measurement.complete_from()")
    return at


def make_whole(tx: Tx[Operational]) -> None:
    """Create the temporary tables for a period's sealed and hot rows."""
    tx.execute("DROP TABLE IF EXISTS pg_temp.whole_requests, pg_temp.whole_downloads")
    tx.execute("CREATE TEMP TABLE whole_requests (LIKE measurement.requests) ON COMMIT DROP")
    tx.execute("CREATE TEMP TABLE whole_downloads (LIKE measurement.downloads) ON COMMIT DROP")


def take_requests(tx: Tx[Operational], rows: IO[bytes]) -> None:
    """Add sealed requests, as CSV in the order of the table's columns."""
    with tx.copy("COPY whole_requests FROM STDIN (FORMAT csv)") as sink:
        while block := rows.read(2**20):
            sink.write(block)


def take_downloads(tx: Tx[Operational], rows: IO[bytes]) -> None:
    """Add sealed downloads, as CSV in the order of the table's columns."""
    with tx.copy("COPY whole_downloads FROM STDIN (FORMAT csv)") as sink:
        while block := rows.read(2**20):
            sink.write(block)


def add_hot(
    tx: Tx[Operational], *, organization_id: OrganizationId, start: datetime, end: datetime
) -> None:
    """Add an organization's rows of a span that are in partitions."""
    values = {"organization_id": organization_id, "start": start, "end": end}
    tx.execute(
        """
        INSERT INTO whole_requests SELECT * FROM measurement.requests
        WHERE organization_id = %(organization_id)s
          AND requested_at >= %(start)s AND requested_at < %(end)s
        """,
        values,
    )
    tx.execute(
        """
        INSERT INTO whole_downloads SELECT * FROM measurement.downloads
        WHERE organization_id = %(organization_id)s
          AND downloaded_at >= %(start)s AND downloaded_at < %(end)s
        """,
        values,
    )
    tx.execute("ANALYZE whole_requests")
    tx.execute("ANALYZE whole_downloads")


def changed_days(tx: Tx[Operational], *, first: date, last: date) -> list[date]:
    """The days of a period with rows that are not sealed, or have changed since."""
    return tx.values(
        "SELECT measurement.changed_days(%(first)s, %(last)s)", {"first": first, "last": last}
    )
