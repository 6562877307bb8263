"""Use case: count log files without storing anything.

The files are read as in ``ingest``, chunks on two threads; no rows, quarantine or progress are
stored. A file given twice, or also as its gzip, is read once.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import cycle
from pathlib import Path
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.catalog import FeedReading, describe_feed
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference import path_rules
from wavehouse.measurement.adapters.count_only import CountOnly, Limits
from wavehouse.measurement.adapters.engine import Bounds, Lookups
from wavehouse.measurement.adapters.logfile import Head, LogFile
from wavehouse.measurement.formats import Layout, refuse_other_fields
from wavehouse.measurement.queries import sources
from wavehouse.measurement.rules.media import MediaIndex
from wavehouse.measurement.rules.misreading import misread
from wavehouse.measurement.rules.thresholds import threshold_bytes
from wavehouse.measurement.service.feed_files import known_files
from wavehouse.measurement.service.ingest import sentence
from wavehouse.measurement.service.lookups import lists, lookups
from wavehouse.measurement.service.opening import ahead, layout_for
from wavehouse.measurement.types import (
    Chunk,
    MediaFacts,
    MediaFile,
    PeriodFigures,
    Reject,
    WindowFigures,
)
from wavehouse.store import Database, Operational

_THREADS = 2
_UNIT_CHARACTERS = (8 * 2**20, 24 * 2**20)
"""The sizes of hand-overs: each costs as much as ten thousand lines; few leave a thread idle.

Above 32 MB the C library returns memory to the system at once, and asks for it again each time.
"""
_BEGIN = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Known:
    """The data for judging requests: the lists, and the media files with their facts."""

    lookups: Lookups
    facts: list[MediaFacts]
    warnings: tuple[str, ...] = ()

    @property
    def thresholds(self) -> list[tuple[UUID, UUID, int | None]]:
        """The R26 threshold of every file."""
        return [
            (f.enclosure_id, f.episode_id, threshold_bytes(f.bytes, f.header_bytes, f.duration_ms))
            for f in self.facts
        ]

    @property
    def titles(self) -> dict[str, str]:
        """Titles by episode id."""
        return {str(f.episode_id): f.title for f in self.facts}


def known_from_feeds(settings: Settings, feeds: Iterable[tuple[str, FeedReading]]) -> Known:
    """The data from feeds; no database is opened, so the inclusion list is unknown."""
    files: list[MediaFile] = []
    facts: list[MediaFacts] = []
    warnings: list[str] = []
    for location, reading in feeds:
        described = describe_feed(location, reading)
        places, of_feed = known_files(location, described.files)
        files += places
        facts += of_feed
        warnings += described.warnings
    unknown = sum(f.bytes is None and f.duration_ms is None for f in facts)
    if unknown:
        warnings.insert(
            0,
            f"{unknown:,} of {len(facts):,} media files have no known size: their requests cannot "
            "count (R29). Measure them (without --no-probe) or describe them with --media.",
        )
    index = MediaIndex(files, path_rules())
    return Known(replace(lists(settings), media=index), facts, tuple(warnings))


def known_from_catalog(
    operational: Database[Operational], settings: Settings, *, identity: Identity
) -> Known:
    """The organization's registered shows, versions of files and inclusion list."""
    with operational.worker() as tx:
        facts = sources.media_facts(tx, organization_id=identity.organization_id)
    return Known(lookups(operational, settings, identity=identity), facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The requested figures; without days, all in the logs."""

    by: str = "day"
    first: date | None = None
    last: date | None = None
    format: str = "auto"


def count_logs(
    settings: Settings,
    known: Known,
    paths: Sequence[Path],
    wanted: Wanted,
    *,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> PeriodFigures:
    """Read and count; unusable lines are reported by fault, and left out.

    Lines of any age count: the limit ``raw_retention_days`` only concerns storage.
    """
    with reading_of(settings, known, paths, wanted, on_bytes) as read:
        first, last = read.period(wanted)
        figures = read.count_only.count(
            known.thresholds, _limits(settings), first=first, last=last, by=wanted.by
        )
    rows = figures.rows
    if wanted.by == "episode":
        rows = [replace(row, label=known.titles.get(row.member, "")) for row in rows]
    most = misread(read.lines - sum(read.faults.values()), figures.filtered)
    errors = [*read.errors, *([". ".join(filter(None, (most.message, most.hint)))] if most else [])]
    return replace(figures, rows=rows, read=read.lines, faults=dict(read.faults), errors=errors)


def count_windows(
    settings: Settings,
    known: Known,
    paths: Sequence[Path],
    wanted: Wanted,
    *,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> WindowFigures:
    """Count by every window, side by side (R34-R40)."""
    with reading_of(settings, known, paths, wanted, on_bytes) as read:
        first, last = read.period(wanted)
        sums = read.count_only.sum_windows(
            known.thresholds, _limits(settings), first=first, last=last
        )
    return replace(
        sums.figures(known.titles), read=read.lines, faults=dict(read.faults), errors=read.errors
    )


def _limits(settings: Settings) -> Limits:
    return Limits(settings["excess_downloads"], settings["excess_agents"])


@contextmanager
def read_part(
    settings: Settings,
    known: Known,
    path: Path,
    format_: str,
    *,
    start: int,
    stop: int | None,
) -> Iterator[_Reading]:
    """The content of whole lines of a file, ready to be written; discarded afterwards."""
    with ExitStack() as stack:
        count_only = CountOnly(known.lookups, Bounds(_BEGIN, clock.now() + clock.HOUR))
        stack.callback(count_only.close)
        read = _Reading(count_only, stack)
        read.file(path, format_, lambda _: None, start=start, stop=stop)
        read.finish()
        yield read


@contextmanager
def reading_of(
    settings: Settings,
    known: Known,
    paths: Sequence[Path],
    wanted: Wanted,
    on_bytes: Callable[[int], None],
) -> Iterator[_Reading]:
    """The content of the files, ready to be counted; discarded afterwards."""
    with ExitStack() as stack:
        count_only = CountOnly(known.lookups, Bounds(_BEGIN, clock.now() + clock.HOUR))
        stack.callback(count_only.close)
        read = _Reading(count_only, stack)
        for path in paths:
            read.file(path, wanted.format, on_bytes)
        read.finish()
        yield read


class _Reading:
    """Reads files one after another, and distributes their chunks over the threads."""

    def __init__(self, count_only: CountOnly, stack: ExitStack) -> None:
        self.count_only = count_only
        self.lines = 0
        self.faults: Counter[str] = Counter()
        self.errors: list[str] = []
        self._seen: dict[tuple[int, bytes], int] = {}
        self._layout: Layout | None = None
        self._held: list[Chunk] = []
        self._characters = 0
        self._coming: deque[Future[tuple[int, list[Reject]]]] = deque()
        self._threads = cycle(
            [
                (count_only.taker(), stack.enter_context(ThreadPoolExecutor(1, "take")))
                for _ in range(_THREADS)
            ]
        )
        self._cutter = stack.enter_context(ThreadPoolExecutor(1, "cut"))

    def file(
        self,
        path: Path,
        format_: str,
        on_bytes: Callable[[int], None],
        *,
        start: int = 0,
        stop: int | None = None,
    ) -> None:
        """Read one file; a file that is not a log is reported, and the others are still read.

        ``start`` and ``stop`` are the bytes of whole lines to be read.
        """
        try:
            log = LogFile(path)
            head = log.head()
            layout = layout_for(log, head, format_)
            if layout is not None:
                log.on_bytes, log.stop = on_bytes, stop
                self._chunks(log, head, layout, start)
        except InvalidInput as error:
            self.errors.append(sentence(error))

    def period(self, wanted: Wanted) -> tuple[date, date]:
        """The requested days, or those in the logs."""
        days = self.count_only.days() or (clock.today(), clock.today())
        return wanted.first or days[0], wanted.last or days[1]

    def finish(self) -> None:
        """Hand over buffered chunks, wait for running work, and make the requests countable."""
        self._hand_over()
        while self._coming:
            self._settle()
        self.count_only.finish()

    def _chunks(self, log: LogFile, head: Head, layout: Layout, begin: int) -> None:
        whole = len(head.content)
        known = [
            read for (length, digest), read in self._seen.items()
            if length <= whole and head.hash(length) == digest
        ]  # fmt: skip
        start = max(known, default=begin)
        end = start
        for chunk in ahead(self._cutter, log.chunks(start, 1)):
            refuse_other_fields(chunk.text, layout, str(log.path), chunk.first_line)
            self._hold(chunk, layout)
            end = chunk.first_byte + chunk.bytes
        if log.fault is not None:
            self.faults[str(log.fault.fault)] += 1
        self._seen[whole, head.hash(whole)] = end

    def _hold(self, chunk: Chunk, layout: Layout) -> None:
        """Buffer chunks, also of many small files, while they have the same layout."""
        if layout != self._layout:
            self._hand_over()
        self._layout = layout
        self._held.append(chunk)
        self._characters += len(chunk.text)
        least, most = _UNIT_CHARACTERS
        if sum(len(held.text) for held in self._held) >= min(most, self._characters // 4 + least):
            self._hand_over()

    def _hand_over(self) -> None:
        if self._held and self._layout is not None:
            taker, thread = next(self._threads)
            self._coming.append(thread.submit(taker.take, joined(self._held), self._layout))
            self._held = []
        if len(self._coming) > _THREADS:
            self._settle()

    def _settle(self) -> None:
        taken, rejects = self._coming.popleft().result()
        self.lines += taken + len(rejects)
        for reject in rejects:
            self.faults[str(reject.fault)] += 1


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Merge chunks; their positions in the files are not needed here."""
    texts, tails, lines = [], [], 0
    for chunk in chunks:
        whole, count = _whole_lines(chunk)
        if whole not in ("", "\n"):
            texts.append(whole)
            lines += count
            tails += [replace(tail, number=lines) for tail in chunk.tails]
    return Chunk(
        text="".join(texts),
        first_line=1,
        first_byte=0,
        lines=lines,
        bytes=sum(chunk.bytes for chunk in chunks),
        rejects=tuple(reject for chunk in chunks for reject in chunk.rejects),
        tails=tuple(tails),
    )


def _whole_lines(chunk: Chunk) -> tuple[str, int]:
    """A chunk's lines, each with one line end, and without those set aside; and their number."""
    text = chunk.text
    if text and not text.endswith("\n"):
        text += "\n"
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if chunk.rejects:
        text = "".join(f"{line}\n" for line in text.split("\n") if line)
    elif text == chunk.text:
        return text, chunk.lines
    return text, text.count("\n")
