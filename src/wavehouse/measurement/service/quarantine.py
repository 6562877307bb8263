"""Use cases of the quarantine: list, replay, discard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Protocol
from uuid import UUID

from wavehouse import audit, queue
from wavehouse.accounts import Identity, user_actor
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.measurement.adapters.logfile import LogFile
from wavehouse.measurement.queries import sources
from wavehouse.measurement.service.ingest import Ingest, sentence
from wavehouse.measurement.types import Fault, QuarantinedRow, SourceSummary
from wavehouse.store import Database, Operational, Tx

_ROWS_AT_ONCE = 200_000
STREAM_FAULTS = {Fault.GZIP_TRUNCATED, Fault.GZIP_CORRUPT}


class Reader(Protocol):
    """Reads a whole file of another context again, for the identity's organization."""

    def __call__(
        self, operational: Database[Operational], path: Path, *, identity: Identity
    ) -> frozenset[int]:
        """The numbers of the lines that still cannot be used."""
        ...


NO_READERS: Mapping[str, Reader] = {}


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay."""

    tried: int
    stored: int
    still_bad: int
    unreadable: tuple[str, ...]


def listed(
    operational: Tx[Operational],
    *,
    identity: Identity,
    limit: int = 1000,
    after: tuple[datetime, str, int, UUID] | None = None,
) -> list[QuarantinedRow]:
    """Rows in the quarantine, oldest first, after the row ``after``."""
    return sources.quarantined(
        operational, organization_id=identity.organization_id, limit=limit, after=after
    )


def waiting(operational: Tx[Operational], *, identity: Identity) -> list[tuple[str, int]]:
    """The number of rows for each reason, most frequent first."""
    return sources.faults(operational, organization_id=identity.organization_id)


def files(
    operational: Tx[Operational],
    *,
    identity: Identity,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
) -> list[SourceSummary]:
    """Source files, most recent first."""
    return sources.source_files(
        operational, organization_id=identity.organization_id, before=before, limit=limit
    )


def _require(tx: Tx[Operational], identity: Identity, ids: Collection[UUID]) -> None:
    """NotFound when one of these rows is not open in the organization's quarantine."""
    known = sources.open_quarantined(tx, organization_id=identity.organization_id, ids=ids)
    missing = set(ids) - known
    if missing:
        raise NotFound(
            f"{min(map(str, missing))} is not in the quarantine",
            command="wavehouse quarantine list",
        )


def _pages(
    operational: Database[Operational], identity: Identity, ids: Sequence[UUID]
) -> Iterator[list[QuarantinedRow]]:
    """The open rows with these ids, or all, by file and offset; each row once, however many."""
    after = None
    while True:
        with operational.app(identity.organization_id) as tx:
            if ids and after is None:
                _require(tx, identity, ids)
            page = sources.quarantined_by_offset(
                tx,
                organization_id=identity.organization_id,
                ids=ids or None,
                after=after,
                limit=_ROWS_AT_ONCE,
            )
        if page:
            yield page
        if len(page) < _ROWS_AT_ONCE:
            return
        last = page[-1]
        after = (last.file, last.source_file_id, last.byte_offset, last.quarantine_id)


def replay(
    operational: Database[Operational],
    settings: Settings,
    *,
    identity: Identity,
    ids: Sequence[UUID] = (),
    readers: Mapping[str, Reader] = NO_READERS,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Replayed:
    """Read quarantined lines again at their file and offset; good ones are stored.

    A file in another context's format is read again as a whole by that context's reader. Good rows
    are closed batch by batch: an interrupted replay continues where it stopped. ``progress`` is
    called with the rows tried and stored after each file; it may raise to stop.
    """

    def batches(
        ingest: Ingest, path: Path, waiting: Sequence[QuarantinedRow]
    ) -> Iterator[Collection[UUID]]:
        reader = readers.get(waiting[0].format)
        if reader is None:
            yield from _reread(ingest, path, waiting)
        else:
            bad = reader(operational, path, identity=identity)
            yield [row.quarantine_id for row in waiting if row.line_number not in bad]

    unreadable: dict[str, None] = {}
    stored = tried = 0
    by_file = (
        (name, list(rows))
        for page in _pages(operational, identity, ids)
        for name, rows in groupby(page, key=attrgetter("file"))
    )
    with Ingest.opened(operational, settings, identity=identity) as ingest:
        for name, waiting in by_file:
            try:
                for done in batches(ingest, Path(name), waiting):
                    stored += len(done)
                    with operational.app(identity.organization_id) as tx:
                        if done and _close(tx, identity, done, "replayed"):
                            _record(tx, identity, "quarantine.replayed", len(done))
            except InvalidInput as error:
                unreadable[sentence(error)] = None
            tried += len(waiting)
            progress(tried, stored)
    return Replayed(tried, stored, tried - stored, tuple(unreadable))


REPLAY = "measurement.replay"


def enqueue_replay(
    operational: Tx[Operational], *, identity: Identity, ids: Sequence[UUID] = ()
) -> UUID | None:
    """Enqueue a job that reads these rows, or all, again; None while a job for all is live.

    NotFound for an unknown row.
    """
    if ids:
        _require(operational, identity, ids)
    job = queue.NewJob(
        REPLAY,
        payload={"ids": [str(each) for each in ids]},
        unique_key=None if ids else "all",
        lane=queue.Lane.INTERACTIVE,
        time_limit=timedelta(hours=6),
    )
    return next(iter(queue.enqueue(operational, job, identity=identity)), None)


def _close(
    tx: Tx[Operational], identity: Identity, ids: Collection[UUID] | None, status: str
) -> int:
    return sources.resolve_quarantined(
        tx, organization_id=identity.organization_id, ids=ids, status=status, at=clock.now()
    )


def _reread(
    ingest: Ingest, path: Path, waiting: Sequence[QuarantinedRow]
) -> Iterator[Collection[UUID]]:
    """The rows of one log, in the order of their offsets, that are good now: batch by batch."""
    log = LogFile(path)
    head = log.head()
    streams = [row for row in waiting if row.reason in STREAM_FAULTS]
    if streams:  # not lines: positions where the stream broke off
        result = ingest.begin(path, "auto", lambda _: None).finished()
        if not STREAM_FAULTS & result.tally.faults.keys():
            yield [row.quarantine_id for row in streams]
    by_source: dict[UUID, list[QuarantinedRow]] = defaultdict(list)
    for row in waiting:
        if row.reason not in STREAM_FAULTS:
            by_source[row.source_file_id].append(row)
    for of_source in by_source.values():
        yield from ingest.reread(log, head, of_source)


def discard(operational: Tx[Operational], *, identity: Identity, ids: Sequence[UUID] = ()) -> int:
    """Close rows without storing them: all, or the given ones. The audit log records how many.

    NotFound for an unknown row.
    """
    if ids:
        _require(operational, identity, ids)
    closed = _close(operational, identity, ids or None, "discarded")
    if closed:
        _record(operational, identity, "quarantine.discarded", closed)
    return closed


def _record(tx: Tx[Operational], identity: Identity, action: str, rows: int) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("quarantine", "rows"),
        organization_id=identity.organization_id,
        metadata={"rows": rows},
    )
