"""Storing conversions: new ones, known orders that are reported again, those of erased buyers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel.identifiers import EXTERNAL
from wavehouse.kernel.ids import ConversionId
from wavehouse.sponsorship.queries import conversions as queries
from wavehouse.sponsorship.queries import displaced
from wavehouse.sponsorship.rules import credit
from wavehouse.sponsorship.service.crediting import credit_conversions, derive
from wavehouse.sponsorship.service.matching import Book, evidence_of, first_campaign
from wavehouse.sponsorship.types import ConversionInput, ConversionOutcome, Evidence, Recorded
from wavehouse.store import Arrival, Operational, Tx, keyed_references, late_arrivals


def store(
    tx: Tx[Operational],
    conversions: Sequence[ConversionInput],
    book: Book,
    *,
    identity: Identity,
    source: str,
    name: str,
    at: datetime,
) -> list[Recorded]:
    """Store new conversions with evidence and credits; returns the outcome of each, in order."""
    organization_id = identity.organization_id
    evidence = [evidence_of(conversion, book) for conversion in conversions]
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
        credit_conversions(tx, stored, identity=identity)
    again = [row for row in rows if row.conversion_id not in new]
    known = _learned(tx, identity, again, book, Report(source, name[-255:], at))
    known |= {
        row.conversion_id: Recorded(ConversionOutcome.DROPPED, row.conversion_id, None)
        for row in evidence
        if row.conversion_id in late
    }
    return [
        Recorded(_outcome(row, new), row.conversion_id, first_campaign(row))
        if row.conversion_id in new
        else known[row.conversion_id]
        for row in evidence
    ]


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
        derive(tx, queries.evidence_of(tx, conversion_ids=changed), book, identity=identity)
    return {
        row.conversion_id: Recorded(
            ConversionOutcome.DUPLICATE,
            values[row.conversion_id].conversion_id
            if row.conversion_id in values
            else row.conversion_id,
            first_campaign(row),
        )
        for row in again
    }


def _outcome(row: Evidence, new: set[UUID]) -> ConversionOutcome:
    if row.conversion_id not in new:
        return ConversionOutcome.DUPLICATE
    return ConversionOutcome.STORED if first_campaign(row) else ConversionOutcome.UNMATCHED
