"""The dimensions of downloads: one entry defines the rollup, the API and CLI value, and the card.

An entry names the column of ``measurement.listener_events`` and of its two rollups,
``listener_events_hourly`` and ``listener_events_daily`` with the suffix ``rollup``. One template,
``transforms/listener_events.sql``, makes every rollup.
"""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.kernel.errors import UsageError

DAY_SPLIT = "day"
"""Days are the grain of the rollups, not a dimension."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card of the dashboard: its title, its number of rows, and its text when empty."""

    title: str
    rows: int
    empty: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension: its name in the API and on the command line, and the column of its values.

    ``rollup`` is the suffix of the rollup tables. ``required``: events without a value are not in
    the rollup; otherwise an empty value means unknown. ``names``: display names of values, such as
    country codes.
    """

    name: str
    column: str
    label: str
    rollup: str = ""
    required: bool = False
    names: str = ""
    card: Card | None = None

    @property
    def hourly(self) -> str:
        """The table of the hourly rollup."""
        return "_".join(filter(None, ("listener_events_hourly", self.rollup)))

    @property
    def daily(self) -> str:
        """The table of the daily rollup."""
        return "_".join(filter(None, ("listener_events_daily", self.rollup)))


DIMENSIONS = (
    Dimension("episode", "episode_id", "Episode", required=True),
    Dimension(
        "app",
        "platform",
        "App",
        rollup="platform",
        card=Card(
            "Apps", 7, "Which apps and players your listeners use, once a log has been read."
        ),
    ),
    Dimension(
        "country",
        "country_code",
        "Country",
        rollup="country",
        names="countries",
        card=Card("Countries", 9, "Where downloads come from, once a log has been read."),
    ),
    Dimension(
        "device",
        "device_type",
        "Device",
        rollup="device",
        card=Card("Devices", 7, "Phones, computers, speakers and cars, once a log has been read."),
    ),
)


def names() -> tuple[str, ...]:
    """The splits of figures: the day, or a dimension."""
    return (DAY_SPLIT, *(each.name for each in DIMENSIONS))


def dimension(name: str) -> Dimension:
    """The dimension with this name. UsageError for an unknown one."""
    for each in DIMENSIONS:
        if each.name == name:
            return each
    raise UsageError(f"unknown split {name}", hint=f"Use one of {', '.join(names())}.")
