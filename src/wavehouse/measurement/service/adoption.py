"""Use case: logs first, the feed later.

A request for a path that no episode was registered at is stored with ``unknown_path``. When the
catalog has other media files than at the last look, those requests are looked through again:
once per distinct path, not once per request.
"""

from __future__ import annotations

from wavehouse.kernel import clock, telemetry
from wavehouse.measurement.queries import adoption, counting, sources
from wavehouse.measurement.rules.media import MediaIndex, split_place
from wavehouse.store import Database, Operational


def adopt_unknown(operational: Database[Operational]) -> int:
    """Assign stored requests to episodes registered after them, for all organizations.

    Returns the number of requests.
    """
    with operational.worker() as tx:
        if not adoption.changed_media(tx):
            return 0
    total = 0
    with telemetry.span("count.adopt"), operational.worker() as tx:
        counting.lock_counting(tx)
        adoption.lock_adoption(tx)
        for state in adoption.changed_media(tx):
            index = MediaIndex(sources.media_files(tx, organization_id=state.organization_id))
            known = [
                (path, *found)
                for path in adoption.unknown_paths(tx, organization_id=state.organization_id)
                if (found := index.key_of(*split_place(path))) is not None
            ]
            if known:
                total += adoption.adopt(
                    tx,
                    organization_id=state.organization_id,
                    paths=[path for path, _, _ in known],
                    hosts=[host for _, host, _ in known],
                    media_paths=[media_path for _, _, media_path in known],
                )
            adoption.remember_media(tx, state=state, at=clock.now())
    return total
