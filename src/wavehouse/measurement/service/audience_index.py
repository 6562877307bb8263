"""Use case: keep the audience index equal to the sealed days.

The index of a month is made again from the sealed files when a day of it has another seal than the
one it was made from. It is never the only record of anything: without it, distinct listeners are
counted from the sealed days, which takes longer. Like sealing, this serves all organizations at
once and takes no identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import date
from pathlib import Path

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import NotFound, Refused
from wavehouse.measurement.adapters.audience_index import IndexWriter, covered_days
from wavehouse.measurement.adapters.sealed_store import (
    SealedStore,
    checked,
    known_sha256,
    scratch_file,
    store_at,
)
from wavehouse.measurement.queries import sealing
from wavehouse.measurement.rules.audience_index import (
    hash_name,
    index_name,
    last_day,
    months_of,
)
from wavehouse.measurement.service.manifests import manifest_at
from wavehouse.measurement.service.owning import is_others
from wavehouse.measurement.types import Seal
from wavehouse.store import Stores

_Manifests = dict[date, str]
"""The days of an index with the hashes of their manifests, in hex."""


def index_listeners(stores: Stores) -> list[date]:
    """Make the index of every month again whose days have other seals now; returns the months.

    Months with days in another installation's store are left out: they are counted from the days.
    """
    done = []
    with stores.operational.worker() as tx:
        months = months_of(each.day for each in sealing.seals(tx, first=date.min, last=date.max))
    with closing(IndexWriter()) as writer:
        for month in months:
            with telemetry.span("audience.index"), _seals(stores, month) as seals:
                if seals and not _is_others(stores, seals) and _refresh(writer, month, seals):
                    done.append(month)
    return done


def differing_indexes(
    stores: Stores, *, days: Iterable[date], damaged: Iterable[date] = ()
) -> list[date]:
    """The months of these days whose index differs from one made again from the same sealed days.

    Months with a damaged day are left out, and those whose index is missing or outdated: it is not
    read then.
    """
    wrong, left_out = [], set(months_of(damaged))
    with closing(IndexWriter()) as writer:
        for month in months_of(days):
            with _seals(stores, month) as seals:
                if seals and month not in left_out and _differs(writer, month, seals):
                    wrong.append(month)
    return wrong


def _differs(writer: IndexWriter, month: date, seals: Sequence[Seal]) -> bool:
    name = index_name(month)
    with ExitStack() as held:
        store = store_at(seals[-1].store)
        manifests, events = _readable(held, seals)
        if _covered(store, name) != manifests or _written_hash(store, month) is None:
            return False
        if not _is_whole(store, month):
            return True
        with scratch_file(store) as scratch:
            writer.write(scratch, month=month, events=events, manifests=manifests)
            return writer.facts(scratch) != writer.facts(store.local(name))


@contextmanager
def _seals(stores: Stores, month: date) -> Iterator[list[Seal]]:
    """The seals that the index of a month is made from, while no day is sealed."""
    with stores.operational.worker() as lock:
        sealing.lock_sealing(lock)
        yield sealing.seals(lock, first=month, last=last_day(month))


def _is_others(stores: Stores, seals: Sequence[Seal]) -> bool:
    """Whether one of the stores is another installation's: its index is as little ours."""
    with stores.operational.worker() as tx:
        return any(is_others(tx, stores, store_at(each)) for each in {of.store for of in seals})


def _readable(held: ExitStack, seals: Sequence[Seal]) -> tuple[_Manifests, list[Path]]:
    """The days whose files are as they were sealed; a damaged day is reported when it is read."""
    manifests, events = {}, []
    for each in seals:
        with suppress(NotFound, Refused):
            store = store_at(each.store)
            held.enter_context(store.holding(each.manifest))
            events.append(checked(store, manifest_at(store, each).files["events"]))
            manifests[each.day] = each.manifest_sha256.hex()
    return manifests, events


def _refresh(writer: IndexWriter, month: date, seals: Sequence[Seal]) -> bool:
    """Whether the index of a month was made again."""
    with ExitStack() as held:
        store = store_at(seals[-1].store)
        for older in {seal.store for seal in seals} - {seals[-1].store}:
            _remove(store_at(older), month)
        covered = _covered(store, index_name(month)) if _is_whole(store, month) else {}
        if covered == {each.day: each.manifest_sha256.hex() for each in seals}:
            return False
        manifests, events = _readable(held, seals)
        if covered == manifests:
            return False
        _remove(store, month)  # with the copies that a bucket's store has of it
        if not events:
            return True
        with scratch_file(store) as scratch, scratch_file(store) as digest:
            writer.write(scratch, month=month, events=events, manifests=manifests)
            digest.write_text(known_sha256(scratch))
            store.put(index_name(month), scratch)
            store.put(hash_name(month), digest)
    return True


def _remove(store: SealedStore, month: date) -> None:
    store.remove(hash_name(month))
    store.remove(index_name(month))


def _is_whole(store: SealedStore, month: date) -> bool:
    """Whether an index has the hash that it was written with."""
    try:
        return _written_hash(store, month) == known_sha256(store.local(index_name(month)))
    except (NotFound, Refused, OSError):
        return False


def _written_hash(store: SealedStore, month: date) -> str | None:
    """None for an index of an earlier release, or one whose writer was killed: it is not read."""
    try:
        return store.read(hash_name(month)).decode("ascii", "replace")
    except (NotFound, Refused, OSError):
        return None


def _covered(store: SealedStore, name: str) -> _Manifests:
    try:
        return covered_days(store.local(name))
    except NotFound:
        return {}
