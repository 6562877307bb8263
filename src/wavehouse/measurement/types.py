"""What counting speaks of: requests, reasons, results. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from wavehouse.kernel.ids import EnclosureId, EpisodeId, OrganizationId, PodcastId, SourceFileId

RULE_VERSION = "PTMG-2.3/3"
"""The guidelines that counting implements, and the revision of our reading of them."""

NO_PODCAST = UUID(int=0)
"""Stands for "all podcasts" where a day's audience is stored: distinct counts do not add."""


class Reason(StrEnum):
    """Why a request is filtered, in order of precedence when several hold."""

    BAD_IP = "bad_ip"
    UNKNOWN_PATH = "unknown_path"
    INTERNAL = "internal"
    BAD_METHOD = "bad_method"
    NOT_MODIFIED = "not_modified"
    BAD_STATUS = "bad_status"
    PROBE_RANGE = "probe_range"
    EMPTY_AGENT = "empty_agent"
    WATCH = "watch"
    BOT = "bot"
    MALFORMED_AGENT = "malformed_agent"
    PRELOAD = "preload"
    DATACENTER = "datacenter"
    VPN = "vpn"
    EXCESS_IP = "excess_ip"


class Fault(StrEnum):
    """Why a row is in the quarantine."""

    MALFORMED_LINE = "malformed_line"
    BAD_ENCODING = "bad_encoding"
    LINE_TOO_LONG = "line_too_long"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"
    UNFINISHED_LINE = "unfinished_line"
    GZIP_TRUNCATED = "gzip_truncated"
    GZIP_CORRUPT = "gzip_corrupt"


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A version of a media file: where it is served and from when (R26).

    What belongs to an HLS rendition has its place in the programme; playlists last 0 (R13).
    """

    enclosure_id: EnclosureId
    episode_id: EpisodeId
    podcast_id: PodcastId
    organization_id: OrganizationId
    media_host: str
    media_path: str
    valid_from: datetime
    published_at: datetime
    start_ms: int | None = None
    duration_ms: int | None = None
    segment_bytes: int | None = None
    file_bytes: int | None = None
    is_measured: bool = True
    guid: str = ""
    is_hop: bool = False
    changed_at: datetime | None = None
    has_moved: bool = False


@dataclass(frozen=True, slots=True)
class OwnedSpan:
    """A version of a file, and from when until when requests at its place are for it.

    Without ``since`` it holds for all that was before, without ``until`` for all that follows.
    """

    file: MediaFile
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What R26 needs of one version of a media file, and whose it is."""

    enclosure_id: EnclosureId
    episode_id: EpisodeId
    title: str
    bytes: int | None
    header_bytes: int | None
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A network whose many listeners are people (R19), and until when that holds."""

    inclusion_id: UUID
    network: str
    reason: str
    created_at: datetime
    validated_at: datetime
    expires_at: datetime

    def holds(self, at: datetime) -> bool:
        """True until the inclusion expires, after 90 days."""
        return at < self.expires_at


@dataclass(frozen=True, slots=True)
class Validation:
    """One entry of the log of validations (R19)."""

    network: str
    reason: str
    validated_at: datetime
    expires_at: datetime
    validated_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Tail:
    """A last line without its end: its number in the chunk, and some of the lines before it."""

    number: int
    line: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a log: whole lines, with the number and the place of the first one.

    ``places`` are the number, offset and length of each line, when the lines are not neighbours.
    ``tails`` are the lines of it that have no end, at most one for each file.
    """

    text: str
    first_line: int
    first_byte: int
    lines: int
    bytes: int
    rejects: tuple[Reject, ...] = ()
    places: tuple[tuple[int, int, int], ...] = ()
    tails: tuple[Tail, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be used: where it lies and why. The excerpt is masked."""

    line_number: int
    byte_offset: int
    byte_length: int
    fault: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that another context could not use: its place and the reason in words."""

    line_number: int
    byte_offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A log file as it is known: by the hash of its head, with what was read of it."""

    source_file_id: SourceFileId
    format: str
    head_hash: bytes
    head_length: int
    name: str
    bytes_read: int
    lines_read: int
    unfinished: bool
    template: str | None = None
    """Beyond what was read lies a line without its end, or the place where a gzip broke off."""


@dataclass(slots=True)
class Tally:
    """What reading one log file, or several, came to."""

    read: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    filtered: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.read += other.read
        self.stored += other.stored
        self.duplicate += other.duplicate
        self.quarantined += other.quarantined
        for own, others in ((self.filtered, other.filtered), (self.faults, other.faults)):
            for key, count in others.items():
                own[key] = own.get(key, 0) + count


@dataclass(frozen=True, slots=True)
class FileResult:
    """What reading one file came to.

    ``note`` says in a sentence when nothing was new, ``error`` why nothing could be read,
    ``doubt`` what most lines that do not count have in common.
    """

    name: str
    format: str
    tally: Tally
    note: str = ""
    error: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a counting pass did: units derived, downloads added and taken back, hours touched."""

    days: int = 0
    downloads_added: int = 0
    downloads_removed: int = 0
    hours_marked: int = 0


@dataclass(frozen=True, slots=True)
class RolledUp:
    """What a pass of the roller did."""

    hours: int = 0
    days: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An hour or day of a rollup that does not hold the downloads that the raw events give."""

    table: str
    hour: datetime
    podcast_id: UUID
    raw: int
    rollup: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Raw events compared with the rollups, hour by hour."""

    hours: int
    raw_events: int
    rollup_events: int
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Downloads of one member (a day, an episode, an app, a country); ``label`` is a title.

    Made by the query, returned by the service and the API, and shown by the dashboard.
    """

    member: str
    downloads: int
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """Counted downloads of a period, and what stands beside them; days are UTC.

    ``read``, ``faults`` and ``errors`` are of counting from log files: lines, lines that could not
    be used by why, and files that could not be read and why. ``unknown`` names hosts and paths of
    no known file that were asked for most.
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
    """A span of positions that a request brought to a listener who came on several days.

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
    """Downloads of an episode on a UTC day, of listeners who came on several days or did not."""

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
class TracedRequest:
    """A stored request and what became of it."""

    requested_at: datetime
    file: str
    line_number: int
    episode: str | None
    method: str
    status: int
    range_start: int
    range_end: int
    network: str | None
    country_code: str | None
    app: str
    outcome: str
    flags: tuple[str, ...]
    timed: bool
    unit_bytes: int | None
    threshold_bytes: int | None


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row of the quarantine, as it is listed."""

    quarantine_id: UUID
    source_file_id: UUID
    file: str
    format: str
    line_number: int
    byte_offset: int
    byte_length: int
    reason: str
    excerpt: str
    quarantined_at: datetime


@dataclass(frozen=True, slots=True)
class AudienceCell:
    """Distinct listeners of one show or episode, or of all; None: cannot be known (R44)."""

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
    """Distinct listeners of a stated period (R43); ``total`` None when it is not computable (R44).

    ``months`` are then the audiences of the period's months, which have no sum.
    """

    first: date
    last: date
    total: int | None
    shows: list[AudienceLine]
    episodes: list[AudienceLine]
    months: list[AudienceLine]


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """A file that was read, as it is listed: how far, and how many rows wait in the quarantine."""

    source_file_id: UUID
    name: str
    format: str
    bytes_read: int
    lines_read: int
    waiting: int
    first_read_at: datetime
    last_read_at: datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far an organization's data goes; it changes whenever one of its figures may have.

    ``newest_batch`` is the number of the latest stretch of a log file that was stored;
    ``dirty_hours`` are hours with events that wait to be rolled up.
    """

    newest_request: datetime | None
    newest_rollup: datetime | None
    newest_batch: int | None
    dirty_hours: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that waits, of all organizations: batches to count, hours to roll up."""

    batches: int
    hours: int


@dataclass(frozen=True, slots=True)
class EventIndex:
    """A secondary index of listener events: on how many of their days, and its bytes."""

    name: str
    is_complete: bool
    days: int
    all_days: int
    bytes: int


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """Since when stored requests wait for their figures; of days that are over, apart."""

    since: datetime | None
    since_of_past: datetime | None


@dataclass(frozen=True, slots=True)
class RollupPasses:
    """Passes of the roller: how many, the longest, and how long hours waited for them."""

    passes: int
    longest: timedelta | None
    waited_p99: timedelta | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuietSource:
    """A folder from which logs came regularly, and do no more."""

    folder: str
    format: str
    last_read_at: datetime


@dataclass(frozen=True, slots=True)
class RequestShares:
    """Requests of a period. ``candidates`` count, or would if their file were known."""

    requests: int
    candidates: int
    unknown_path: int
    bad_ip: int


@dataclass(frozen=True, slots=True)
class WeeklyDownloads:
    """Downloads of a show in two weeks."""

    podcast_id: UUID
    last_week: int
    week_before: int
    newest_day: date
