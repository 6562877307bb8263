"""Matching the signals of conversions with campaigns: once on arrival, and again later."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.accounts import Identity
from wavehouse.kernel import ids
from wavehouse.kernel.ids import CampaignId, ConversionId, SponsorId
from wavehouse.kernel.money import in_own_decimals
from wavehouse.sponsorship.queries import parties
from wavehouse.sponsorship.rules import codes, credit, signals
from wavehouse.sponsorship.types import (
    CodeWindow,
    ConversionInput,
    Evidence,
    Flight,
)
from wavehouse.store import Operational, Tx


@dataclass(frozen=True, slots=True)
class Book:
    """The data that signals are matched with: code windows by code, latest first, and flights."""

    codes: dict[str, list[CodeWindow]]
    flights: dict[CampaignId, Flight]


def read_book(tx: Tx[Operational], *, identity: Identity) -> Book:
    """The codes and flights of an organization as they are now."""
    book: dict[str, list[CodeWindow]] = {}
    for window in parties.code_windows(tx, organization_id=identity.organization_id):
        book.setdefault(window.code, []).append(window)
    flights = parties.flights(tx, organization_id=identity.organization_id)
    return Book(book, {flight.campaign_id: flight for flight in flights})


def evidence_of(conversion: ConversionInput, book: Book) -> Evidence:
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


def first_campaign(row: Evidence) -> CampaignId | None:
    """The campaign named by the strongest signal."""
    touches = signals.touches(row, signals.PRECEDENCE)
    return touches[-1].campaign_id if touches else None
