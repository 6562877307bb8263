"""Use cases of the quarantine: list, replay, discard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import user_actor
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.measurement.adapters.logfile import LogFile
from wavehouse.measurement.queries import sources
from wavehouse.measurement.service.ingest import Ingest, told
from wavehouse.measurement.types import Fault, QuarantinedRow, SourceSummary
from wavehouse.workspace import Workspace

STREAM_FAULTS = {Fault.GZIP_TRUNCATED, Fault.GZIP_CORRUPT}


Reader = Callable[[Workspace, Path], frozenset[int]]
"""Reads a whole file of another context again; the numbers of the lines it still cannot use."""

NO_READERS: Mapping[str, Reader] = {}


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to."""

    tried: int
    stored: int
    still_bad: int
    unreadable: tuple[str, ...]


def listed(
    workspace: Workspace,
    *,
    limit: int = 1000,
    after: tuple[datetime, str, int, UUID] | None = None,
) -> list[QuarantinedRow]:
    """Rows that wait, oldest first, from the one after ``after`` on."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return sources.quarantined(
            tx, organization_id=workspace.organization.organization_id, limit=limit, after=after
        )


def waiting(workspace: Workspace) -> list[tuple[str, int]]:
    """How many rows wait for each reason, the most frequent first."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return sources.faults(tx, organization_id=workspace.organization.organization_id)


def files(
    workspace: Workspace, *, limit: int, before: tuple[datetime, UUID] | None = None
) -> list[SourceSummary]:
    """Files that were read, the latest first."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return sources.source_files(
            tx, organization_id=workspace.organization.organization_id, before=before, limit=limit
        )


def _chosen(workspace: Workspace, ids: Sequence[UUID]) -> list[QuarantinedRow]:
    rows = listed(workspace, limit=1_000_000)
    if not ids:
        return rows
    missing = set(ids) - {row.quarantine_id for row in rows}
    if missing:
        raise NotFound(
            f"{min(map(str, missing))} is not in the quarantine",
            command="wavehouse quarantine list",
        )
    return [row for row in rows if row.quarantine_id in ids]


def replay(
    workspace: Workspace, *, ids: Sequence[UUID] = (), readers: Mapping[str, Reader] = NO_READERS
) -> Replayed:
    """Read quarantined lines again at their file and offset; those that are good now are stored.

    A file of another context's format is read again as a whole by that context's reader.
    """
    by_file: dict[str, list[QuarantinedRow]] = defaultdict(list)
    rows = _chosen(workspace, ids)
    for row in rows:
        by_file[row.file].append(row)
    unreadable, done = [], []
    with Ingest.opened(workspace) as ingest:
        for name, waiting in by_file.items():
            try:
                reader = readers.get(waiting[0].format)
                if reader is None:
                    done += _reread(ingest, Path(name), waiting)
                else:
                    still_bad = reader(workspace, Path(name))
                    done += [r.quarantine_id for r in waiting if r.line_number not in still_bad]
            except InvalidInput as error:
                unreadable.append(told(error))
    with workspace.stores.operational.worker() as tx:
        sources.resolve_quarantined(tx, ids=done, status="replayed", at=clock.now())
    return Replayed(len(rows), len(done), len(rows) - len(done), tuple(unreadable))


def _reread(ingest: Ingest, path: Path, waiting: Sequence[QuarantinedRow]) -> list[UUID]:
    """The rows of one file that are good now."""
    log = LogFile(path)
    head = log.head()
    done = []
    for row in waiting:
        if row.reason in STREAM_FAULTS:  # not a line: where the stream broke off
            result = ingest.begin(path, "auto", lambda _: None).finished()
            good = not STREAM_FAULTS & result.tally.faults.keys()
        else:
            tally = ingest.reread(log, head, row)
            good = tally.stored + tally.duplicate > 0
        if good:
            done.append(row.quarantine_id)
    return done


def discard(workspace: Workspace, *, ids: Sequence[UUID] = ()) -> int:
    """Close rows without storing them: all, or those named. What was lost is in the audit log."""
    rows = _chosen(workspace, ids)
    with workspace.stores.operational.worker() as tx:
        closed = sources.resolve_quarantined(
            tx, ids=[row.quarantine_id for row in rows], status="discarded", at=clock.now()
        )
        if closed:
            audit.record(
                tx,
                actor=user_actor(workspace.identity),
                action="quarantine.discarded",
                resource=("quarantine", "rows"),
                organization_id=workspace.organization.organization_id,
                metadata={"rows": closed},
            )
    return closed
