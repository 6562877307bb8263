"""The campaigns page: goals, results, and possible state changes."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import sponsorship
from wavehouse.accounts import Identity
from wavehouse.charts import format as fmt
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.money import Money
from wavehouse.sponsorship import CampaignFigures, CampaignStatus
from wavehouse.web.access import Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.page_context import PageContext, back
from wavehouse.web.tables import TONES

_VERBS = {
    CampaignStatus.DRAFT: "Back to draft",
    CampaignStatus.SCHEDULED: "Schedule",
    CampaignStatus.ACTIVE: "Activate",
    CampaignStatus.PAUSED: "Pause",
    CampaignStatus.COMPLETED: "Complete",
    CampaignStatus.CANCELLED: "Cancel",
}


@dataclass(frozen=True, slots=True)
class Way:
    """A state that a campaign can be moved to, and its button's label."""

    status: str
    verb: str


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign as the page shows it."""

    campaign_id: str
    sponsor: str
    name: str
    show: str
    flight: str
    status: str
    tone: str
    delivered: str
    guaranteed: str
    share: str
    conversions: str
    revenue: str
    roi: str
    basis: str
    later: str
    ways: tuple[Way, ...]


def router(context: PageContext) -> APIRouter:
    """Routes of ``/campaigns`` and its forms."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    @routes.get("/campaigns")
    def show(request: Request) -> Response:
        return page(request, context.visitor(request))

    def page(request: Request, identity: Identity, entered: Entered = NOTHING) -> Response:
        with (
            workspace.stores.analytics.app(identity.organization_id) as analytics,
            workspace.stores.operational.app(identity.organization_id) as tx,
        ):
            results = sponsorship.flights_to_date(tx, identity=identity)
            due = sponsorship.due_moves(tx, identity=identity, today=clock.today())
            results.sort(key=lambda each: (each.card.start_date, each.card.name), reverse=True)
            lines = [
                line(
                    each,
                    sponsorship.delivered_to_date(analytics, tx, identity=identity, card=each.card),
                )
                for each in results
            ]
        return context.page(
            request,
            "campaigns",
            identity,
            entered=entered,
            lines=lines,
            due=[f"{moved.name}: {moved.before} → {moved.after}" for moved in due],
        )

    @routes.post("/campaigns/advance")
    def advance(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            moved = sponsorship.advance_campaigns(tx, identity=identity, today=clock.today())
        return back("/campaigns", "advanced", len(moved))

    @routes.post("/campaigns/move")
    def move(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        try:
            change(identity, fields)
        except CORRECTABLE as error:
            return page(request, identity, refused(fields, error, ()))
        return back("/campaigns", "moved")

    def change(identity: Identity, fields: dict[str, str]) -> None:
        """Move a campaign to the requested state."""
        wanted = fields.get("status", "")
        if wanted not in list(CampaignStatus):
            raise InvalidInput("Unknown status.", hint="Use the buttons of the page.")
        with workspace.stores.operational.app(identity.organization_id) as tx:
            card = sponsorship.find_campaign(
                tx, identity=identity, wanted=fields.get("campaign", "")
            )
            sponsorship.move_campaign(
                tx, identity=identity, card=card, status=CampaignStatus(wanted)
            )

    return routes


def line(campaigns: CampaignFigures, delivered: int) -> CampaignLine:
    """A campaign's line; a dash for unknown figures (AT22)."""
    card, wanted = campaigns.card, campaigns.card.guaranteed_impressions
    earned = campaigns.results.conversions or campaigns.results.revenue
    share = f"{min(100 * delivered / wanted, 100):.1f}%" if wanted else ""
    return CampaignLine(
        campaign_id=str(card.campaign_id),
        sponsor=card.sponsor,
        name=card.name,
        show=card.podcast,
        flight=fmt.period(card.start_date, card.end_date),
        status=card.status,
        tone=TONES.get(card.status, "plain"),
        delivered=fmt.count(delivered),
        guaranteed=fmt.count(wanted) if wanted else "",
        share=share,
        conversions=fmt.count(campaigns.results.conversions),
        revenue=fmt.money(Money(campaigns.results.revenue, card.currency)) if earned else "–",
        roi=fmt.times(campaigns.roi) if earned else "–",
        basis=_basis(campaigns.fee) if earned else "",
        later=_later(campaigns),
        ways=tuple(
            Way(way.value, _VERBS[way])
            for way in sponsorship.next_states(CampaignStatus(card.status))
        ),
    )


def _basis(fee: sponsorship.Fee) -> str:
    """The part of the fee that a return is on; empty for the whole fee."""
    return "" if fee.is_whole else f"on {fee.days} of {fee.flight_days} days’ fee"


def _later(campaigns: CampaignFigures) -> str:
    """What orders after the flight brought; empty for nothing."""
    after = campaigns.after_flight
    if after is None or not (after.conversions or after.refunds):
        return ""
    return f"{fmt.money(Money(after.revenue, campaigns.card.currency))} after the flight"
