"""Distinct listeners of a period, by the audience index, sealed files and partitions (R43, R44).

Every day is read from one of them: by the index when it was made from the day's current seal; from
the sealed file when not; from partitions when the day is not sealed or has changed since.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from pathlib import Path
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, Refused
from wavehouse.measurement.adapters.audience_index import DistinctReader
from wavehouse.measurement.adapters.sealed_store import checked, store_at
from wavehouse.measurement.queries import audience, freshness, sealing
from wavehouse.measurement.rules.audience_index import hash_name, index_name, last_day, month_of
from wavehouse.measurement.service.manifests import manifest_at
from wavehouse.measurement.types import AudienceCell, KeysOfCell, Seal
from wavehouse.store import Operational, Tx


def distinct_listeners(
    tx: Tx[Operational], *, identity: Identity, first: date, last: date, podcast_id: UUID | None
) -> int | None:
    """Distinct listeners of a period within two adjacent months, of one show or of all.

    None where an event lacks the key of the period's first month. NotFound when a sealed file that
    has to be read is missing.
    """
    days = _days(tx, first, last)
    if not days.seals:
        return audience.distinct_listeners(
            tx,
            organization_id=identity.organization_id,
            start=clock.start_of_day(first),
            end=clock.start_of_day(last) + clock.DAY,
            podcast_id=podcast_id,
        )
    hot = _keys(tx, identity, first, days.hot, podcast_id)
    with _reading(tx, identity, first, days.seals) as (reader, files):
        return reader.listeners(sealed=files, hot=hot, podcast_id=podcast_id)


def distinct_by_cell(
    tx: Tx[Operational], *, identity: Identity, first: date, last: date
) -> list[AudienceCell]:
    """The same for all shows, each show and each episode."""
    days = _days(tx, first, last)
    if not days.seals:
        return audience.audience(
            tx,
            organization_id=identity.organization_id,
            start=clock.start_of_day(first),
            end=clock.start_of_day(last) + clock.DAY,
        )
    hot = _keys(tx, identity, first, days.hot, by_cell=True)
    with _reading(tx, identity, first, days.seals) as (reader, files):
        return reader.audience(sealed=files, hot=hot)


@dataclass(slots=True)
class _Days:
    """The days of a period that are read from seals, and those that are read from partitions."""

    seals: list[Seal] = field(default_factory=list)
    hot: list[date] = field(default_factory=list)


def _days(tx: Tx[Operational], first: date, last: date) -> _Days:
    raw_from = freshness.raw_from(tx)
    dropped = first if raw_from is None else raw_from.astimezone(UTC).date()
    # The rows of an older day are nowhere else, whether it has changed or not.
    hot = [day for day in sealing.changed_days(tx, first=first, last=last) if day >= dropped]
    seals = sealing.seals(tx, first=first, last=last)
    return _Days([each for each in seals if each.day not in set(hot)], hot)


@contextmanager
def _reading(
    tx: Tx[Operational], identity: Identity, first: date, seals: list[Seal]
) -> Iterator[tuple[DistinctReader, list[Path]]]:
    """A reader with the index, and the files of the days that it does not have."""
    month = month_of(first)
    manifests = {each.day: each.manifest_sha256.hex() for each in seals}
    with ExitStack() as stack:
        reader = stack.enter_context(closing(DistinctReader(identity.organization_id, month=month)))
        # The index is in the store of the newest seal of its months.
        newest = sealing.seals(tx, first=month, last=last_day(month))[-1]
        store = store_at(newest.store)
        try:
            sha256 = store.read(hash_name(month)).decode("ascii", "replace")
            indexed = reader.take_index(store.local(index_name(month)), manifests, sha256=sha256)
        except (NotFound, Refused, OSError):
            indexed = set()  # whatever is wrong with it: the sealed days have the same keys
        files = []
        for each in seals:
            if each.day not in indexed:
                store = store_at(each.store)
                stack.enter_context(store.holding(each.manifest))
                files.append(checked(store, manifest_at(store, each).files["events"]))
        yield reader, files


def _keys(
    tx: Tx[Operational],
    identity: Identity,
    first: date,
    hot: list[date],
    podcast_id: UUID | None = None,
    by_cell: bool = False,
) -> list[KeysOfCell]:
    """The keys of the days that are in partitions."""
    return [
        keys
        for begin, end in _runs(hot)
        for keys in audience.keys_by_cell(
            tx,
            organization_id=identity.organization_id,
            start=clock.start_of_day(begin),
            end=clock.start_of_day(end) + clock.DAY,
            month=clock.start_of_day(first),
            podcast_id=podcast_id,
            by_cell=by_cell,
        )
    ]


def _runs(days: list[date]) -> Iterator[tuple[date, date]]:
    """The first and last days of runs of consecutive days, which are in order."""
    begin: date | None = None
    for n, day in enumerate(days):
        begin = begin or day
        if n + 1 == len(days) or days[n + 1] > day + timedelta(days=1):
            yield begin, day
            begin = None
