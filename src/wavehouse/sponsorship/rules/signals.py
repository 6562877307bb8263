"""Interprets a conversion's signals: the campaigns named, and the tier that counts (AT03–AT06)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from wavehouse.kernel.ids import CampaignId
from wavehouse.sponsorship.rules.codes import utc_day
from wavehouse.sponsorship.rules.credit import within_window
from wavehouse.sponsorship.types import (
    AttributionMethod,
    Claim,
    Click,
    ConversionInput,
    Evidence,
    Flight,
    Touch,
)

PRECEDENCE = (
    AttributionMethod.DIRECT,
    AttributionMethod.UTM,
    AttributionMethod.PROMO_CODE,
    AttributionMethod.PIXEL,
    AttributionMethod.CUSTOM,
)
"""AT04: the shop's own knowledge, then a followed link, then a code, then a page view."""

UTM_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
MOST_CLICKS = 50

Flights = Mapping[CampaignId, Flight]


def in_season(flight: Flight | None, occurred_at: datetime) -> bool:
    """True on a day on which a signal may name the campaign: during its flight or its grace."""
    return (
        flight is not None
        and flight.live
        and flight.first_day <= utc_day(occurred_at) <= flight.last_day
    )


def campaign_of(click: Click, flights: Flights) -> Flight | None:
    """AT06: the live campaign whose configured fields the link has, in any letter case.

    Of several, the one with more fields wins, then the later flight.
    """
    carrying = [f for f in flights.values() if _carries(click, f) and in_season(f, click.at)]
    return max(carrying, key=lambda f: (len(f.utm), f.first_day, f.campaign_id.int), default=None)


def _carries(click: Click, flight: Flight) -> bool:
    return bool(flight.utm) and all(
        click.fields.get(name, "").strip().casefold() == value.strip().casefold()
        for name, value in flight.utm.items()
    )


def claims_of(conversion: ConversionInput, flights: Flights) -> tuple[Claim, ...]:
    """The signals of a conversion other than its code, as stored and as they match now."""
    rows: list[tuple[AttributionMethod, dict[str, Any]]] = []
    if conversion.campaign_id is not None:
        rows.append((AttributionMethod.DIRECT, {"campaign_id": str(conversion.campaign_id)}))
    if conversion.clicks:
        clicks = [
            {"at": click.at.isoformat(), **dict(click.fields)}
            for click in sorted(conversion.clicks, key=lambda c: c.at)[-MOST_CLICKS:]
        ]
        rows.append((AttributionMethod.UTM, {"clicks": clicks}))
    if conversion.pixel is not None:
        detail = {
            "campaign_id": str(conversion.pixel.campaign_id),
            "pixel_id": str(conversion.pixel.pixel_id),
            "visitor": conversion.pixel.visitor,
        }
        rows.append((AttributionMethod.PIXEL, detail))
    if conversion.pixel is not None:  # anybody can load a pixel, so its signals are marked
        rows = [
            (m, detail if m is AttributionMethod.DIRECT else {**detail, "reported_by": "pixel"})
            for m, detail in rows
        ]
    return tuple(
        matched(method, detail, conversion.occurred_at, flights) for method, detail in rows
    )


def matched(
    method: AttributionMethod, detail: Mapping[str, Any], occurred_at: datetime, flights: Flights
) -> Claim:
    """A stored signal, matched to the campaigns as known now."""
    if method is AttributionMethod.UTM:
        clicks = [_click(text) for text in detail["clicks"]]
        return Claim(method, detail, tuple(_clicked(clicks, occurred_at, flights)))
    campaign_id = _campaign_id(detail)
    flight = flights.get(campaign_id) if campaign_id else None
    if campaign_id is None or not in_season(flight, occurred_at):
        return Claim(method, detail)
    return Claim(method, detail, (Touch(campaign_id, occurred_at, method),))


def _campaign_id(detail: Mapping[str, Any]) -> CampaignId | None:
    return CampaignId(UUID(detail["campaign_id"])) if detail.get("campaign_id") else None


def _click(stored: Mapping[str, Any]) -> Click:
    fields = {name: str(stored[name]) for name in UTM_FIELDS if stored.get(name)}
    return Click(datetime.fromisoformat(stored["at"]), fields)


def _clicked(clicks: Iterable[Click], occurred_at: datetime, flights: Flights) -> Iterable[Touch]:
    for click in clicks:
        flight = campaign_of(click, flights)
        if flight and within_window(click.at, occurred_at, flight.window_days):
            yield Touch(flight.campaign_id, click.at, AttributionMethod.UTM)


def touches(row: Evidence, precedence: Sequence[AttributionMethod]) -> tuple[Touch, ...]:
    """AT04: the touches of the first tier that names a campaign; the others stay evidence.

    By the default precedence, signals that the shop reported with its key or in its file are used
    first: anybody can load a pixel, so its signals count only where the shop does not name a
    campaign. A precedence chosen by an administrator is used unchanged.
    """
    tiers: dict[tuple[bool, AttributionMethod], tuple[Touch, ...]] = {
        (_by_pixel(claim.detail), claim.method): claim.touches for claim in row.claims
    }
    if row.campaign_id is not None:
        code = Touch(row.campaign_id, row.occurred_at, AttributionMethod.PROMO_CODE)
        tiers[row.code_reported_by == "pixel", AttributionMethod.PROMO_CODE] = (code,)
    ranked = [(by_pixel, method) for method in precedence for by_pixel in (False, True)]
    if tuple(precedence) == PRECEDENCE:
        ranked.sort(key=lambda rank: rank[0])
    return next((tiers[rank] for rank in ranked if tiers.get(rank)), ())


def _by_pixel(detail: Mapping[str, Any]) -> bool:
    return detail.get("reported_by") == "pixel"
