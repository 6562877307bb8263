"""Use cases of pixels: create them, record their loads, and record landings of tracked links."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import InvalidInput, NotFound, Refused
from wavehouse.kernel.ids import ConversionId
from wavehouse.sponsorship.queries import parties
from wavehouse.sponsorship.queries import pixels as queries
from wavehouse.sponsorship.rules import rows, signals
from wavehouse.sponsorship.service.conversions import keep_over_limit, record_conversion
from wavehouse.sponsorship.types import (
    CampaignCard,
    Click,
    ConversionInput,
    ConversionOutcome,
    ConversionType,
    Pixel,
    PixelSeen,
    Recorded,
)
from wavehouse.store import Database, Operational, Tx

REPEATS = timedelta(minutes=30)
"""AT02: how long a visitor's repeated report without an order id counts as the same one."""
_LONGEST_WINDOW = timedelta(days=60)
_LONGEST = 255


def add_pixel(
    tx: Tx[Operational],
    *,
    identity: Identity,
    card: CampaignCard,
    name: str,
    conversion_type: ConversionType,
    origins: Sequence[str],
) -> Pixel:
    """Create a pixel for a campaign; ``origins`` are the pages that may load it, none for any."""
    name = words.line(name)
    if not name or len(name) > _LONGEST:
        raise InvalidInput("the pixel's name must be 1 to 255 characters")
    pixel_id = queries.insert_pixel(
        tx,
        organization_id=identity.organization_id,
        campaign_id=card.campaign_id,
        public_key=secrets.token_urlsafe(18),
        name=name,
        conversion_type=conversion_type.value,
        origins=[origin_of(origin) for origin in origins],
    )
    _record(tx, identity, pixel_id, "pixel.made")
    return next(p for p in list_pixels(tx, identity=identity) if p.pixel_id == pixel_id)


def list_pixels(tx: Tx[Operational], *, identity: Identity) -> list[Pixel]:
    """The organization's pixels by campaign and name."""
    return queries.pixels(tx, organization_id=identity.organization_id)


def set_pixel_active(
    tx: Tx[Operational], *, identity: Identity, pixel_id: UUID, is_active: bool
) -> None:
    """Accept a pixel's reports, or stop. NotFound when there is none with this id."""
    if not queries.set_pixel_active(tx, pixel_id=pixel_id, is_active=is_active):
        raise NotFound(f"unknown pixel {pixel_id}", command="wavehouse pixels list")
    _record(tx, identity, pixel_id, "pixel.resumed" if is_active else "pixel.retired")


def origin_of(text: str) -> str:
    """Scheme, host and port of a page's address. InvalidInput when they are missing."""
    parts = urlsplit(text.strip().lower())
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise InvalidInput(f"{text!r} is not an origin like https://shop.example")
    return f"{parts.scheme}://{parts.netloc}"


def opened_pixel(database: Database[Operational], *, public_key: str, page: str | None) -> Pixel:
    """The pixel that a page loads. NotFound when unknown or retired, Refused for another page."""
    with database.worker() as tx:
        pixel = queries.pixel_by_key(tx, public_key=public_key)
    if pixel is None or not pixel.is_active:
        raise NotFound("unknown pixel")
    if pixel.allowed_origins and (not page or origin_of(page) not in pixel.allowed_origins):
        raise Refused("the pixel is not allowed on this page")
    return pixel


def land(
    database: Database[Operational], *, pixel: Pixel, session: str, query: Mapping[str, str]
) -> bool:
    """Record that a tracked link was followed; False when it matches no campaign (AT06)."""
    now = clock.now()
    click = Click(now, _utm(query))
    with database.worker() as tx:
        flights = parties.flights(tx, organization_id=pixel.organization_id)
        flight = signals.campaign_of(click, {flight.campaign_id: flight for flight in flights})
        if flight is None or not _is_session(session):
            return False
        queries.ensure_month(tx, at=now)
        queries.insert_landing(
            tx,
            organization_id=pixel.organization_id,
            campaign_id=flight.campaign_id,
            at=now,
            session=session,
            fields=dict(click.fields),
        )
    return True


def fire(
    database: Database[Operational],
    *,
    pixel: Pixel,
    seen: PixelSeen,
    session: str,
    query: Mapping[str, str],
    value_limit: int,
) -> Recorded:
    """Record the conversion reported by a page. InvalidInput when a field is invalid.

    A value above ``value_limit`` (in the conversion's currency) counts as a conversion without
    value; the reported value stays as evidence.
    """
    now = clock.now()
    identity = _identity(pixel)
    with database.app(pixel.organization_id) as tx:
        if not query.get("order_id", "").strip():
            queries.lock_visitor(tx, pixel_id=pixel.pixel_id, visitor=seen.visitor)
        conversion = _conversion(tx, pixel, seen, session, query, now)
        if conversion.order_id is None:
            known = queries.reported_lately(
                tx,
                pixel_id=pixel.pixel_id,
                visitor=seen.visitor,
                conversion_type=conversion.conversion_type.value,
                since=now - REPEATS,
                until=now,
            )
            if known is not None:
                return Recorded(ConversionOutcome.DUPLICATE, ConversionId(known), pixel.campaign_id)
        reported, bounded = conversion, conversion
        if conversion.value > value_limit:
            bounded = replace(conversion, value=Decimal(0))
        recorded = record_conversion(
            tx, identity=identity, conversion=bounded, source_name=pixel.name, source="pixel"
        )
        if bounded is not reported and recorded.outcome is not ConversionOutcome.DROPPED:
            keep_over_limit(tx, identity=identity, recorded=recorded, reported=reported)
        return recorded


def _conversion(
    tx: Tx[Operational],
    pixel: Pixel,
    seen: PixelSeen,
    session: str,
    query: Mapping[str, str],
    now: datetime,
) -> ConversionInput:
    """A page's values, by the rules of a file's row, with the links followed before."""
    currency = rows.currency(query.get("currency", "").strip() or pixel.currency)
    value = rows.amount(query.get("value", "").strip() or "0", currency)
    if value < 0:
        raise InvalidInput("a page cannot report a refund: refunds come by file or API")
    clicks: list[Click] = []
    if _is_session(session):
        clicks = queries.clicks_of(
            tx,
            organization_id=pixel.organization_id,
            session=session,
            since=now - _LONGEST_WINDOW,
            until=now,
        )
    return ConversionInput(
        occurred_at=now,
        promo_code=rows.text("promo_code", query.get("code", "")) or "",
        conversion_type=rows.conversion_type(query.get("type", "") or pixel.conversion_type),
        value=value,
        currency=currency,
        order_id=rows.text("order_id", query.get("order_id", "")),
        clicks=tuple(clicks),
        pixel=seen,
    )


def _utm(query: Mapping[str, str]) -> dict[str, str]:
    values = {name: query.get(name, "").strip()[:_LONGEST] for name in signals.UTM_FIELDS}
    return {name: value for name, value in values.items() if value and value.isprintable()}


def _is_session(text: str) -> bool:
    """Whether a text is a page's random id: long enough not to be guessed, and nothing else."""
    return 16 <= len(text) <= 64 and text.isascii() and text.replace("-", "").isalnum()


def _identity(pixel: Pixel) -> Identity:
    return Identity(pixel.organization_id, pixel.user_id, f"pixel {pixel.name}", "pixel")


def _record(tx: Tx[Operational], identity: Identity, pixel_id: UUID, action: str) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("pixel", pixel_id),
        organization_id=identity.organization_id,
    )
