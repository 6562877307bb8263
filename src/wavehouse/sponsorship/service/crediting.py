"""Credits of conversions by every model: written on arrival, derived again from the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import telemetry
from wavehouse.kernel.ids import ConversionId
from wavehouse.sponsorship.queries import conversions as queries
from wavehouse.sponsorship.rules import credit, signals
from wavehouse.sponsorship.service.matching import Book, evidence_of, read_book
from wavehouse.sponsorship.types import AttributionMethod, Claim, CreditModel, Evidence
from wavehouse.store import Operational, Tx

_BATCH = 5_000


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
    book = read_book(tx, identity=identity)
    credited, after = 0, None
    with telemetry.span("credits.derive"):
        while batch := queries.evidence_after(
            tx, organization_id=organization_id, after=after, limit=_BATCH
        ):
            after = batch[-1].conversion_id
            credited += derive(tx, batch, book, identity=identity, precedence=precedence)
    return credited


def derive(
    tx: Tx[Operational],
    batch: Sequence[Evidence],
    book: Book,
    *,
    identity: Identity,
    precedence: Sequence[AttributionMethod] = signals.PRECEDENCE,
) -> int:
    """Match the signals of stored conversions again, and credit them again."""
    current = _rematched(tx, _with_claims(tx, batch, book), book)
    queries.delete_credits(tx, conversion_ids=[row.conversion_id for row in batch])
    return credit_conversions(tx, current, identity=identity, precedence=precedence)


def credit_conversions(
    tx: Tx[Operational],
    evidence_rows: Iterable[Evidence],
    *,
    identity: Identity,
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
    new = evidence_of(row.reported, book)
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
