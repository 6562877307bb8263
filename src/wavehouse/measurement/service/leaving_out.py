"""Use case: sealed days without the rows of an organization that is erased.

Its rows leave the partitions in the erasure's transactions, which count the days as changed: a push
replaces them in a warehouse. Sealed files are rewritten here, from themselves, because the rows of
old days are nowhere else. A day that has also changed otherwise stays due for the next seal.
"""

from __future__ import annotations

from contextlib import closing
from datetime import date
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import NotFound, Refused, WavehouseError
from wavehouse.measurement.adapters.sealed_store import SealedStore, sha256_of, store_at
from wavehouse.measurement.adapters.sealer import Sealer
from wavehouse.measurement.queries import sealing, warehouse
from wavehouse.measurement.rules.sealing import seal_state
from wavehouse.measurement.service.audience_index import index_listeners
from wavehouse.measurement.service.manifests import manifest_at
from wavehouse.measurement.service.owning import claim, is_others
from wavehouse.measurement.service.sealing import (
    remove_superseded,
    rollups_of_file,
    store_of,
    write_seal,
)
from wavehouse.measurement.types import LeftOut, Seal, SealState
from wavehouse.store import Stores

RAW_CLOCKS = {
    "measurement.requests": "requested_at",
    "measurement.downloads": "downloaded_at",
    "measurement.listener_events": "timestamp",
}
"""The tables of raw rows, with the column that decides a row's day."""


def leave_out(stores: Stores, settings: Settings, *, identity: Identity) -> LeftOut:
    """Rewrite the files of every sealed day that have rows of the organization, without these.

    Each day is committed separately, and a repetition finds nothing to do. Refused for a file that
    was changed; a day whose files are missing is returned. The files of another installation, which
    this one was copied from, stay: those without the rows are written into this one's store.
    """
    with stores.operational.worker() as tx:
        listed = sealing.seals(tx, first=date.min, last=date.max)
    if not listed:
        return LeftOut()
    rewritten, missing = [], []
    with closing(Sealer()) as sealer:
        for each in listed:
            try:
                if _rewrite(stores, settings, sealer, each.day, identity):
                    rewritten.append(each.day)
            except NotFound:
                missing.append(each.day)
    remove_superseded(stores)
    index_listeners(stores)
    return LeftOut(tuple(rewritten), tuple(missing))


def _rewrite(
    stores: Stores, settings: Settings, sealer: Sealer, day: date, identity: Identity
) -> bool:
    """Whether the day's files had rows of the organization."""
    with stores.operational.worker() as lock:
        sealing.lock_sealing(lock)
        with stores.operational.worker(snapshot=True) as tx:
            current = warehouse.day_of(tx, day=day)
            (of,) = sealing.seals(tx, first=day, last=day)
            generation = sealing.last_generation(tx, day=day) + 1
        if current is None:
            raise WavehouseError(f"the sealed day {day} is not listed")
        # The file of a day in partitions is as old as before: the next seal replaces it.
        is_cold = seal_state(current, today=clock.today()) is SealState.COLD
        changes = current.changes if is_cold else (current.sealed_changes or 0)
        store = store_at(of.store)
        with store.holding(of.manifest):
            rollups = _taken(sealer, store, of, identity.organization_id)
        if rollups is None:
            return False
        if is_others(lock, stores, store):
            store = store_of(settings)
            claim(lock, stores, store)
        outcome = write_seal(
            stores,
            store,
            sealer,
            day=day,
            generation=generation,
            changes=changes,
            rollups=rollups,
        )
    if outcome.reason:
        raise WavehouseError(
            f"the files of {day} cannot be rewritten: the rollups of the other rows would differ",
            command="wavehouse warehouse verify",
        )
    return True


def _taken(sealer: Sealer, store: SealedStore, of: Seal, organization_id: UUID) -> str | None:
    """Load the other organizations' rows; returns the digest of their rollups.

    None when the files have no row of this organization.
    """
    files = manifest_at(store, of).files
    paths = {kind: store.local(file.name) for kind, file in files.items()}
    own = {kind: sealer.rows_of(path, organization_id) for kind, path in paths.items()}
    if not any(own.values()):
        return None
    for kind, file in files.items():
        if sha256_of(paths[kind]) != file.sha256:
            raise Refused(
                "a sealed file was changed",
                where=file.name,
                command="wavehouse warehouse verify",
            )
        if sealer.take_without(kind, paths[kind], organization_id) + own[kind] != file.rows:
            raise WavehouseError(f"not all rows of {file.name} could be read")
    return rollups_of_file(sealer, store, files["events"], of.day, without=organization_id)
