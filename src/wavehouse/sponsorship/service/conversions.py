"""Use cases of conversions: stored once with their evidence, credited by a model over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock, ids, telemetry
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import ConversionId
from wavehouse.sponsorship.adapters.conversions_csv import read_rows
from wavehouse.sponsorship.queries import conversions as queries
from wavehouse.sponsorship.queries import parties
from wavehouse.sponsorship.rules import codes, credit, rows
from wavehouse.sponsorship.types import (
    AttributionMethod,
    BadRow,
    CodeWindow,
    ConversionInput,
    ConversionOutcome,
    CreditModel,
    Evidence,
    IngestResult,
    RawRow,
    Recorded,
    Touch,
)
from wavehouse.store import Operational, Tx

BATCH = 5_000
_SHOWN = 100
T = TypeVar("T")
CodeBook = dict[str, list[CodeWindow]]
"""Windows by normalised code, the latest first."""


class Quarantine(Protocol):
    """Where rows go that cannot be used, to be listed and replayed."""

    def __call__(self, path: Path, bad: Sequence[BadRow]) -> None:
        """Keep the place and the reason of each row."""


def ingest_conversions(
    tx: Tx[Operational], *, identity: Identity, path: Path, quarantine: Quarantine | None = None
) -> IngestResult:
    """Read a file of redeemed codes: each order once (AT02), bad rows to the quarantine."""
    told = IngestResult(0, 0, 0, 0, 0)
    book = _book(tx, identity)
    now = clock.now()
    with telemetry.span("ingest.conversions"):
        for batch in _batches(_parsed(path, now), BATCH):
            bad = [row for row in batch if isinstance(row, BadRow)]
            good = [row for row in batch if not isinstance(row, BadRow)]
            if bad and quarantine is not None:
                quarantine(path, bad)
            done = _store(tx, identity, good, book, source="file", name=path.name, at=now)
            told = _added(told, bad, [one.outcome for one in done])
    return told


def record_conversion(
    tx: Tx[Operational], *, identity: Identity, conversion: ConversionInput, source_name: str
) -> Recorded:
    """Take in one conversion, as the API does; telling it again changes nothing."""
    book = _book(tx, identity)
    (done,) = _store(
        tx, identity, [conversion], book, source="api", name=source_name, at=clock.now()
    )
    if done.outcome is not ConversionOutcome.DUPLICATE:
        return done
    known = queries.known_conversion(
        tx, organization_id=identity.organization_id, row=_evidence(conversion, book)
    )
    if known is None:
        return done
    return Recorded(ConversionOutcome.DUPLICATE, known.conversion_id, known.campaign_id)


def recredit(
    tx: Tx[Operational], *, identity: Identity, model: CreditModel = CreditModel.LAST
) -> int:
    """Derive a model's credits anew from the evidence; how many conversions are credited.

    Codes are matched again first, so a campaign that was told late, or whose dates moved, gets
    what is its own; nothing is read from a file again.
    """
    organization_id = identity.organization_id
    book = _book(tx, identity)
    credited, after = 0, None
    with telemetry.span("credits.derive", model=model.value):
        while batch := queries.evidence_after(
            tx, organization_id=organization_id, after=after, limit=BATCH
        ):
            after = batch[-1].conversion_id
            current = _rematched(tx, batch, book)
            queries.delete_credits(
                tx, conversion_ids=[row.conversion_id for row in batch], model=model
            )
            credited += _credit(tx, identity, current, model)
    return credited


def _book(tx: Tx[Operational], identity: Identity) -> CodeBook:
    book: CodeBook = {}
    for window in parties.code_windows(tx, organization_id=identity.organization_id):
        book.setdefault(window.code, []).append(window)
    return book


def _parsed(path: Path, now: datetime) -> Iterator[ConversionInput | BadRow]:
    for row in read_rows(path, rows.COLUMNS):
        yield _understood(row, now) if isinstance(row, RawRow) else row


def _understood(row: RawRow, now: datetime) -> ConversionInput | BadRow:
    try:
        return rows.conversion(row.cells, now=now)
    except InvalidInput as error:
        return BadRow(row.line, row.offset, error.message)


def _store(
    tx: Tx[Operational],
    identity: Identity,
    told: Sequence[ConversionInput],
    book: CodeBook,
    *,
    source: str,
    name: str,
    at: datetime,
) -> list[Recorded]:
    """Store what is new with its evidence and its credit; what became of each, in order."""
    organization_id = identity.organization_id
    found = [_evidence(one, book) for one in told]
    new = queries.insert_conversions(
        tx,
        organization_id=organization_id,
        rows=found,
        source=source,
        source_name=name[-255:],
        at=at,
    )
    stored = [row for row in found if row.conversion_id in new]
    if stored:
        queries.insert_evidence(tx, organization_id=organization_id, rows=stored)
        _credit(tx, identity, stored, CreditModel.LAST)
    return [Recorded(_outcome(row, new), row.conversion_id, row.campaign_id) for row in found]


def _outcome(row: Evidence, new: set[UUID]) -> ConversionOutcome:
    if row.conversion_id not in new:
        return ConversionOutcome.DUPLICATE
    return ConversionOutcome.STORED if row.campaign_id else ConversionOutcome.UNMATCHED


def _evidence(told: ConversionInput, book: CodeBook) -> Evidence:
    """A conversion with what its code says: its campaign, and its sponsor even out of season."""
    windows = book.get(codes.normalised(told.promo_code), [])
    window = codes.match(told.promo_code, told.occurred_at, windows)
    owner = window or (windows[0] if windows else None)
    sponsor_id = owner.sponsor_id if owner else None
    return Evidence(
        conversion_id=ConversionId(ids.uuid7()),
        sponsor_id=sponsor_id,
        order_reference=credit.order_reference(told, sponsor_id),
        occurred_at=told.occurred_at,
        conversion_type=told.conversion_type.value,
        value=told.value,
        currency=told.currency,
        campaign_id=window.campaign_id if window else None,
        promo_code=told.promo_code,
        order_id=told.order_id,
    )


def _credit(
    tx: Tx[Operational], identity: Identity, found: Iterable[Evidence], model: CreditModel
) -> int:
    """Write the credits of conversions that name a campaign."""
    earned = [
        (row, share)
        for row in found
        if row.campaign_id is not None
        for share in credit.credits_for(
            row.value,
            [Touch(row.campaign_id, row.occurred_at, AttributionMethod.PROMO_CODE)],
            model,
        )
    ]
    if earned:
        queries.insert_credits(
            tx, organization_id=identity.organization_id, model=model, rows=earned
        )
    return len(earned)


def _rematched(tx: Tx[Operational], batch: Sequence[Evidence], book: CodeBook) -> list[Evidence]:
    """The batch as its codes are understood now, with what changed written down.

    A conversion whose new sponsor already has that order is the same order told twice under two
    names (AT02): it keeps its old name and is credited to nobody.
    """
    now = [replace(_evidence(row.told, book), conversion_id=row.conversion_id) for row in batch]
    renamed, wanted = [], set()
    for old, new in zip(batch, now, strict=True):
        identity = (new.sponsor_id, new.order_reference, new.value < 0)
        if (old.sponsor_id, old.order_reference) != identity[:2] and identity not in wanted:
            renamed.append(new)
            wanted.add(identity)
    done = queries.rename_conversions(tx, rows=renamed) if renamed else set()
    kept = [
        new
        if (old.sponsor_id, old.order_reference) == (new.sponsor_id, new.order_reference)
        or new.conversion_id in done
        else replace(old, campaign_id=None)
        for old, new in zip(batch, now, strict=True)
    ]
    moved = [
        new for old, new in zip(batch, kept, strict=True) if old.campaign_id != new.campaign_id
    ]
    if moved:
        queries.move_evidence(tx, rows=moved)
    return kept


def _added(
    told: IngestResult, bad: Sequence[BadRow], outcomes: Sequence[ConversionOutcome]
) -> IngestResult:
    return IngestResult(
        read=told.read + len(bad) + len(outcomes),
        stored=told.stored + outcomes.count(ConversionOutcome.STORED),
        duplicate=told.duplicate + outcomes.count(ConversionOutcome.DUPLICATE),
        unmatched=told.unmatched + outcomes.count(ConversionOutcome.UNMATCHED),
        quarantined=told.quarantined + len(bad),
        problems=(*told.problems, *bad)[:_SHOWN],
    )


def _batches(source: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(source)
    while batch := list(islice(iterator, size)):
        yield batch
