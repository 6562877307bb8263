"""SQL that reads counted downloads from the rollups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.rules.dimensions import DIMENSIONS, Dimension
from wavehouse.measurement.types import (
    DayTotal,
    EpisodeDay,
    Figure,
    HourFigure,
    HourTotal,
)
from wavehouse.store import Analytics, Tx

NAMED = tuple(
    {
        "column": dimension.column,
        "daily": f"analytics.{dimension.daily}",
        "hourly": f"analytics.{dimension.hourly}",
    }
    for dimension in DIMENSIONS
)
"""The names used in this module's statements."""


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


def newest_rollup(tx: Tx[Analytics], *, organization_id: OrganizationId) -> datetime | None:
    """The time of an organization's latest rollup: the version of its figures."""
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
    """A first and a last day; None when there is none."""

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
