"""Use case: quarantine rows of a file that another context could not use."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.measurement.adapters.logfile import LINE_LIMIT, LogFile
from wavehouse.measurement.queries import sources
from wavehouse.measurement.rules.masking import masked
from wavehouse.measurement.types import Aside, Reject
from wavehouse.store import Database, Operational


def set_aside(
    operational: Database[Operational],
    path: Path,
    *,
    identity: Identity,
    format: str,  # noqa: A002 - the column's name
    rows: Iterable[Aside],
) -> int:
    """Quarantine rows of a file with a masked excerpt; returns how many were new.

    It uses a separate transaction: rows are quarantined even when the caller's import is rolled
    back.
    """
    file = LogFile(path)
    head = file.head()
    organization_id = identity.organization_id
    with operational.worker() as tx:
        source = sources.register_source_file(
            tx,
            organization_id=organization_id,
            format=format,
            head_hash=head.hash(len(head.content)),
            head_length=max(len(head.content), 1),
            name=str(path.absolute()),
            at=clock.now(),
        )
        return sum(
            sources.quarantine(
                tx,
                organization_id=organization_id,
                source_file_id=source.source_file_id,
                reject=_reject(file, row),
                at=clock.now(),
            )
            for row in rows
        )


def _reject(file: LogFile, row: Aside) -> Reject:
    line = (file.line_from(row.byte_offset, LINE_LIMIT) or b"").split(b"\n", 1)[0]
    excerpt = masked(line.decode("utf-8", "replace"))
    return Reject(row.line_number, row.byte_offset, len(line), row.reason, excerpt)
