"""Use case: match stored requests to files registered, or moved to another episode, later.

A request for a path that no episode was registered at is stored with ``unknown_path``. When media
files, rules or lists of the catalog have changed since the last pass, those requests are matched
again: once per distinct path, not once per request. When a person has merged or split episodes, or
several episodes share a file, its stored requests move too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from wavehouse.accounts import Identity
from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.reference import own_lists
from wavehouse.measurement.queries import adoption, counting, sources
from wavehouse.measurement.queries.adoption import MediaState, UnknownPlace
from wavehouse.measurement.rules.media import MediaIndex, split_place
from wavehouse.measurement.service.lookups import media_index, place_lists
from wavehouse.measurement.types import OwnedSpan
from wavehouse.store import Database, Operational, Tx


def adopt_unknown(operational: Database[Operational]) -> int:
    """Assign stored requests to their current episodes, for all organizations.

    Returns the number of requests.
    """
    own_lists.refresh()
    lists = place_lists()
    with operational.worker() as tx:
        if not adoption.changed_media(tx, lists=lists):
            return 0
    total = 0
    with telemetry.span("count.adopt"), operational.worker() as tx:
        counting.lock_counting(tx)
        adoption.lock_adoption(tx)
        for state in adoption.changed_media(tx, lists=lists):
            total += _adopted(tx, state)
            adoption.remember_media(tx, state=state, at=clock.now())
    return total


def unknown_places(
    tx: Tx[Operational], *, identity: Identity, limit: int = 5
) -> list[UnknownPlace]:
    """The most requested hosts and paths of unknown files."""
    return adoption.unknown_places(tx, organization_id=identity.organization_id, limit=limit)


def _adopted(tx: Tx[Operational], state: MediaState) -> int:
    """The number of reassigned requests of one organization."""
    organization_id = state.organization_id
    index = media_index(
        sources.media_files(tx, organization_id=organization_id),
        sources.path_rules(tx, organization_id=organization_id),
    )
    unknown = adoption.unknown_paths(tx, organization_id=organization_id)
    adoptable = list(_meant(index, unknown))
    moved = list(_followed(index, state.adopted_at))
    adopted = (
        adoption.adopt(tx, organization_id=organization_id, rows=adoptable) if adoptable else 0
    )
    if not moved:
        return adopted
    return adopted + adoption.move_requests(tx, organization_id=organization_id, rows=moved)


def _meant(index: MediaIndex, unknown: list[str]) -> Iterator[dict[str, Any]]:
    """The unknown paths that are now known, each with the versions of its file in time."""
    for path in unknown:
        position = index.place_of(*split_place(path))
        if position is None:
            continue
        for span in index.spans_of(position):
            if not _is_empty(span):
                yield {
                    "path": path,
                    **_times(span),
                    "start_ms": span.file.start_ms,
                    "duration_ms": span.file.duration_ms,
                    "bytes": span.file.segment_bytes,
                }


def _followed(index: MediaIndex, since: datetime | None) -> Iterator[dict[str, Any]]:
    """Move requests of files whose episode changed since the last pass."""
    for address, everything in index.everything.items():
        changed = [f.changed_at for f in everything if f.changed_at is not None]
        episodes = {file.episode_id for file in everything}
        moved = any(file.has_moved for file in everything)
        if (len(episodes) < 2 and not moved) or (since and max(changed, default=since) < since):
            continue
        stored = {file.enclosure_id for file in everything}
        spans = [span for span in index.spans_of(address) if not _is_empty(span)]
        for enclosure_id in stored:
            yield from ({"stored_id": str(enclosure_id), **_times(span)} for span in spans)


def _is_empty(span: OwnedSpan) -> bool:
    return span.since is not None and span.since == span.until


def _times(span: OwnedSpan) -> dict[str, Any]:
    return {
        "since": span.since and span.since.isoformat(),
        "until": span.until and span.until.isoformat(),
        "enclosure_id": str(span.file.enclosure_id),
    }
