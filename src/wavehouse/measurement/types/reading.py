"""Data types of reading logs: requests, reasons, files and their outcomes. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from wavehouse.kernel.ids import EnclosureId, EpisodeId, OrganizationId, PodcastId, SourceFileId


class Reason(StrEnum):
    """The reason why a request is filtered, in order of precedence when several apply."""

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
    """The reason why a row is in the quarantine."""

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
    """A version of a media file: where it is served, and since when (R26).

    Files of an HLS rendition have a position in the programme; playlists last 0 (R13).
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
    """A version of a file, and the period in which requests at its place belong to it.

    Without ``since`` it has no start, without ``until`` no end.
    """

    file: MediaFile
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """The inputs of R26 for one version of a media file, with its episode."""

    enclosure_id: EnclosureId
    episode_id: EpisodeId
    title: str
    bytes: int | None
    header_bytes: int | None
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A network shared by many people (R19), and the end of its validity."""

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
    """One entry of the validation log (R19)."""

    network: str
    reason: str
    validated_at: datetime
    expires_at: datetime
    validated_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Tail:
    """An unterminated last line: its number in the chunk, and some of the lines before it."""

    number: int
    line: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a log: whole lines, with the number and offset of the first one.

    ``places`` are the number, offset and length of each line, when the lines are not adjacent.
    ``tails`` are its unterminated lines, at most one for each file.
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
    """A row that cannot be used: its location and the reason. The excerpt is masked."""

    line_number: int
    byte_offset: int
    byte_length: int
    fault: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that another context rejected: its location and the reason."""

    line_number: int
    byte_offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A log file, identified by the hash of its head, with its progress."""

    source_file_id: SourceFileId
    format: str
    head_hash: bytes
    head_length: int
    name: str
    bytes_read: int
    lines_read: int
    unfinished: bool
    template: str | None = None
    """After the progress there is an unterminated line, or the point where a gzip broke off."""


@dataclass(slots=True)
class Tally:
    """The result of reading one log file, or several."""

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
    """The result of reading one file.

    ``note`` is a sentence when nothing was new, ``error`` the reason why nothing could be read,
    ``doubt`` the common problem of most lines that do not count.
    """

    name: str
    format: str
    tally: Tally
    note: str = ""
    error: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A quarantine row as listed."""

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
class SourceSummary:
    """A source file as listed: its progress, and its open quarantine rows."""

    source_file_id: UUID
    name: str
    format: str
    bytes_read: int
    lines_read: int
    waiting: int
    first_read_at: datetime
    last_read_at: datetime
