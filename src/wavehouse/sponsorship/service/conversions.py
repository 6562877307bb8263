"""Use cases of conversions: stored once with their evidence, credited by a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import ConversionId
from wavehouse.sponsorship.adapters.conversions_csv import read_rows
from wavehouse.sponsorship.queries import conversions as queries
from wavehouse.sponsorship.queries import displaced
from wavehouse.sponsorship.rules import codes, rows
from wavehouse.sponsorship.service.matching import Book, evidence_of, read_book
from wavehouse.sponsorship.service.storing import store
from wavehouse.sponsorship.types import (
    BadRow,
    ConversionInput,
    ConversionOutcome,
    DisplacedReport,
    IngestResult,
    ListedConversion,
    RawRow,
    Recorded,
)
from wavehouse.store import Operational, Tx

BATCH = 5_000
_SHOWN = 100
T = TypeVar("T")


class Quarantine(Protocol):
    """Stores unusable rows, to be listed and replayed."""

    def __call__(self, path: Path, bad: Sequence[BadRow]) -> None:
        """Store the location and the reason of each row."""


def ingest_conversions(
    tx: Tx[Operational], *, identity: Identity, path: Path, quarantine: Quarantine | None = None
) -> IngestResult:
    """Import a file of redeemed codes: each order once (AT02), bad rows to the quarantine."""
    total = IngestResult(0, 0, 0, 0, 0)
    book = read_book(tx, identity=identity)
    now = clock.now()
    with telemetry.span("ingest.conversions"):
        for batch in _batches(_parsed(path, now), BATCH):
            bad = [row for row in batch if isinstance(row, BadRow)]
            good = [row for row in batch if not isinstance(row, BadRow)]
            if bad and quarantine is not None:
                quarantine(path, bad)
            done = store(tx, good, book, identity=identity, source="file", name=path.name, at=now)
            total = _added(total, bad, good, [result.outcome for result in done], book)
    return total


def record_conversion(
    tx: Tx[Operational],
    *,
    identity: Identity,
    conversion: ConversionInput,
    source_name: str,
    source: str = "api",
) -> Recorded:
    """Record one conversion, from the API or a pixel; repeating it changes nothing.

    A known order gets its missing signals (AT04). An order of a buyer who was erased is dropped;
    its refund is stored without the order's id, so that the figures stay true.
    """
    book = read_book(tx, identity=identity)
    (done,) = store(
        tx,
        [conversion],
        book,
        identity=identity,
        source=source,
        name=source_name,
        at=clock.now(),
    )
    return done


def keep_over_limit(
    tx: Tx[Operational], *, identity: Identity, recorded: Recorded, reported: ConversionInput
) -> None:
    """Store a value above the pixel limit as evidence."""
    row = replace(
        evidence_of(reported, Book({}, {})), conversion_id=ConversionId(recorded.conversion_id)
    )
    displaced.keep_report(
        tx,
        organization_id=identity.organization_id,
        row=row,
        source="pixel",
        source_name=str(reported.pixel.pixel_id) if reported.pixel else "",
        reason="over_limit",
        at=clock.now(),
    )


def _parsed(path: Path, now: datetime) -> Iterator[ConversionInput | BadRow]:
    for row in read_rows(path, rows.COLUMNS):
        yield _understood(row, now) if isinstance(row, RawRow) else row


def _understood(row: RawRow, now: datetime) -> ConversionInput | BadRow:
    try:
        return rows.conversion(row.cells, now=now)
    except InvalidInput as error:
        return BadRow(row.line, row.offset, error.message)


def _added(
    total: IngestResult,
    bad: Sequence[BadRow],
    rows_: Sequence[ConversionInput],
    outcomes: Sequence[ConversionOutcome],
    book: Book,
) -> IngestResult:
    unknown = Counter(total.unknown_codes)
    for row, outcome in zip(rows_, outcomes, strict=True):
        if outcome is ConversionOutcome.UNMATCHED and row.promo_code:
            unknown[row.promo_code] += 1
    windows = [window for code in book.codes.values() for window in code]
    near = dict(total.nearest)
    for code in unknown:
        if code not in near and (other := codes.nearest(code, windows)):
            near[code] = other
    return IngestResult(
        read=total.read + len(bad) + len(outcomes),
        stored=total.stored + outcomes.count(ConversionOutcome.STORED),
        duplicate=total.duplicate + outcomes.count(ConversionOutcome.DUPLICATE),
        unmatched=total.unmatched + outcomes.count(ConversionOutcome.UNMATCHED),
        quarantined=total.quarantined + len(bad),
        dropped=total.dropped + outcomes.count(ConversionOutcome.DROPPED),
        problems=(*total.problems, *bad)[:_SHOWN],
        unknown_codes=dict(unknown.most_common(_SHOWN)),
        nearest=near,
    )


def _batches(source: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(source)
    while batch := list(islice(iterator, size)):
        yield batch


def list_displaced(tx: Tx[Operational], *, identity: Identity, limit: int) -> list[DisplacedReport]:
    """Reports of orders that do not count, beside the orders as they count, latest first."""
    return displaced.displaced(tx, organization_id=identity.organization_id, limit=limit)


def list_conversions(
    tx: Tx[Operational],
    *,
    identity: Identity,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ListedConversion]:
    """Conversions, latest first, starting after ``before``."""
    return queries.listed_conversions(
        tx, organization_id=identity.organization_id, before=before, limit=limit
    )
