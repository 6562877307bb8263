"""Use cases of conversions: stored once with their evidence, credited by a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock, ids, telemetry
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.identifiers import EXTERNAL
from wavehouse.kernel.ids import CampaignId, ConversionId, SponsorId
from wavehouse.kernel.money import in_own_decimals
from wavehouse.sponsorship.adapters.conversions_csv import read_rows
from wavehouse.sponsorship.queries import conversions as queries
from wavehouse.sponsorship.queries import displaced, parties
from wavehouse.sponsorship.rules import codes, credit, rows, signals
from wavehouse.sponsorship.types import (
    AttributionMethod,
    BadRow,
    Claim,
    CodeWindow,
    ConversionInput,
    ConversionOutcome,
    CreditModel,
    DisplacedReport,
    Evidence,
    Flight,
    IngestResult,
    ListedConversion,
    RawRow,
    Recorded,
)
from wavehouse.store import Arrival, Operational, Tx, keyed_references, late_arrivals

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
    book = _book(tx, identity)
    now = clock.now()
    with telemetry.span("ingest.conversions"):
        for batch in _batches(_parsed(path, now), BATCH):
            bad = [row for row in batch if isinstance(row, BadRow)]
            good = [row for row in batch if not isinstance(row, BadRow)]
            if bad and quarantine is not None:
                quarantine(path, bad)
            done = _store(tx, identity, good, book, source="file", name=path.name, at=now)
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
    book = _book(tx, identity)
    (done,) = _store(
        tx, identity, [conversion], book, source=source, name=source_name, at=clock.now()
    )
    return done


def keep_over_limit(
    tx: Tx[Operational], *, identity: Identity, recorded: Recorded, reported: ConversionInput
) -> None:
    """Store a value above the pixel limit as evidence."""
    row = replace(
        _evidence(reported, Book({}, {})), conversion_id=ConversionId(recorded.conversion_id)
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


def recredit(
    tx: Tx[Operational],
    *,
    identity: Identity,
    precedence: Sequence[AttributionMethod] = signals.PRECEDENCE,
) -> int:
    """Derive every model's credits again from the evidence; returns the number of credits.

    Signals are matched again first, so that a campaign that was added late, or whose dates changed,
    gets its credits; files are not read again.
    """
    organization_id = identity.organization_id
    book = _book(tx, identity)
    credited, after = 0, None
    with telemetry.span("credits.derive"):
        while batch := queries.evidence_after(
            tx, organization_id=organization_id, after=after, limit=BATCH
        ):
            after = batch[-1].conversion_id
            credited += _derive(tx, identity, batch, book, precedence)
    return credited


def _derive(
    tx: Tx[Operational],
    identity: Identity,
    batch: Sequence[Evidence],
    book: Book,
    precedence: Sequence[AttributionMethod] = signals.PRECEDENCE,
) -> int:
    """Match the signals of stored conversions again, and credit them again."""
    current = _rematched(tx, _with_claims(tx, batch, book), book)
    queries.delete_credits(tx, conversion_ids=[row.conversion_id for row in batch])
    return _credit(tx, identity, current, precedence)


@dataclass(frozen=True, slots=True)
class Book:
    """The data that signals are matched with: code windows by code, latest first, and flights."""

    codes: dict[str, list[CodeWindow]]
    flights: dict[CampaignId, Flight]


def _book(tx: Tx[Operational], identity: Identity) -> Book:
    book: dict[str, list[CodeWindow]] = {}
    for window in parties.code_windows(tx, organization_id=identity.organization_id):
        book.setdefault(window.code, []).append(window)
    flights = parties.flights(tx, organization_id=identity.organization_id)
    return Book(book, {flight.campaign_id: flight for flight in flights})


def _with_claims(tx: Tx[Operational], batch: Sequence[Evidence], book: Book) -> list[Evidence]:
    """The batch with its other signals, matched by the current campaigns; changes are stored."""
    moments = {row.conversion_id: row.occurred_at for row in batch}
    claims: dict[UUID, list[Claim]] = {}
    moved = []
    for conversion_id, method, before, detail in queries.claims(
        tx, conversion_ids=[row.conversion_id for row in batch]
    ):
        at = moments[ConversionId(conversion_id)]
        claim = signals.matched(AttributionMethod(method), detail, at, book.flights)
        claims.setdefault(conversion_id, []).append(claim)
        if claim.campaign_id != before:
            moved.append((conversion_id, method, claim.campaign_id))
    if moved:
        queries.move_claims(tx, rows=moved)
    return [replace(row, claims=tuple(claims.get(row.conversion_id, ()))) for row in batch]


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
    conversions: Sequence[ConversionInput],
    book: Book,
    *,
    source: str,
    name: str,
    at: datetime,
) -> list[Recorded]:
    """Store new conversions with evidence and credits; returns the outcome of each, in order."""
    organization_id = identity.organization_id
    evidence = [_evidence(conversion, book) for conversion in conversions]
    late = _late(tx, identity, evidence)
    refunds = _anonymous_refunds(tx, identity, [r for r in evidence if r.conversion_id in late])
    late -= refunds.keys()
    evidence = [refunds.get(row.conversion_id, row) for row in evidence]
    rows = [row for row in evidence if row.conversion_id not in late]
    new = queries.insert_conversions(
        tx,
        organization_id=organization_id,
        rows=rows,
        source=source,
        source_name=name[-255:],
        at=at,
        pixel=conversions[0].pixel if conversions else None,
    )
    stored = [row for row in rows if row.conversion_id in new]
    if stored:
        queries.insert_evidence(tx, organization_id=organization_id, rows=stored)
        _credit(tx, identity, stored)
    again = [row for row in rows if row.conversion_id not in new]
    known = _learned(tx, identity, again, book, Report(source, name[-255:], at))
    known |= {
        row.conversion_id: Recorded(ConversionOutcome.DROPPED, row.conversion_id, None)
        for row in evidence
        if row.conversion_id in late
    }
    return [
        Recorded(_outcome(row, new), row.conversion_id, _first_campaign(row))
        if row.conversion_id in new
        else known[row.conversion_id]
        for row in evidence
    ]


def _late(tx: Tx[Operational], identity: Identity, rows: Sequence[Evidence]) -> set[ConversionId]:
    """The conversions of buyers who were erased: orders that are sent again, and their refunds.

    They are counted in the ledger.
    """
    ordered = [row for row in rows if row.order_id is not None]
    late = late_arrivals(
        tx,
        [Arrival(EXTERNAL, row.order_id or "", tenant=identity.organization_id) for row in ordered],
    )
    return {ordered[number].conversion_id for number in late}


def _anonymous_refunds(
    tx: Tx[Operational], identity: Identity, late: Sequence[Evidence]
) -> dict[ConversionId, Evidence]:
    """Refunds of erased buyers' orders that are still in the figures, without their order.

    Their references are keyed hashes, as those of the erased orders (decision 1507), so a refund
    that is sent twice, or that came before the erasure, is stored once. A refund whose order is
    not stored stays dropped: its value is in no figure.
    """
    wanted = {row.conversion_id: credit.refund_forms(row) for row in late if row.value < 0}
    plain = {form for forms in wanted.values() for listed in forms for form in listed}
    hashes = keyed_references(tx.secret, list(plain), identity.organization_id)
    erased = {form: f"{credit.ERASED}{value}" for form, value in hashes.items()}
    known = queries.stored_references(
        tx,
        organization_id=identity.organization_id,
        references=[*plain, *erased.values()] if plain else [],
    )
    kept: dict[ConversionId, Evidence] = {}
    for row in late:
        orders, own = wanted.get(row.conversion_id, ([], []))
        # Plain references are those of an erasure that has not come to the orders yet.
        forms = [*orders, *(erased[form] for form in orders)]
        if any((row.sponsor_id, form) in known for form in forms):
            stored = [
                f for f in [*own, *(erased[form] for form in own)] if (row.sponsor_id, f) in known
            ]
            kept[row.conversion_id] = replace(
                row,
                order_reference=stored[0] if stored else erased[row.order_reference],
                order_id=None,
                claims=tuple(
                    replace(c, detail={k: v for k, v in c.detail.items() if k != "referrer"})
                    for c in row.claims
                ),
            )
    return kept


@dataclass(frozen=True, slots=True)
class Report:
    """The channel and time of a report of orders."""

    source: str
    name: str
    at: datetime

    @property
    def is_trusted(self) -> bool:
        """Whether the shop itself sent the report: with its key, or in its file.

        A pixel is not trusted, as anyone can load it.
        """
        return self.source in ("api", "file")


def _weigh(
    tx: Tx[Operational], identity: Identity, known: Sequence[Evidence], report: Report
) -> set[ConversionId]:
    """Rank the shop's report of known orders above a page's, whichever was first (AT04).

    Displaced reports stay as evidence. Returns the orders that changed.
    """
    organization_id = identity.organization_id
    if not report.is_trusted:
        for row in known:
            displaced.keep_report(
                tx,
                organization_id=organization_id,
                row=row,
                source=report.source,
                source_name=report.name,
                reason="outranked",
                at=report.at,
            )
        return set()
    weaker = displaced.outranked(
        tx, organization_id=organization_id, conversion_ids=[row.conversion_id for row in known]
    )
    rows_ = [row for row in known if row.conversion_id in weaker]
    if rows_:
        displaced.displace(tx, organization_id=organization_id, rows=rows_, at=report.at)
        displaced.replace_conversions(
            tx,
            organization_id=organization_id,
            rows=rows_,
            source=report.source,
            source_name=report.name,
        )
    return {row.conversion_id for row in rows_}


def _learned(
    tx: Tx[Operational],
    identity: Identity,
    again: Sequence[Evidence],
    book: Book,
    report: Report,
) -> dict[ConversionId, Recorded]:
    """Known orders: missing signals are added, and the orders credited again."""
    ids_of = queries.known_ids(tx, organization_id=identity.organization_id, rows=again)
    values = {
        row.conversion_id: replace(row, conversion_id=known)
        for row, known in zip(again, ids_of, strict=True)
        if known is not None
    }
    replaced = _weigh(tx, identity, list(values.values()), report)
    learned = queries.insert_evidence(
        tx, organization_id=identity.organization_id, rows=list(values.values())
    )
    changed = sorted({*map(ConversionId, learned), *replaced}, key=str)
    if changed:
        _derive(tx, identity, queries.evidence_of(tx, conversion_ids=changed), book)
    return {
        row.conversion_id: Recorded(
            ConversionOutcome.DUPLICATE,
            values[row.conversion_id].conversion_id
            if row.conversion_id in values
            else row.conversion_id,
            _first_campaign(row),
        )
        for row in again
    }


def _first_campaign(row: Evidence) -> CampaignId | None:
    """The campaign named by the strongest signal."""
    touches = signals.touches(row, signals.PRECEDENCE)
    return touches[-1].campaign_id if touches else None


def _outcome(row: Evidence, new: set[UUID]) -> ConversionOutcome:
    if row.conversion_id not in new:
        return ConversionOutcome.DUPLICATE
    return ConversionOutcome.STORED if _first_campaign(row) else ConversionOutcome.UNMATCHED


def _evidence(conversion: ConversionInput, book: Book) -> Evidence:
    """A conversion with its interpreted signals: campaigns, and its sponsor even out of season."""
    windows = (
        book.codes.get(codes.normalised(conversion.promo_code), []) if conversion.promo_code else []
    )
    window = codes.match(conversion.promo_code, conversion.occurred_at, windows)
    owner = window or (windows[0] if windows else None)
    sponsor_id = owner.sponsor_id if owner else _sponsor_of(conversion, book)
    return Evidence(
        conversion_id=ConversionId(ids.uuid7()),
        sponsor_id=sponsor_id,
        order_reference=credit.order_reference(conversion, sponsor_id),
        occurred_at=conversion.occurred_at,
        conversion_type=conversion.conversion_type.value,
        value=in_own_decimals(conversion.value, conversion.currency),
        currency=conversion.currency,
        campaign_id=window.campaign_id if window else None,
        promo_code=conversion.promo_code,
        order_id=conversion.order_id,
        claims=signals.claims_of(conversion, book.flights),
        code_reported_by="pixel" if conversion.pixel else "",
    )


def _sponsor_of(conversion: ConversionInput, book: Book) -> SponsorId | None:
    """The sponsor, by the campaign that the shop, its pixel or the last link named."""
    named = conversion.campaign_id or (conversion.pixel.campaign_id if conversion.pixel else None)
    flight = book.flights.get(named) if named else None
    if flight is None and conversion.clicks:
        last = max(conversion.clicks, key=lambda click: click.at)
        flight = signals.campaign_of(last, book.flights)
    return flight.sponsor_id if flight else None


def _credit(
    tx: Tx[Operational],
    identity: Identity,
    evidence_rows: Iterable[Evidence],
    precedence: Sequence[AttributionMethod] = signals.PRECEDENCE,
) -> int:
    """Write the credits of conversions that name a campaign, by every model."""
    rows = [
        (row, touches) for row in evidence_rows if (touches := signals.touches(row, precedence))
    ]
    for model in CreditModel:
        earned = [
            (row, share)
            for row, touches in rows
            for share in credit.credits_for(row.value, row.currency, touches, model)
        ]
        if earned:
            queries.insert_credits(
                tx, organization_id=identity.organization_id, model=model, rows=earned
            )
    return len(rows)


def _rematched(tx: Tx[Operational], batch: Sequence[Evidence], book: Book) -> list[Evidence]:
    """The batch with its codes matched by the current campaigns; changes are stored.

    A conversion whose new sponsor already has that order is the same order reported under two
    names (AT02): it keeps its old name and is not credited.
    """
    now = [_understood_now(row, book) for row in batch]
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


def _understood_now(row: Evidence, book: Book) -> Evidence:
    """A stored conversion with its code matched again; unchanged without a code."""
    if not row.promo_code:
        return row
    new = _evidence(row.reported, book)
    return replace(
        new,
        conversion_id=row.conversion_id,
        claims=row.claims,
        code_reported_by=row.code_reported_by,
        # Without its order's id, an erased order's reference cannot be made again.
        order_reference=row.order_reference
        if row.order_reference.startswith(credit.ERASED)
        else new.order_reference,
    )


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
