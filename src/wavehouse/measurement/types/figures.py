"""Figures for display: by period, window, day, hour, source. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Figure:
    """Downloads of one member (a day, an episode, an app, a country); ``label`` is a title.

    The query makes it, the service and the API return it, and the dashboard shows it.
    """

    member: str
    downloads: int
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """Counted downloads of a period, with related numbers; days are UTC.

    ``read``, ``faults`` and ``errors`` only apply to counting from log files: lines, unusable lines
    by reason, and unreadable files with the reason. ``unknown`` has the most requested hosts and
    paths of unknown files. ``requests_from`` is set when retention has dropped requests of the
    period: ``prefix_estimates``, ``filtered`` and ``flagged`` start on that day.
    ``gaps`` are the days of which no log was read: their downloads are unknown, not zero.
    """

    first: date
    last: date
    downloads: int
    listeners: int | None
    prefix_estimates: int
    filtered: dict[str, int]
    flagged: dict[str, int]
    rows: list[Figure]
    read: int | None = None
    faults: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    unknown: list[Figure] = field(default_factory=list)
    requests_from: date | None = None
    gaps: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFigures:
    """A period's downloads by each counting window; days are UTC.

    ``gained`` and ``lost`` compare first-touch with calendar, and last-touch with first-touch:
    the number of downloads that only one of the two counts. ``read``, ``faults`` and ``errors`` are
    as in PeriodFigures.
    """

    first: date
    last: date
    downloads: Mapping[str, int]
    by_day: Mapping[str, list[Figure]]
    by_episode: Mapping[str, list[Figure]]
    gained: Mapping[str, int]
    lost: Mapping[str, int]
    read: int | None = None
    faults: Mapping[str, int] = field(default_factory=dict)
    errors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class WindowPart:
    """A span of positions sent by a request to a listener with several days.

    Positions are bytes, from ``range_start`` to before ``range_end``.
    """

    listener_key: int
    episode_id: UUID
    enclosure_id: UUID
    requested_at: datetime
    range_start: int
    range_end: int
    threshold_bytes: int


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """Downloads of an episode on a UTC day, by listeners with several days or without."""

    episode_id: UUID
    day: date
    is_repeated: bool
    downloads: int


@dataclass(frozen=True, slots=True)
class EpisodeDay:
    """Downloads of an episode on a UTC day."""

    episode_id: UUID
    day: date
    downloads: int


@dataclass(frozen=True, slots=True)
class DayTotal:
    """A day's downloads and distinct listeners."""

    day: date
    downloads: int
    listeners: int


@dataclass(frozen=True, slots=True)
class HourTotal:
    """An hour's downloads."""

    hour: datetime
    downloads: int


@dataclass(frozen=True, slots=True)
class HourFigure:
    """Downloads of one member (a day, an episode, an app, a country) in a UTC hour."""

    hour: datetime
    member: str
    downloads: int


@dataclass(frozen=True, slots=True)
class AudienceCell:
    """Distinct listeners of one show or episode, or of all; None: unknown (R44)."""

    podcast_id: UUID | None
    episode_id: UUID | None
    listeners: int | None


@dataclass(frozen=True, slots=True)
class AudienceLine:
    """A show's or an episode's audience with its title."""

    member: str
    label: str
    listeners: int | None


@dataclass(frozen=True, slots=True)
class Audience:
    """Distinct listeners of a stated period (R43); ``total`` is None when it is unknown (R44).

    ``months`` are then the audiences of the period's months, which cannot be added.
    """

    first: date
    last: date
    total: int | None
    shows: list[AudienceLine]
    episodes: list[AudienceLine]
    months: list[AudienceLine]


@dataclass(frozen=True, slots=True)
class KeysOfCell:
    """The listener keys of an episode's downloads, one a line; an empty line is no key.

    Without a show, they are those of all episodes together.
    """

    podcast_id: UUID | None
    episode_id: UUID | None
    keys: str
