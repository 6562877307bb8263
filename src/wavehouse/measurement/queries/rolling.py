"""SQL of the roller: dirty hours and their days' events from one database, rows into another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel import clock
from wavehouse.measurement.rules.dimensions import DIMENSIONS, Dimension
from wavehouse.measurement.types import Reconciliation
from wavehouse.store import Analytics, Operational, Tx

_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class Rollup:
    """A rollup: its transform, table, time column, grain and dimension.

    Without a dimension it is an audience.
    """

    transform: str
    table: str
    bucket: str
    grain: str
    dimension: Dimension | None = None


HOURLY = tuple(Rollup("listener_events", d.hourly, "hour", "hour", d) for d in DIMENSIONS)
DAILY = tuple(Rollup("listener_events", d.daily, "day", "day", d) for d in DIMENSIONS)
AUDIENCE = (
    Rollup("audience", "audience_daily", "day", "day"),
    Rollup("audience_all", "audience_daily", "day", "day"),
)
NAMED = tuple(
    {
        "table": f"analytics.{rollup.table}",
        "bucket": rollup.bucket,
        "staged": f"staged_{rollup.table}",
    }
    for rollup in (*HOURLY, *DAILY, *AUDIENCE)
)
"""The names used in this module's statements."""


@dataclass(frozen=True, slots=True)
class DirtyHour:
    """A note that an hour's events changed."""

    id: int
    hour: datetime


def lock_rolling(tx: Tx[Operational]) -> None:
    """Allow one roller at a time. Locked before the snapshot, which would be stale after a wait."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('measurement.roll', 7))")


def dirty_hours(tx: Tx[Operational]) -> list[DirtyHour]:
    """The marks visible in this snapshot."""
    return tx.rows(DirtyHour, "SELECT id, hour FROM measurement.dirty_log ORDER BY hour, id")


def delete_dirty(tx: Tx[Operational], *, ids: Sequence[int]) -> None:
    """Delete exactly these marks, which have been processed."""
    tx.execute("DELETE FROM measurement.dirty_log WHERE id = ANY(%(ids)s)", {"ids": list(ids)})


def mark_dirty(tx: Tx[Operational], *, hours: Sequence[datetime]) -> None:
    """Mark hours to be rolled up again."""
    tx.execute(
        "INSERT INTO measurement.dirty_log (hour) SELECT unnest(%(hours)s::timestamptz[])",
        {"hours": list(hours)},
    )


def ensure_period(tx: Tx[Analytics], *, day: date) -> None:
    """Create the partitions for a day's rollups."""
    tx.execute("SELECT analytics.ensure_period(%(day)s)", {"day": day})


def clear(tx: Tx[Analytics], rollup: Rollup, *, first: datetime, last: datetime) -> None:
    """Remove a span's rows from a rollup, to be replaced in the same transaction."""
    low, high = (first, last) if rollup.grain == "hour" else (first.date(), last.date())
    tx.execute(
        "DELETE FROM {table} WHERE {bucket} >= %(low)s AND {bucket} < %(high)s",
        {"low": low, "high": high},
        table=f"analytics.{rollup.table}",
        bucket=rollup.bucket,
    )


def copy_events(tx: Tx[Operational], *, first: datetime, last: datetime, into: IO[bytes]) -> None:
    """Append a span's events as CSV, with the columns that the transforms read; times are UTC."""
    tx.copy_into(
        """
        COPY (
          SELECT "timestamp" AT TIME ZONE 'UTC', organization_id, podcast_id, episode_id,
                 event_type, platform, country_code, device_type, listener_key,
                 listen_duration_seconds, completion_rate
          FROM measurement.listener_events
          WHERE "timestamp" >= %(first)s AND "timestamp" < %(last)s
        ) TO STDOUT (FORMAT csv)
        """,
        into,
        {"first": first, "last": last},
    )


def stage(tx: Tx[Analytics], table: str) -> None:
    """Create the temporary table of a rollup's rows, as COPY refuses a table with row security."""
    tx.execute(
        "CREATE TEMP TABLE {staged} (LIKE {table}) ON COMMIT DROP",
        staged=f"staged_{table}",
        table=f"analytics.{table}",
    )


def carry(tx: Tx[Analytics], table: str, rows: IO[bytes]) -> None:
    """Add rows, as CSV in the order of the table's columns, to the staged rows."""
    with tx.copy("COPY {staged} FROM STDIN (FORMAT csv)", staged=f"staged_{table}") as sink:
        while block := rows.read(_BLOCK):
            sink.write(block)


def keep_staged(tx: Tx[Analytics], table: str) -> int:
    """Insert the staged rows into the rollup; returns their number."""
    return tx.execute(
        "INSERT INTO {table} SELECT * FROM {staged}",
        table=f"analytics.{table}",
        staged=f"staged_{table}",
    )


@dataclass(frozen=True, slots=True)
class EventSpan:
    """The first and the last instant of any event; None when there are none."""

    first: datetime | None
    last: datetime | None


def span_of_events(tx: Tx[Operational]) -> tuple[datetime, datetime] | None:
    """The first and the last instant of any listener event, of days that were not dropped."""
    span = tx.one(
        EventSpan,
        """
        SELECT min("timestamp") AS first, max("timestamp") AS last
        FROM measurement.listener_events
        WHERE "timestamp" >= coalesce(governance.raw_from(), '-infinity')
        """,
    )
    return None if span.first is None or span.last is None else (span.first, span.last)


@dataclass(frozen=True, slots=True)
class RawHour:
    """A podcast's events and downloads of an hour, and how many of them name an episode."""

    hour: datetime
    podcast_id: UUID
    events: int
    downloads: int
    episode_events: int
    episode_downloads: int


def raw_hours(tx: Tx[Operational], *, first: datetime, last: datetime) -> list[RawHour]:
    """Events and downloads by hour and podcast, from the raw events."""
    return tx.rows(
        RawHour,
        """
        SELECT date_trunc('hour', "timestamp", 'UTC') AS hour, podcast_id, count(*) AS events,
               count(*) FILTER (WHERE event_type = 'download') AS downloads,
               count(episode_id) AS episode_events,
               count(episode_id) FILTER (WHERE event_type = 'download') AS episode_downloads
        FROM measurement.listener_events
        WHERE "timestamp" >= %(first)s AND "timestamp" < %(last)s
        GROUP BY 1, 2
        """,
        {"first": first, "last": last},
    )


@dataclass(frozen=True, slots=True)
class RolledBucket:
    """A podcast's events and downloads of an hour or a day."""

    bucket: datetime | date
    podcast_id: UUID
    events: int
    downloads: int


def rolled(
    tx: Tx[Analytics], rollup: Rollup, *, first: datetime, last: datetime
) -> dict[tuple[datetime, UUID], tuple[int, int]]:
    """Events and downloads by hour or day and podcast, from a rollup."""
    low, high = (first, last) if rollup.grain == "hour" else (first.date(), last.date())
    rows = tx.rows(
        RolledBucket,
        """
        SELECT {bucket} AS bucket, podcast_id,
               sum(events)::bigint AS events, sum(downloads)::bigint AS downloads
        FROM {table} WHERE {bucket} >= %(low)s AND {bucket} < %(high)s GROUP BY 1, 2
        """,
        {"low": low, "high": high},
        bucket=rollup.bucket,
        table=f"analytics.{rollup.table}",
    )
    return {(_instant(row.bucket), row.podcast_id): (row.events, row.downloads) for row in rows}


def _instant(bucket: datetime | date) -> datetime:
    return bucket if isinstance(bucket, datetime) else clock.start_of_day(bucket)


def insert_reconciliation(
    tx: Tx[Analytics],
    *,
    at: datetime,
    first: datetime,
    last: datetime,
    reconciliation: Reconciliation,
) -> None:
    """Store the result of a reconciliation, with the first hundred mismatches in full."""
    tx.execute(
        """
        INSERT INTO analytics.reconciliations
          (checked_at, first_hour, last_hour, hours, raw_events, rollup_events, mismatches, detail)
        VALUES (%(at)s, %(first)s, %(last)s, %(hours)s, %(raw_events)s, %(rollup_events)s,
                %(mismatches)s, %(detail)s)
        """,
        {
            "at": at,
            "first": first,
            "last": last,
            "hours": reconciliation.hours,
            "raw_events": reconciliation.raw_events,
            "rollup_events": reconciliation.rollup_events,
            "mismatches": len(reconciliation.mismatches),
            "detail": Jsonb(
                [
                    {
                        "rollup": m.table,
                        "hour": m.hour.isoformat(),
                        "podcast": str(m.podcast_id),
                        "raw": m.raw,
                        "rolled_up": m.rollup,
                    }
                    for m in reconciliation.mismatches[:100]
                ]
            ),
        },
    )


def days_with_raw(tx: Tx[Operational]) -> set[date]:
    """The UTC days whose raw events are all in partitions. Retention drops those of other days."""
    return set(
        tx.values(
            """
            SELECT p.day
            FROM (SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day
                  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                  WHERE i.inhparent = 'measurement.listener_events'::regclass) p
            WHERE p.day::timestamp AT TIME ZONE 'UTC'
              >= coalesce(governance.raw_from(), '-infinity')
            """
        )
    )


def marked_before(tx: Tx[Operational], *, before: datetime) -> int:
    """How many days before a limit wait to be counted, and hours to be rolled up."""
    number: int = tx.value(
        """
        SELECT (SELECT count(DISTINCT day) FROM measurement.count_log
                WHERE day < (%(before)s AT TIME ZONE 'UTC')::date)
             + (SELECT count(DISTINCT hour) FROM measurement.dirty_log WHERE hour < %(before)s)
        """,
        {"before": before},
    )
    return number
