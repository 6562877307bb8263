"""Campaigns' results in a period: for the dashboard, the demo and the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.ids import CampaignId, PodcastId
from wavehouse.sponsorship.queries import conversions as queries
from wavehouse.sponsorship.rules import formulas, states
from wavehouse.sponsorship.service.parties import list_campaigns
from wavehouse.sponsorship.types import (
    AttributionMethod,
    CampaignCard,
    CampaignFigures,
    CampaignResults,
    CreditModel,
    CreditSum,
    CreditTotal,
    MethodResult,
    RevenueDay,
    Unconverted,
)
from wavehouse.store import Operational, Tx


def campaign_results(
    tx: Tx[Operational],
    *,
    identity: Identity,
    first: date,
    last: date,
    podcast_id: PodcastId | None = None,
    model: CreditModel = CreditModel.LAST,
) -> list[CampaignFigures]:
    """Campaigns with flights or revenue between two UTC days, best revenue first; ROI by AT21."""
    sums = _by_campaign(
        queries.credit_sums(
            tx, organization_id=identity.organization_id, model=model, first=first, last=last
        )
    )
    campaigns, today = [], clock.today()
    for card in list_campaigns(tx, identity=identity):
        flies = card.start_date <= last and first <= card.end_date
        if podcast_id not in (None, card.podcast_id) or not (flies or card.campaign_id in sums):
            continue
        results = summed(card.campaign_id, card.currency, sums.get(card.campaign_id, []))
        campaigns.append(_figures(card, results, first, min(last, today)))
    return sorted(campaigns, key=lambda f: (-f.results.revenue, f.card.name))


def flights_to_date(
    tx: Tx[Operational],
    *,
    identity: Identity,
    podcast_id: PodcastId | None = None,
    model: CreditModel = CreditModel.LAST,
) -> list[CampaignFigures]:
    """Each campaign over its flight until today, as its report without dates; best revenue first.

    The one rule of every list of campaigns: the return is on the share of the fee for the days of
    the flight until today (AT21), and orders after the flight are apart (``after_flight``).
    """
    today = clock.today()
    campaigns = []
    for card in list_campaigns(tx, identity=identity):
        if podcast_id in (None, card.podcast_id):
            first, last = states.report_period(card.start_date, card.end_date, today)
            campaigns.append(
                one_campaign(tx, identity=identity, card=card, first=first, last=last, model=model)
            )
    return sorted(campaigns, key=lambda f: (-f.results.revenue, f.card.name))


def after_flight(
    tx: Tx[Operational],
    *,
    identity: Identity,
    card: CampaignCard,
    last: date,
    model: CreditModel = CreditModel.LAST,
) -> CampaignResults:
    """What a flight still earned after a period that reaches its end, until its codes expire.

    Nothing for a period that ends within the flight.
    """
    expire = card.end_date + timedelta(days=card.grace_days)
    if last < card.end_date or last >= expire:
        return summed(card.campaign_id, card.currency, [])
    return results_of(
        tx,
        identity=identity,
        campaign_id=card.campaign_id,
        currency=card.currency,
        first=last + timedelta(days=1),
        last=expire,
        model=model,
    )


def results_of(
    tx: Tx[Operational],
    *,
    identity: Identity,
    campaign_id: CampaignId,
    currency: str,
    first: date,
    last: date,
    model: CreditModel = CreditModel.LAST,
) -> CampaignResults:
    """One campaign's results between two UTC days."""
    sums = queries.credit_sums(
        tx,
        organization_id=identity.organization_id,
        model=model,
        first=first,
        last=last,
        campaign_id=campaign_id,
    )
    return summed(campaign_id, currency, sums)


def one_campaign(
    tx: Tx[Operational],
    *,
    identity: Identity,
    card: CampaignCard,
    first: date,
    last: date,
    model: CreditModel = CreditModel.LAST,
) -> CampaignFigures:
    """One campaign's results between two UTC days, with its return (AT21)."""
    results = results_of(
        tx,
        identity=identity,
        campaign_id=card.campaign_id,
        currency=card.currency,
        first=first,
        last=last,
        model=model,
    )
    later = after_flight(tx, identity=identity, card=card, last=last, model=model)
    return replace(_figures(card, results, first, min(last, clock.today())), after_flight=later)


def _figures(
    card: CampaignCard, results: CampaignResults, first: date, last: date
) -> CampaignFigures:
    """A campaign's return on the share of its fee for the period's days (AT21)."""
    fee = formulas.fee(card.campaign, first, last)
    roi = formulas.roi(results.revenue, fee.amount, card.margin)
    return CampaignFigures(card, results, fee, roi)


def revenue_by_day(
    tx: Tx[Operational],
    *,
    identity: Identity,
    first: date,
    last: date,
    podcast_id: PodcastId | None = None,
) -> list[RevenueDay]:
    """Credited revenue per UTC day and currency, for one show or for all."""
    return queries.revenue_by_day(
        tx,
        organization_id=identity.organization_id,
        model=CreditModel.LAST,
        first=first,
        last=last,
        podcast_id=podcast_id,
    )


def credit_totals(
    tx: Tx[Operational], *, identity: Identity, first: date, last: date
) -> list[CreditTotal]:
    """The credit of each model to each campaign in a period; the totals are equal (AT10)."""
    return queries.credit_totals(
        tx, organization_id=identity.organization_id, first=first, last=last
    )


def data_version(tx: Tx[Operational], *, identity: Identity) -> str:
    """Changes whenever a campaign or a conversion does; part of the dashboard's ETag."""
    return queries.data_version(tx, organization_id=identity.organization_id)


def summed(campaign_id: CampaignId, currency: str, sums: Iterable[CreditSum]) -> CampaignResults:
    """Sums by method; other currencies are counted, their value reported separately (AT23)."""
    methods: dict[str, list[CreditSum]] = defaultdict(list)
    others: dict[str, list[CreditSum]] = defaultdict(list)
    for total in sums:
        methods[total.method].append(total)
        if total.currency != currency:
            others[total.currency].append(total)
    return CampaignResults(
        campaign_id,
        tuple(
            MethodResult(
                AttributionMethod(method),
                sum(item.conversions for item in lines),
                sum(item.refunds for item in lines),
                sum((item.amount for item in lines if item.currency == currency), Decimal(0)),
            )
            for method, lines in sorted(methods.items())
        ),
        tuple(
            Unconverted(
                other,
                sum(item.conversions for item in lines),
                sum((item.amount for item in lines), Decimal(0)),
            )
            for other, lines in sorted(others.items())
        ),
    )


def _by_campaign(sums: Iterable[CreditSum]) -> dict[CampaignId, list[CreditSum]]:
    totals: dict[CampaignId, list[CreditSum]] = defaultdict(list)
    for total in sums:
        totals[total.campaign_id].append(total)
    return totals
