"""Use case: keep the audience index equal to the sealed days.

The index of a month is made again from the sealed files when a day of it has another seal than the
one it was made from. It is never the only record of anything: without it, distinct listeners are
counted from the sealed days, which takes longer. Like sealing, this serves all organizations at
once and takes no identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import NotFound
from wavehouse.measurement.adapters.audience_index import IndexWriter, covered_days
from wavehouse.measurement.adapters.sealed_store import SealedStore, store_at
from wavehouse.measurement.queries import sealing
from wavehouse.measurement.rules.audience_index import index_name, last_day, months_of
from wavehouse.measurement.service.sealing import manifest_at
from wavehouse.store import Stores


def index_listeners(stores: Stores) -> list[date]:
    """Make the index of every month again whose days have other seals now; returns the months."""
    done = []
    with stores.operational.worker() as tx:
        months = months_of(each.day for each in sealing.seals(tx, first=date.min, last=date.max))
    with closing(IndexWriter()) as writer:
        for month in months:
            with telemetry.span("audience.index"):
                if _refresh(stores, writer, month):
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
            if month in left_out:
                continue
            with _sources(stores, month) as of:
                if of is None or _covered(of.store, of.name) != of.manifests:
                    continue
                scratch = of.store.scratch()
                try:
                    of.write(writer, scratch)
                    if writer.facts(scratch) != writer.facts(of.store.local(of.name)):
                        wrong.append(month)
                finally:
                    scratch.unlink(missing_ok=True)
    return wrong


@dataclass(frozen=True, slots=True)
class _Sources:
    """The sealed days of an index."""

    month: date
    store: SealedStore
    others: list[SealedStore]
    """Stores of older seals: an index there is outdated."""
    name: str
    manifests: dict[date, str]
    events: list[Path]

    def write(self, writer: IndexWriter, path: Path) -> None:
        """Write the index."""
        writer.write(path, month=self.month, events=self.events, manifests=self.manifests)


@contextmanager
def _sources(stores: Stores, month: date) -> Iterator[_Sources | None]:
    """What the index of a month is made from, while no day is sealed; None without a seal."""
    with stores.operational.worker() as lock, ExitStack() as held:
        sealing.lock_sealing(lock)
        seals = sealing.seals(lock, first=month, last=last_day(month))
        if not seals:
            yield None
            return
        manifests, events = {}, []
        for each in seals:
            with suppress(NotFound):  # a lost day is reported when it is read itself
                source = store_at(each.store)
                held.enter_context(source.holding(each.manifest))
                events.append(source.local(manifest_at(source, each).files["events"].name))
                manifests[each.day] = each.manifest_sha256.hex()
        newest = seals[-1].store
        others = [store_at(each) for each in {seal.store for seal in seals} - {newest}]
        yield _Sources(month, store_at(newest), others, index_name(month), manifests, events)


def _refresh(stores: Stores, writer: IndexWriter, month: date) -> bool:
    """Whether the index of a month was made again."""
    with _sources(stores, month) as of:
        if of is None:
            return False
        for store in of.others:
            store.remove(of.name)
        if _covered(of.store, of.name) == of.manifests:
            return False
        if not of.events:
            of.store.remove(of.name)
            return True
        scratch = of.store.scratch()
        of.write(writer, scratch)
        of.store.remove(of.name)  # with the copies that a bucket's store has of it
        of.store.put(of.name, scratch)
    return True


def _covered(store: SealedStore, name: str) -> dict[date, str]:
    try:
        return covered_days(store.local(name))
    except NotFound:
        return {}
