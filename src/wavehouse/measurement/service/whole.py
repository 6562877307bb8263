"""Hot and sealed days read as one.

Rows from ``raw_from`` on are in partitions; older ones are in sealed files. Statements that are
more than a sum read temporary tables with both; sums read the files directly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from wavehouse.accounts import Identity, retained_from
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, Refused
from wavehouse.measurement.adapters.sealed_store import checked, store_at
from wavehouse.measurement.adapters.sealer import SealedReader
from wavehouse.measurement.queries import freshness, sealing
from wavehouse.measurement.queries.raw_tables import HOT, WHOLE, RawTables
from wavehouse.measurement.rules.sealing import KINDS
from wavehouse.measurement.rules.spans import Span, day_spans
from wavehouse.measurement.service.manifests import manifest_at
from wavehouse.measurement.types import Seal
from wavehouse.store import Operational, Tx

_Files = dict[str, Path]
_INSTANT = timedelta(microseconds=1)
_MANY = 300_000
"""Requests of a period from which its files are read sooner than its partitions."""


@contextmanager
def sealed_rows(
    tx: Tx[Operational],
    *,
    identity: Identity,
    start: datetime,
    end: datetime,
    only: Collection[date] | None = None,
) -> Iterator[tuple[SealedReader | None, datetime]]:
    """The organization's sealed rows of a span, and the start of the rest, which is in partitions.

    ``only`` names the days of the span that are read. None when the whole span is in partitions.
    NotFound when a sealed file is missing; Refused when one was changed.
    """
    hot = freshness.raw_from(tx)
    if hot is None or start >= hot:
        yield None, start
        return
    hot = min(hot, end)
    last = (hot - timedelta(microseconds=1)).astimezone(UTC).date()
    seals = [
        each
        for each in sealing.seals(tx, first=start.astimezone(UTC).date(), last=last)
        if only is None or each.day in only
    ]
    if not seals:
        yield None, start
        return
    with ExitStack() as held:
        paths = _paths([_held(held, each) for each in seals])
        with closing(SealedReader(paths, identity.organization_id)) as reader:
            yield reader, hot


@contextmanager
def sealed_sums(
    tx: Tx[Operational], *, identity: Identity, start: datetime, end: datetime
) -> Iterator[tuple[SealedReader | None, list[Span]]]:
    """The organization's sealed rows of a span of whole days, and the spans in partitions.

    For sums: days with many rows are read from files also while they are in partitions, if their
    seal is up to date and in a folder of this machine; a damaged file is then not used. Raises for
    the files of dropped days like ``sealed_rows``.
    """
    if end <= start:
        yield None, []
        return
    first, last = start.astimezone(UTC).date(), (end - _INSTANT).astimezone(UTC).date()
    raw_from = freshness.raw_from(tx)
    dropped = first if raw_from is None else raw_from.astimezone(UTC).date()
    seals = sealing.seals(tx, first=first, last=last)
    with ExitStack() as held:
        files = {each.day: _held(held, each) for each in seals if each.day < dropped}
        files |= _large(tx, held, [each for each in seals if each.day >= dropped])
        rest = [day for day in clock.days_between(max(first, dropped), last) if day not in files]
        spans = list(day_spans(clock.start_of_day(day) for day in rest))
        if not files:
            yield None, spans
            return
        with closing(
            SealedReader(_paths(list(files.values())), identity.organization_id)
        ) as reader:
            yield reader, spans


def _large(tx: Tx[Operational], held: ExitStack, seals: Sequence[Seal]) -> dict[date, _Files]:
    """The files of days in partitions that are worth opening a database for."""
    local = [each for each in seals if each.store.startswith("file:")]
    if not local:
        return {}
    changed = set(sealing.changed_days(tx, first=local[0].day, last=local[-1].day))
    manifests = {}
    for each in local:
        with suppress(NotFound, Refused, OSError):
            if each.day not in changed:
                manifests[each] = manifest_at(store_at(each.store), each)
    if sum(manifest.files["requests"].rows for manifest in manifests.values()) < _MANY:
        return {}
    files = {}
    for each in manifests:
        with suppress(NotFound, Refused, OSError):
            files[each.day] = _held(held, each)
    return files


def _held(held: ExitStack, seal: Seal) -> _Files:
    """The files of a sealed day by kind, which are not removed before ``held`` ends."""
    store = store_at(seal.store)
    held.enter_context(store.holding(seal.manifest))
    files = manifest_at(store, seal).files
    return {kind: checked(store, file) for kind, file in files.items()}


def _paths(days: Sequence[_Files]) -> dict[str, list[Path]]:
    return {kind: [files[kind] for files in days] for kind in KINDS}


def sealed_days_with_requests(
    tx: Tx[Operational], *, identity: Identity, days: Sequence[date]
) -> list[date]:
    """Those of the UTC days, in order, whose sealed files have a request of the organization.

    Only days that are no longer in partitions, in the span that the plan includes.
    """
    earliest = retained_from(tx, identity=identity)
    wanted = {day for day in days if earliest is None or day >= earliest}
    if not wanted:
        return []
    first, last = clock.start_of_day(min(wanted)), clock.start_of_day(max(wanted)) + clock.DAY
    with sealed_rows(tx, identity=identity, start=first, end=last, only=wanted) as (reader, _):
        return [] if reader is None else [day for day in reader.days() if day in wanted]


def raw_tables(
    tx: Tx[Operational], *, identity: Identity, start: datetime, end: datetime
) -> RawTables:
    """The tables that hold all the organization's raw rows of a span."""
    with sealed_rows(tx, identity=identity, start=start, end=end) as (reader, hot):
        if reader is None:
            return HOT
        sealing.make_whole(tx)
        with reader.csv("requests") as rows:
            sealing.take_requests(tx, rows)
        with reader.csv("downloads") as rows:
            sealing.take_downloads(tx, rows)
    sealing.add_hot(tx, organization_id=identity.organization_id, start=hot, end=end)
    return WHOLE
