"""The tables of a warehouse: events as the transforms read them, rollups, and what was pushed."""

from __future__ import annotations

from wavehouse.engines import Column, Kind, Table
from wavehouse.measurement.rules.dimensions import DIMENSIONS, Dimension

_PODCAST = "podcast_id"
COMPUTED_AT = "computed_at"
"""The column that digests leave out."""

EVENTS = Table(
    "listener_events",
    (
        Column("timestamp", Kind.INSTANT),
        Column("organization_id", Kind.ID),
        Column(_PODCAST, Kind.ID),
        Column("episode_id", Kind.ID, nullable=True),
        Column("event_type", Kind.TEXT),
        Column("platform", Kind.TEXT, nullable=True),
        Column("country_code", Kind.TEXT, nullable=True),
        Column("device_type", Kind.TEXT, nullable=True),
        Column("listener_key", Kind.WHOLE, nullable=True),
        Column("listen_duration_seconds", Kind.WHOLE, nullable=True),
        Column("completion_rate", Kind.RATE, nullable=True),
    ),
    clock="timestamp",
    order=(_PODCAST, "timestamp"),
    distribution=_PODCAST,
)
"""Neither addresses nor user agents nor sessions: no transform reads them."""

PUSHED = Table(
    "pushed_days",
    (Column("day", Kind.DAY), Column("version", Kind.TEXT), Column("events", Kind.WHOLE)),
    clock="day",
    order=("day",),
    period="year",
)
"""The version of each day's events in the warehouse; written after the events."""

ROLLED = Table(
    "rolled_days",
    (Column("day", Kind.DAY), Column("version", Kind.TEXT)),
    clock="day",
    order=("day",),
    period="year",
)
"""The version of the events that each day's rollups were computed from; written after them."""

_COUNTS = (
    "downloads", "streams", "listen_starts", "listen_completes", "skips", "ad_starts",
    "ad_completes", "ad_skips", "listeners", "listen_seconds", "completion_basis_points",
    "completions_known", "events",
)  # fmt: skip


def rollup_table(name: str, grain: str, dimension: Dimension | None) -> Table:
    """The table of a rollup, its columns in the order of its transform."""
    clock = Column(grain, Kind.INSTANT if grain == "hour" else Kind.DAY)
    keys = [clock, Column("organization_id", Kind.ID), Column(_PODCAST, Kind.ID)]
    counts: tuple[str, ...] = ("downloads", "listeners", "events")
    if dimension is not None:
        kind = Kind.ID if dimension.column.endswith("_id") else Kind.TEXT
        keys.append(Column(dimension.column, kind))
        counts = _COUNTS
    return Table(
        name,
        (
            *keys,
            *(Column(count, Kind.WHOLE) for count in counts),
            Column(COMPUTED_AT, Kind.INSTANT),
        ),
        clock=grain,
        order=(_PODCAST, grain),
        period="month" if grain == "hour" else "year",
        distribution=_PODCAST,
    )


HOURLY_TABLES = tuple(rollup_table(each.hourly, "hour", each) for each in DIMENSIONS)
DAILY_TABLES = (
    *(rollup_table(each.daily, "day", each) for each in DIMENSIONS),
    rollup_table("audience_daily", "day", None),
)
ROLLUP_TABLES = (*HOURLY_TABLES, *DAILY_TABLES)
