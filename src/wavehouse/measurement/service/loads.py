"""Load one normalised chunk into the database, in one transaction."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, Unreachable
from wavehouse.kernel.ids import OrganizationId
from wavehouse.measurement.adapters.engine import Batch, Engine
from wavehouse.measurement.queries import loading
from wavehouse.measurement.types import Chunk, SourceFile, Tally
from wavehouse.store import BulkLoader


@dataclass(frozen=True, slots=True)
class Work:
    """A normalised chunk to be loaded into the database."""

    file: SourceFile
    chunk: Chunk
    engine: Engine
    batch: Batch
    batch_id: int


class Loads:
    """Loads chunks one after another, in the loader's thread."""

    def __init__(self, organization: OrganizationId, loader: BulkLoader, media_state: str) -> None:
        self._organization = organization
        self._loader = loader
        self._media_state = media_state
        self._all_new = True

    def load(self, work: Work, *, moves: bool = True) -> Tally:
        """Store a chunk's rows, marks, rejects and the file's progress: all or nothing."""
        batch = work.batch
        try:
            stored, quarantined = self._load_new(work, moves=moves) or self._load_any(
                work, moves=moves
            )
        except BaseException as error:
            self._give_up(error)
            raise
        finally:
            work.engine.drop(batch)
        self._all_new = stored == batch.rows
        return Tally(
            read=batch.rows + len(batch.rejects),
            stored=stored,
            duplicate=batch.rows - stored,
            quarantined=quarantined,
            filtered=batch.filtered,
            faults=dict(Counter(str(reject.fault) for reject in batch.rejects)),
        )

    def _give_up(self, error: BaseException) -> None:
        """Roll back; a connection that cannot roll back counts as lost, whatever the error."""
        try:
            self._loader.rollback()
        except Exception:
            raise Unreachable(
                "the operational database does not respond",
                hint="Lines read so far are stored. Check that the server is running.",
                command="wavehouse doctor",
            ) from error

    def _load_new(self, work: Work, *, moves: bool) -> tuple[int, int] | None:
        """Load a chunk assuming that none of its requests is stored; None when one is.

        The assumption, taken from the previous chunk, is usually right and cheap to try.
        """
        if not self._all_new:
            return None
        self._stage(work, moves=moves)
        stored = loading.insert_only_new_requests(self._loader) if work.batch.rows else 0
        if stored is None:
            return None
        return stored, self._finish(work, moves=moves)

    def _load_any(self, work: Work, *, moves: bool) -> tuple[int, int]:
        """Load a chunk whose requests may already be stored."""
        self._stage(work, moves=moves)
        stored = loading.insert_requests(self._loader) if work.batch.rows else 0
        return stored, self._finish(work, moves=moves)

    def _stage(self, work: Work, *, moves: bool) -> None:
        resumes = moves and work.file.unfinished and work.chunk.first_byte == work.file.bytes_read
        loading.lock_out_adoption(self._loader)
        progress = self._progress(work)
        work.engine.stage(self._loader, work.batch, progress, rejects_too=resumes)
        if resumes:
            loading.replace_tail(self._loader)
            loading.close_superseded(self._loader)
        if moves and not loading.advance_source_file(self._loader):
            raise Conflict("another program has read this file in the meantime; nothing was lost")
        loading.insert_batch(self._loader)

    def _finish(self, work: Work, *, moves: bool) -> int:
        """Store marks and rejects, then commit; returns how many rejects are new."""
        loader, batch = self._loader, work.batch
        if batch.rows:
            loading.mark_for_counting(loader)
            loading.look_again(loader)
        quarantined = loading.insert_rejects(loader) if batch.rejects and moves else 0
        loading.forget_staged(loader)
        loader.commit()
        return quarantined

    def _progress(self, work: Work) -> dict[str, object]:
        """A chunk's identity and the file's progress with it, for the loader's statements."""
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
            "media": self._media_state,
        }
