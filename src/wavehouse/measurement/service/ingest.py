"""Use case: read log files, store new lines, quarantine unusable ones.

Threads share the work: one cuts chunks, two normalise them in turn, each with its own engine, and
one loads them in order; the last chunk of a file is loaded while the next file starts. Rows, marks,
rejects and the file's progress commit in one transaction, so a kill at any moment repeats at most
one chunk, and repeating it adds nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from datetime import date
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import SourceFileId
from wavehouse.measurement.adapters.engine import Batch, Bounds, Engine, Lookups
from wavehouse.measurement.adapters.logfile import Head, LogFile
from wavehouse.measurement.formats import FIELDS, Layout, layout_of, refuse_other_fields
from wavehouse.measurement.queries import freshness, sources
from wavehouse.measurement.rules.misreading import misread
from wavehouse.measurement.service.loads import Loads, Work
from wavehouse.measurement.service.lookups import bounds, list_version, lookups
from wavehouse.measurement.service.opening import ahead, layout_for
from wavehouse.measurement.types import Chunk, FileResult, QuarantinedRow, Reject, SourceFile, Tally
from wavehouse.store import BulkLoader, Database, Operational, Tx

OnBytes = Callable[[int], None]
_Line = tuple[QuarantinedRow, str]
_LINES_AT_ONCE = 50_000
_ENGINES = 2
"""A chunk is too small for DuckDB to use several threads: two chunks at a time use two cores."""


def ingest_logs(
    operational: Database[Operational],
    settings: Settings,
    paths: Sequence[Path],
    *,
    identity: Identity,
    format: str = "auto",  # noqa: A002 - the option's name
    on_bytes: OnBytes = lambda _: None,
) -> Iterator[FileResult]:
    """Read each file in turn for the organization; lines read before are not read again."""
    with Ingest.opened(operational, settings, identity=identity) as ingest:
        yield from ingest.read(paths, format, on_bytes)


def sentence(error: InvalidInput) -> str:
    """The error with its hint and command in one text."""
    return ". ".join(str(part) for part in (error, error.hint, error.command) if part)


class _Reading:
    """A file read to its end; its last chunk may still be in progress."""

    def __init__(self, file: SourceFile | None, rest: Callable[[], FileResult]) -> None:
        self.file = file
        self._rest = rest
        self._result: FileResult | None = None

    def finished(self) -> FileResult:
        """The result of the file, once all of it is stored."""
        if self._result is None:
            self._result = self._rest()
        return self._result


def _opened(
    stack: ExitStack, looked_up: Lookups, accepted: Bounds
) -> tuple[Engine, ThreadPoolExecutor]:
    """An engine and its thread; the thread ends before the engine is closed."""
    engine = Engine(looked_up, accepted)
    stack.callback(engine.close)
    return engine, stack.enter_context(ThreadPoolExecutor(1, "normalise"))


def _let_go(read: Work, coming: deque[Future[Work]]) -> None:
    """Discard the chunks of a refused file; none of them is stored."""
    for work in (read, *(each.result() for each in coming)):
        work.engine.drop(work.batch)
    coming.clear()


def _readable(line: bytes | None, row: QuarantinedRow, *, mended: bool) -> str | None:
    """A quarantined line as text; None when it is missing or not text."""
    if line is None or not line.strip() or (mended and len(line) != row.byte_length):
        return None
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _readable_lines(
    log: LogFile, rows: Sequence[QuarantinedRow], *, mended: bool
) -> Iterator[_Line]:
    """The quarantined lines of a file that are text, in one pass; rows are in file order."""
    at_offsets = groupby(rows, lambda row: row.byte_offset)
    lines = log.lines_at(row.byte_offset for row in rows)
    for (_, same), (_, line) in zip(at_offsets, lines, strict=True):
        for row in same:
            text = _readable(line, row, mended=mended)
            if text is not None:
                yield row, text


def _chunk_of(rejects: Sequence[_Line]) -> Chunk:
    """Non-adjacent lines as one chunk, in file order."""
    rows = sorted(rejects, key=lambda each: each[0].line_number)
    first = rows[0][0]
    return Chunk(
        text="\n".join(text for _, text in rows),
        first_line=first.line_number,
        first_byte=first.byte_offset,
        lines=len(rows),
        bytes=0,
        places=tuple((r.line_number, r.byte_offset, r.byte_length) for r, _ in rows),
    )


class Ingest:
    """Engines and a loader, for any number of files."""

    def __init__(
        self,
        operational: Database[Operational],
        settings: Settings,
        *,
        identity: Identity,
        loader: BulkLoader,
        stack: ExitStack,
    ) -> None:
        self._operational = operational
        self._organization = identity.organization_id
        looked_up = lookups(operational, settings, identity=identity)
        with operational.worker() as tx:
            accepted = bounds(settings, complete=freshness.raw_from(tx))
        self._engines: deque[tuple[Engine, ThreadPoolExecutor]] = deque()
        self._open = partial(_opened, stack, looked_up, accepted)
        self._loads = Loads(self._organization, loader, looked_up.media_state)
        self._pool = stack.enter_context(ThreadPoolExecutor(1, "load"))
        self._cutter = stack.enter_context(ThreadPoolExecutor(1, "cut"))
        self._lock = stack.enter_context(ExitStack())
        self._held = ""
        self._days: set[date] = set()
        self._agents: set[int] = set()
        self._list_version = list_version()

    @classmethod
    @contextmanager
    def opened(
        cls,
        operational: Database[Operational],
        settings: Settings,
        *,
        identity: Identity,
        loader: BulkLoader | None = None,
    ) -> Iterator[Ingest]:
        """An ingest whose engines and own connection are closed at the end."""
        with ExitStack() as stack:
            if loader is None:
                conninfo = operational.place.conninfo("worker")
                loader = stack.enter_context(BulkLoader.connected(conninfo))
            yield cls(operational, settings, identity=identity, loader=loader, stack=stack)

    def read(
        self,
        paths: Sequence[Path],
        format: str,  # noqa: A002
        on_bytes: OnBytes = lambda _: None,
    ) -> Iterator[FileResult]:
        """Read each file in turn; a file that is not a log does not stop the others."""
        before: _Reading | None = None
        for path in paths:
            reading, wrong = None, None
            try:
                with telemetry.span("ingest.file"):
                    reading = self.begin(path, format, on_bytes, before)
            except InvalidInput as error:
                wrong = FileResult(str(path), format, Tally(), error=sentence(error))
            except BaseException:
                if before is not None:
                    yield before.finished()
                raise
            if before is not None:
                yield before.finished()
            if wrong is not None:
                yield wrong
            before = reading
        if before is not None:
            yield before.finished()

    def begin(
        self,
        path: Path,
        format: str,  # noqa: A002 - the option's name
        on_bytes: OnBytes,
        before: _Reading | None = None,
    ) -> _Reading:
        """Read one file from where it stopped. InvalidInput when it is not a log."""
        log = LogFile(path)
        head = log.head()
        layout = layout_for(log, head, format)
        if layout is None:
            empty = FileResult(str(path), format, Tally(), "no lines yet")
            return _Reading(None, lambda: empty)
        log.on_bytes = on_bytes
        self._hold(head.hash(min(len(head.content), 256)).hex(), before)
        file = self._known(path, head, layout)
        if before and before.file and before.file.source_file_id == file.source_file_id:
            before.finished()  # the same content again: its progress counts once it is stored
            file = self._known(path, head, layout)
        return self._read_from(log, file, layout)

    def _hold(self, key: str, before: _Reading | None) -> None:
        """Lock a file until it is stored: two processes read it one after the other.

        One lock is released before waiting for another, so processes cannot deadlock.
        """
        if key == self._held:
            return
        if before is not None:
            before.finished()
        self._lock.close()
        self._held = key
        lock = self._lock.enter_context(self._operational.worker())
        sources.lock_source_file(lock, file_key=key)

    def reread(
        self, log: LogFile, head: Head, rows: Sequence[QuarantinedRow]
    ) -> Iterator[set[UUID]]:
        """Read quarantined lines of one file again, in file order; yields the good ones' ids.

        A batch is loaded while the next ones are read and normalised. The file's progress is
        unchanged. A file whose head has changed may be another file by now: then only a line of
        the same length at the same offset is accepted as the corrected line.
        """
        with self._operational.worker() as tx:
            file = sources.source_file_by_id(
                tx, source_file_id=SourceFileId(rows[0].source_file_id)
            )
        if file is None:
            return
        mended = head.hash(file.head_length) != file.head_hash
        chosen = file.format if file.template is None else f"{FIELDS}{file.template}"
        coming: deque[tuple[Sequence[_Line], Future[Work]]] = deque()
        lines = _readable_lines(log, rows, mended=mended)
        while batch := list(islice(lines, _LINES_AT_ONCE)):
            layout = layout_of(head.content.decode("utf-8", "replace"), chosen, log.path.name)
            coming.append((batch, self._normalise(file, _chunk_of(batch), layout)))
            if len(coming) == _ENGINES:
                yield self._reloaded(*coming.popleft(), new_head=head if mended else None)
        while coming:
            yield self._reloaded(*coming.popleft(), new_head=head if mended else None)

    def _reloaded(
        self, lines: Sequence[_Line], normalised: Future[Work], *, new_head: Head | None
    ) -> set[UUID]:
        """Load lines that were read again; the ids of the good ones."""
        work = self._prepared(normalised.result())
        tally = self._loads.load(work, moves=False)
        if new_head is not None and tally.stored:
            with self._operational.worker() as tx:
                sources.change_head(
                    tx,
                    source_file_id=work.file.source_file_id,
                    head_hash=new_head.hash(work.file.head_length),
                )
        bad = {reject.line_number for reject in work.batch.rejects}
        return {row.quarantine_id for row, _ in lines if row.line_number not in bad}

    def _known(self, path: Path, head: Head, layout: Layout) -> SourceFile:
        """The file identified by its head, under any name; registered when new."""
        name, whole = str(path.absolute()), len(head.content)
        with self._operational.worker() as tx:
            known = sources.head_lengths(tx, organization_id=self._organization)
            lengths = [length for length in known if length <= whole]
            source_file = sources.source_file(
                tx,
                organization_id=self._organization,
                head_hashes=[head.hash(length) for length in lengths],
                head_lengths=lengths,
            )
            if source_file is not None:
                sources.rename_source_file(tx, source_file_id=source_file.source_file_id, name=name)
                return source_file
            return sources.register_source_file(
                tx,
                organization_id=self._organization,
                format=layout.format,
                template=layout.template,
                head_hash=head.hash(whole),
                head_length=whole,
                name=name,
                at=clock.now(),
            )

    def _read_from(self, log: LogFile, file: SourceFile, layout: Layout) -> _Reading:
        tally = Tally()
        pending: Future[Tally] | None = None
        coming: deque[Future[Work]] = deque()

        doubt = ""

        def load_next() -> None:
            nonlocal pending, doubt
            read = coming.popleft().result()
            if read.chunk.first_byte == 0 and (
                most := misread(read.batch.rows, read.batch.filtered)
            ):
                if most.hint:
                    _let_go(read, coming)
                    raise InvalidInput(most.message, where=str(log.path), hint=most.hint)
                doubt = most.message
            work = self._prepared(read)
            if pending is not None:
                tally.add(pending.result())
            pending = self._pool.submit(copy_context().run, self._loads.load, work)

        try:
            for chunk in ahead(self._cutter, log.chunks(file.bytes_read, file.lines_read + 1)):
                refuse_other_fields(chunk.text, layout, str(log.path), chunk.first_line)
                coming.append(self._normalise(file, chunk, layout, len(coming)))
                if len(coming) == _ENGINES:
                    load_next()
        except InvalidInput:
            while coming:  # the part before the fault is stored, or has its own error
                load_next()
            if pending is not None:
                pending.result()
            raise
        while coming:
            load_next()

        def rest() -> FileResult:
            if pending is not None:
                tally.add(pending.result())
            tally.add(self._stream_fault(log.fault, file))
            nothing = tally.read == 0 and tally.quarantined == 0
            note = "nothing new" if nothing else ""
            return FileResult(str(log.path), layout.format, tally, note, doubt=doubt)

        return _Reading(file, rest)

    def _stream_fault(self, fault: Reject | None, file: SourceFile) -> Tally:
        """Quarantine the position where a gzip broke off; remove it once the file is complete."""
        if fault is None and not file.unfinished:
            return Tally()
        with self._operational.worker() as tx:
            if fault is None:
                sources.close_broken_streams(tx, source_file_id=file.source_file_id, at=clock.now())
                return Tally()
            new = sources.quarantine(
                tx,
                organization_id=self._organization,
                source_file_id=file.source_file_id,
                reject=fault,
                at=clock.now(),
            )
        return Tally(quarantined=new, faults={fault.fault: 1})

    def _next_engine(self, waiting: int) -> tuple[Engine, ThreadPoolExecutor]:
        """The next engine in turn; another is opened once a chunk would have to wait for it."""
        if len(self._engines) <= min(waiting, _ENGINES - 1):
            self._engines.append(self._open())
        self._engines.rotate(1)
        return self._engines[0]

    def _normalise(
        self, file: SourceFile, chunk: Chunk, layout: Layout, waiting: int = 0
    ) -> Future[Work]:
        """Pass a chunk to the next engine, with the number of the file's chunks before it."""
        with self._operational.worker() as tx:
            batch_id = sources.next_batch_id(tx)
        engine, thread = self._next_engine(waiting)

        def work() -> Work:
            batch = engine.normalise(
                chunk,
                layout,
                file_key=f"{file.head_hash.hex()}:{file.head_length}",
                batch_id=batch_id,
                organization_id=str(self._organization),
            )
            return Work(file, chunk, engine, batch, batch_id)

        return thread.submit(copy_context().run, work)

    def _prepared(self, work: Work) -> Work:
        """The work, with the partitions and user agents that its rows need."""
        with self._operational.worker() as tx:
            for day in work.batch.days:
                if day not in self._days:
                    sources.ensure_day(tx, day=day)
            self._remember_agents(tx, work.batch)
        self._days.update(work.batch.days)
        return work

    def _remember_agents(self, tx: Tx[Operational], batch: Batch) -> None:
        new = [
            {
                "agent_id": agent_id,
                "user_agent": text,
                "app": agent.app,
                "kind": agent.kind,
                "device_type": agent.device_type,
                "os": agent.os,
                "reason": agent.reason,
                "list_version": self._list_version,
                "at": clock.now(),
            }
            for agent_id, (text, agent) in batch.agents.items()
            if agent_id not in self._agents
        ]
        if new:
            sources.insert_user_agents(tx, agents=new)
            self._agents.update(batch.agents)
