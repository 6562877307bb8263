"""Hot and sealed days read as one.

Rows from ``raw_from`` on are in partitions; older ones are in sealed files. Statements that are
more than a sum read temporary tables with both; sums read the files directly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from wavehouse.accounts import Identity, retained_from
from wavehouse.kernel import clock
from wavehouse.measurement.adapters.sealed_store import checked, store_at
from wavehouse.measurement.adapters.sealer import SealedReader
from wavehouse.measurement.queries import freshness, sealing
from wavehouse.measurement.queries.raw_tables import HOT, WHOLE, RawTables
from wavehouse.measurement.rules.sealing import KINDS
from wavehouse.measurement.service.sealing import manifest_at
from wavehouse.store import Operational, Tx


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
    paths: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        for each in seals:
            store = store_at(each.store)
            stack.enter_context(store.holding(each.manifest))
            for kind, file in manifest_at(store, each).files.items():
                paths[kind].append(checked(store, file))
        reader = SealedReader(paths, identity.organization_id)
        with closing(reader):
            yield reader, hot


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
