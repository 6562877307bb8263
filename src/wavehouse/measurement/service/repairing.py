"""Use case: seals whose files are not those that were registered.

A restore returns the database to an earlier state; sealed files in a folder of their own or in a
bucket stay as they are, so a day that was sealed again since has other files than the database
says. Such a day is sealed again from its rows or, when retention has dropped these, gets the later
generation that the store has: it is this installation's own.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, WavehouseError
from wavehouse.measurement.adapters.sealed_store import SealedStore, checked, store_at
from wavehouse.measurement.queries import rolling, sealing, warehouse
from wavehouse.measurement.rules.sealing import manifest_name, manifest_of, seal_state
from wavehouse.measurement.service.manifests import is_registered
from wavehouse.measurement.service.sealing import register
from wavehouse.measurement.types import Repaired, Seal, SealManifest, SealState
from wavehouse.store import Operational, Stores, Tx

_LATER = 20
"""Generations of a day after the registered one that are looked for."""
_HOURS = 24


def repair_seals(stores: Stores, *, days: Collection[date] = ()) -> Repaired:
    """Repair the seals of these days, and of every day with another manifest than the registered.

    A day with rows in partitions is due for the next seal; a dropped one gets the newest later
    generation of its store, and its rollups are computed from it by the next rollup. Days for which
    there is none are returned as lost, and stay as they are. Raises when a store does not answer.
    """
    again, later, lost = [], [], []
    with stores.operational.worker() as lock:
        sealing.lock_sealing(lock)
        with stores.operational.worker() as tx:
            listed = sealing.seals(tx, first=date.min, last=date.max)
            for each in listed:
                store = store_at(each.store)
                if each.day not in days and is_registered(store, each):
                    continue
                if _is_in_partitions(tx, each.day):
                    sealing.supersede(tx, day=each.day, at=clock.now())
                    again.append(each.day)
                elif (newest := _later(store, each)) is not None:
                    manifest, content = newest
                    register(tx, manifest, store=each.store, content=content)
                    start = clock.start_of_day(each.day)
                    hours = [start + timedelta(hours=n) for n in range(_HOURS)]
                    rolling.mark_dirty(tx, hours=hours)
                    later.append(each.day)
                else:
                    lost.append(each.day)
    return Repaired(len(listed), tuple(again), tuple(later), tuple(lost))


def _is_in_partitions(tx: Tx[Operational], day: date) -> bool:
    current = warehouse.day_of(tx, day=day)
    return current is not None and seal_state(current, today=clock.today()) is not SealState.COLD


def _later(store: SealedStore, of: Seal) -> tuple[SealManifest, bytes] | None:
    """The newest later generation of a day whose files are whole, with its manifest's text."""
    for generation in range(of.generation + _LATER, of.generation, -1):
        try:
            content = store.read(manifest_name(of.day, generation))
            manifest = manifest_of(content)
            for file in manifest.files.values():
                checked(store, file)
        except NotFound:
            continue
        except (WavehouseError, ValueError):  # damaged: it is not taken
            continue
        if (manifest.day, manifest.generation) == (of.day.isoformat(), generation):
            return manifest, content
    return None
