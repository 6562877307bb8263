"""Use case: read log files, store what is new, set aside what cannot be used.

Two threads share the work: this one cuts and normalises the next chunk while the other loads the
one before. Rows, marks, rejects and the file's progress commit in one transaction, so a kill at
any moment repeats a chunk at most, and repeating it adds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wavehouse.accounts import Workplace
from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import Conflict, InvalidInput, Unreachable
from wavehouse.kernel.ids import SourceFileId
from wavehouse.measurement.adapters.engine import Batch, Engine
from wavehouse.measurement.adapters.formats import (
    Layout,
    layout_of,
    refuse_other_fields,
)
from wavehouse.measurement.adapters.logfile import Head, LogFile
from wavehouse.measurement.queries import loading, sources
from wavehouse.measurement.service.lookups import bounds, list_version, lookups
from wavehouse.measurement.types import (
    Chunk,
    FileResult,
    QuarantinedRow,
    Reject,
    SourceFile,
    Tally,
)
from wavehouse.store import BulkLoader, Operational, Tx

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Work:
    """A normalised chunk on its way into the database."""

    file: SourceFile
    chunk: Chunk
    batch: Batch
    batch_id: int


def ingest_logs(
    place: Workplace,
    paths: Sequence[Path],
    *,
    format: str = "auto",  # noqa: A002 - the option's name
    on_bytes: OnBytes = lambda _: None,
) -> Iterator[FileResult]:
    """Read each file in turn; what was read before is not read again."""
    with Ingest.opened(place) as ingest:
        for path in paths:
            with telemetry.span("ingest.file"):
                try:
                    result = ingest.read(path, format, on_bytes)
                except InvalidInput as error:
                    # The other files are read all the same.
                    result = FileResult(str(path), format, Tally(), error=told(error))
            yield result


def told(error: InvalidInput) -> str:
    """An error and its hint in one text."""
    return f"{error}. {error.hint}" if error.hint else str(error)


class Ingest:
    """An engine and a loader, for as many files as there are."""

    def __init__(self, place: Workplace, loader: BulkLoader, pool: ThreadPoolExecutor) -> None:
        self._place = place
        self._organization = place.organization.organization_id
        self._lookups = lookups(place)
        self._engine = Engine(self._lookups, bounds(place.settings))
        self._loader = loader
        self._pool = pool
        self._days: set[date] = set()
        self._agents: set[int] = set()
        self._list_version = list_version()

    @classmethod
    @contextmanager
    def opened(cls, place: Workplace) -> Iterator[Ingest]:
        """An ingest whose engine and connection are closed at the end."""
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(1, "load"))
            conninfo = place.stores.operational.place.conninfo("worker")
            loader = stack.enter_context(BulkLoader.connected(conninfo))
            ingest = cls(place, loader, pool)
            stack.callback(ingest._engine.close)
            yield ingest

    def read(self, path: Path, format: str, on_bytes: OnBytes) -> FileResult:  # noqa: A002
        """Read one file from where it was left. InvalidInput when it is no log."""
        log = LogFile(path)
        head = log.head()
        text = head.content.decode("utf-8", "replace")
        if head.complete and not _has_rows(text):
            return FileResult(str(path), format, Tally(), "no lines yet")
        try:
            layout = layout_of(text, format, str(path))
        except InvalidInput:
            layout = layout_of(log.sample(), format, str(path))
        log.on_bytes = on_bytes
        with self._place.stores.operational.worker() as lock:
            # Held to the end of the file: two programs reading it do so one after the other.
            sources.lock_source_file(lock, file_key=head.hash(min(len(head.content), 256)).hex())
            file = self._known(path, head, layout)
            tally = self._read_from(log, file, layout)
        nothing = tally.read == 0 and tally.quarantined == 0
        return FileResult(str(path), layout.format, tally, "nothing new" if nothing else "")

    def reread(self, log: LogFile, head: Head, row: QuarantinedRow) -> Tally:
        """One quarantined line, read again at its place; the file's progress stays.

        A file whose head has changed may be another one by now: there, only a line of the same
        length at the same place is believed to be the old one, mended.
        """
        line = log.line_at(row.byte_offset)
        with self._place.stores.operational.worker() as tx:
            file = sources.source_file_by_id(tx, source_file_id=SourceFileId(row.source_file_id))
        if line is None or file is None:
            return Tally()
        mended = head.hash(file.head_length) != file.head_hash
        if mended and len(line) != row.byte_length:
            return Tally()
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            return Tally()
        layout = layout_of(head.content.decode("utf-8", "replace"), file.format, log.path.name)
        chunk = Chunk(text, row.line_number, row.byte_offset, 1, 0)
        tally = self._load(self._normalised(file, chunk, layout), moves=False)
        if mended and tally.stored:
            with self._place.stores.operational.worker() as tx:
                sources.change_head(
                    tx,
                    source_file_id=file.source_file_id,
                    head_hash=head.hash(file.head_length),
                )
        return tally

    def _known(self, path: Path, head: Head, layout: Layout) -> SourceFile:
        """The file as it is known by its head, under whatever name; registered when new."""
        name, whole = str(path.absolute()), len(head.content)
        with self._place.stores.operational.worker() as tx:
            known = sources.head_lengths(tx, organization_id=self._organization)
            lengths = [length for length in known if length <= whole]
            found = sources.source_file(
                tx,
                organization_id=self._organization,
                head_hashes=[head.hash(length) for length in lengths],
                head_lengths=lengths,
            )
            if found is not None:
                sources.rename_source_file(tx, source_file_id=found.source_file_id, name=name)
                return found
            return sources.register_source_file(
                tx,
                organization_id=self._organization,
                format=layout.format,
                head_hash=head.hash(whole),
                head_length=whole,
                name=name,
                at=clock.now(),
            )

    def _read_from(self, log: LogFile, file: SourceFile, layout: Layout) -> Tally:
        tally = Tally()
        pending: Future[Tally] | None = None
        for chunk in log.chunks(file.bytes_read, file.lines_read + 1):
            refuse_other_fields(chunk.text, layout, str(log.path), chunk.first_line)
            work = self._normalised(file, chunk, layout)
            if pending is not None:
                tally.add(pending.result())
            pending = self._pool.submit(copy_context().run, self._load, work)
        if pending is not None:
            tally.add(pending.result())
        tally.add(self._stream_fault(log.fault, file))
        return tally

    def _stream_fault(self, fault: Reject | None, file: SourceFile) -> Tally:
        """Where a gzip broke off goes to the quarantine; one that is whole now leaves it."""
        if fault is None and not file.unfinished:
            return Tally()
        with self._place.stores.operational.worker() as tx:
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

    def _normalised(self, file: SourceFile, chunk: Chunk, layout: Layout) -> _Work:
        with self._place.stores.operational.worker() as tx:
            batch_id = sources.next_batch_id(tx)
        batch = self._engine.normalise(
            chunk,
            layout,
            file_key=f"{file.head_hash.hex()}:{file.head_length}",
            batch_id=batch_id,
            organization_id=str(self._organization),
        )
        with self._place.stores.operational.worker() as tx:
            for day in batch.days:
                if day not in self._days:
                    sources.ensure_day(tx, day=day)
            self._remember_agents(tx, batch)
        self._days.update(batch.days)
        return _Work(file, chunk, batch, batch_id)

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

    def _load(self, work: _Work, *, moves: bool = True) -> Tally:
        """Everything of a chunk in one transaction; runs in the loader's thread."""
        loader, batch = self._loader, work.batch
        resumes = moves and work.file.unfinished and work.chunk.first_byte == work.file.bytes_read
        try:
            progress = self._progress(work)
            self._engine.stage(loader, batch, progress, rejects_too=resumes)
            if resumes:
                loading.replace_tail(loader)
                loading.close_superseded(loader)
            if moves and not loading.advance_source_file(loader):
                raise Conflict("another program has read this file meanwhile; nothing was lost")
            loading.insert_batch(loader)
            stored = loading.insert_requests(loader) if batch.rows else 0
            if batch.rows:
                loading.mark_for_counting(loader)
                loading.look_again(loader)
            quarantined = loading.insert_rejects(loader) if batch.rejects and moves else 0
            loading.forget_staged(loader)
            loader.commit()
        except BaseException as error:
            try:
                loader.rollback()
            except Exception:  # the connection is gone, whatever the first error said
                raise Unreachable(
                    "the operational database does not answer",
                    hint="What was read so far is kept. Is the server running? wavehouse doctor",
                ) from error
            raise
        finally:
            self._engine.drop(batch)
        return Tally(
            read=batch.rows + len(batch.rejects),
            stored=stored,
            duplicate=batch.rows - stored,
            quarantined=quarantined,
            filtered=batch.filtered,
            faults=dict(Counter(reject.fault.value for reject in batch.rejects)),
        )

    def _progress(self, work: _Work) -> dict[str, object]:
        """What a chunk is and how far its file is read with it, for the loader's statements."""
        chunk = work.chunk
        return {
            "organization_id": self._organization,
            "source_file_id": work.file.source_file_id,
            "batch_id": work.batch_id,
            "first_line": chunk.first_line,
            "lines": chunk.lines,
            "bytes_from": chunk.first_byte,
            "bytes_to": chunk.first_byte + chunk.bytes,
            "lines_to": chunk.first_line - 1 + chunk.lines,
            "at": clock.now(),
            "media": self._lookups.media_state,
        }


def _has_rows(head: str) -> bool:
    """True when the head holds a line that is neither empty nor a comment."""
    lines = head.removeprefix("\ufeff").split("\n")
    return any(line.strip() and not line.startswith("#") for line in lines)
