"""``/api/v1``: sponsors, campaigns, their states, placements and results.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the database.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound, PreconditionFailed, UsageError
from wavehouse.kernel.ids import CampaignId, PodcastId, SponsorId
from wavehouse.kernel.paging import PAGE, Page, page_of
from wavehouse.sponsorship.http.common import (
    Cursor,
    Day,
    IdempotencyKey,
    Limit,
    Text,
    once,
)
from wavehouse.sponsorship.rules.states import next_states, report_period
from wavehouse.sponsorship.service import flights, parties, results
from wavehouse.sponsorship.types import (
    CURRENCIES,
    GRACE_DAYS,
    CampaignCard,
    CampaignStatus,
    CreditModel,
    NewCampaign,
    NewPlacement,
    NewSponsor,
    Placement,
    Position,
    ReadType,
    Sponsor,
)
from wavehouse.store import Database, Operational, Tx
from wavehouse.workspace import Gate

Amount = Annotated[Text, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")]
IfMatch = Annotated[str | None, Header(max_length=200)]


class SponsorIn(BaseModel):
    """A sponsor; an existing one with the same name is completed."""

    model_config = ConfigDict(extra="forbid", str_max_length=255)

    name: Text = Field(min_length=1)
    company: Text | None = None
    email: Text | None = None
    website: Text | None = Field(default=None, pattern=r"^https?://.+")
    industry: Text | None = Field(default=None, max_length=100)


class SponsorOut(BaseModel):
    """A sponsor as stored."""

    sponsor_id: UUID
    name: str
    company: str | None
    email: str | None
    website: str | None
    industry: str | None

    @classmethod
    def of(cls, sponsor: Sponsor) -> "SponsorOut":
        """The sponsor as a response."""
        return cls.model_validate(sponsor, from_attributes=True)


class CampaignIn(BaseModel):
    """A campaign. Days are UTC, both included; amounts are decimal strings."""

    model_config = ConfigDict(extra="forbid", str_max_length=255)

    name: Text = Field(min_length=1)
    sponsor_id: UUID
    podcast_id: UUID
    status: CampaignStatus = CampaignStatus.DRAFT
    start_date: Day
    end_date: Day
    campaign_value: Amount
    currency: Text = Field(json_schema_extra={"enum": [*sorted(CURRENCIES)]})
    margin: Annotated[Text, Field(pattern=r"^(0(\.[0-9]{1,4})?|1(\.0{1,4})?)$")] = "1"
    guaranteed_impressions: int | None = Field(default=None, strict=True, ge=1, le=10**9)
    promo_codes: list[Text] = Field(default_factory=list, max_length=50)
    episode_guids: list[Text] = Field(default_factory=list, max_length=500)
    grace_days: int = Field(default=GRACE_DAYS, strict=True, ge=0, le=365)


class CampaignOut(BaseModel):
    """A campaign as stored; ``next_states`` are the states that it can be moved to."""

    campaign_id: UUID
    sponsor_id: UUID
    podcast_id: UUID
    sponsor: str
    podcast: str
    name: str
    status: CampaignStatus
    next_states: list[CampaignStatus]
    start_date: date
    end_date: date
    campaign_value: Decimal
    currency: str
    margin: Decimal
    guaranteed_impressions: int | None
    promo_codes: list[str]
    grace_days: int

    @classmethod
    def of(cls, card: CampaignCard) -> "CampaignOut":
        """The campaign as a response."""
        status = CampaignStatus(card.status)
        fields = {name: getattr(card, name) for name in cls.model_fields if hasattr(card, name)}
        return cls(**{**fields, "status": status, "next_states": list(next_states(status))})


class Move(BaseModel):
    """The requested state of a campaign."""

    model_config = ConfigDict(extra="forbid")

    status: CampaignStatus


class PlacementIn(BaseModel):
    """An ad of a campaign in a slot of an episode."""

    model_config = ConfigDict(extra="forbid", str_max_length=1000)

    episode_guid: Text = Field(min_length=1)
    slot: int = Field(default=0, strict=True, ge=0, le=99)
    position: Position = Position.MID_ROLL
    read_type: ReadType = ReadType.HOST_READ
    guaranteed_impressions: int | None = Field(default=None, strict=True, ge=1, le=10**9)


class PlacementOut(BaseModel):
    """A placement as stored."""

    placement_id: UUID
    campaign_id: UUID
    episode_id: UUID
    episode_guid: str
    episode: str
    slot: int
    position: Position
    read_type: ReadType
    guaranteed_impressions: int | None

    @classmethod
    def of(cls, placement: Placement) -> "PlacementOut":
        """The placement as a response."""
        return cls.model_validate(placement, from_attributes=True)


@dataclass(frozen=True)
class Results:
    """A campaign's results between two UTC days (AT21); ``roi`` is null when undefined (AT22).

    ``revenue`` is in the campaign's currency; conversions in others are counted, not converted.
    ``roi`` is the return on ``spend``, the share of the fee for ``fee_days`` of the
    ``flight_days``, as in a report of these days.
    """

    campaign_id: UUID
    model: CreditModel
    first_day: date
    last_day: date
    conversions: int
    revenue: Decimal
    currency: str
    spend: Decimal
    fee_days: int
    flight_days: int
    roi: Decimal | None


def router(database: Database[Operational], gate: Gate) -> APIRouter:
    """Sponsors and campaigns."""
    api = APIRouter(prefix="/api/v1")
    for part in (_sponsors, _campaigns, _placements, _results):
        api.include_router(part(database, gate))
    return api


def etag(campaign: CampaignOut) -> str:
    """The strong ETag of a campaign."""
    content = TypeAdapter(CampaignOut).dump_json(campaign)
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _card(tx: Tx[Operational], identity: Identity, campaign_id: UUID) -> CampaignCard:
    for card in parties.list_campaigns(tx, identity=identity):
        if card.campaign_id == campaign_id:
            return card
    raise NotFound("unknown campaign", command="GET /api/v1/campaigns")


def _sponsors(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(tags=["sponsors"])
    reads, writes = Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE

    @api.get("/sponsors", responses=gate.answers(reads))
    def sponsors(
        identity: Annotated[Identity, Depends(gate(reads))],
        limit: Limit = PAGE,
        cursor: Cursor = None,
    ) -> Page[SponsorOut]:
        """The sponsors by name."""
        with database.app(identity.organization_id) as tx:
            rows = [SponsorOut.of(s) for s in parties.list_sponsors(tx, identity=identity)]
        return page_of(rows, key=lambda s: (str(s.sponsor_id),), cursor=cursor, limit=limit)

    @api.post("/sponsors", status_code=201, responses=gate.answers(writes, 409, 413, 422))
    def add_sponsor(
        body: SponsorIn,
        request: Request,
        response: Response,
        identity: Annotated[Identity, Depends(gate(writes))],
        _key: IdempotencyKey = None,
    ) -> SponsorOut:
        """Add a sponsor, or complete the one with that name."""
        new_sponsor = NewSponsor(**body.model_dump())
        with database.app(identity.organization_id) as tx:
            return once(
                tx,
                identity,
                request,
                response,
                body,
                SponsorOut,
                lambda: SponsorOut.of(
                    parties.add_sponsor(tx, identity=identity, sponsor=new_sponsor)
                ),
            )

    return api


def _campaigns(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(tags=["campaigns"])
    reads, writes = Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE
    Reader = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type

    @api.get("/campaigns", responses=gate.answers(reads))
    def campaigns(
        identity: Reader,
        status: CampaignStatus | None = None,
        limit: Limit = PAGE,
        cursor: Cursor = None,
    ) -> Page[CampaignOut]:
        """The campaigns, latest flight first; ``status`` filters by state."""
        with database.app(identity.organization_id) as tx:
            cards = parties.list_campaigns(tx, identity=identity)
        rows = [CampaignOut.of(c) for c in cards if status in (None, c.status)]
        return page_of(rows, key=lambda c: (str(c.campaign_id),), cursor=cursor, limit=limit)

    @api.post("/campaigns", status_code=201, responses=gate.answers(writes, 409, 413, 422))
    def add_campaign(
        body: CampaignIn,
        request: Request,
        response: Response,
        identity: Writer,
        _key: IdempotencyKey = None,
    ) -> CampaignOut:
        """Add a campaign. Earlier conversions are credited to it at once."""

        def added(tx: Tx[Operational]) -> CampaignOut:
            campaign = _new(tx, identity, body)
            return CampaignOut.of(parties.add_campaign(tx, identity=identity, campaign=campaign))

        with database.app(identity.organization_id) as tx:
            return once(tx, identity, request, response, body, CampaignOut, lambda: added(tx))

    @api.get("/campaigns/{campaign_id}", responses=gate.answers(reads, 404))
    def campaign(campaign_id: UUID, response: Response, identity: Reader) -> CampaignOut:
        """One campaign; send its ETag as ``If-Match`` when you move it."""
        with database.app(identity.organization_id) as tx:
            campaign = CampaignOut.of(_card(tx, identity, campaign_id))
        response.headers["ETag"] = etag(campaign)
        return campaign

    @api.patch("/campaigns/{campaign_id}", responses=gate.answers(writes, 404, 409, 412, 413, 422))
    def move(
        campaign_id: UUID,
        body: Move,
        response: Response,
        identity: Writer,
        if_match: IfMatch = None,
    ) -> CampaignOut:
        """Move a campaign to another state, if allowed (``next_states``)."""
        with database.app(identity.organization_id) as tx:
            card = _card(tx, identity, campaign_id)
            if if_match is not None and etag(CampaignOut.of(card)) not in if_match:
                raise PreconditionFailed(
                    "the campaign has changed since it was read", hint="Read it again."
                )
            flights.move_campaign(tx, identity=identity, card=card, status=body.status)
            campaign = CampaignOut.of(_card(tx, identity, campaign_id))
        response.headers["ETag"] = etag(campaign)
        return campaign

    return api


def _new(tx: Tx[Operational], identity: Identity, body: CampaignIn) -> NewCampaign:
    sponsors = {s.sponsor_id for s in parties.list_sponsors(tx, identity=identity)}
    if body.sponsor_id not in sponsors:
        raise InvalidInput("unknown sponsor", command="POST /api/v1/sponsors")
    podcast_id = parties.find_podcast(tx, identity=identity, wanted=str(body.podcast_id))
    guids = list(body.episode_guids)
    return NewCampaign(
        name=body.name.strip(),
        sponsor_id=SponsorId(body.sponsor_id),
        podcast_id=PodcastId(podcast_id),
        status=body.status,
        start_date=body.start_date,
        end_date=body.end_date,
        campaign_value=Decimal(body.campaign_value),
        currency=body.currency,
        margin=Decimal(body.margin),
        guaranteed_impressions=body.guaranteed_impressions,
        episode_ids=parties.find_episodes(tx, podcast_id=podcast_id, guids=guids),
        promo_codes=tuple(body.promo_codes),
        attribution_config={},
        grace_days=body.grace_days,
    )


def _placements(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(tags=["placements"])
    reads, writes = Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE

    @api.get("/campaigns/{campaign_id}/placements", responses=gate.answers(reads, 404))
    def placements(
        campaign_id: UUID,
        identity: Annotated[Identity, Depends(gate(reads))],
        limit: Limit = PAGE,
        cursor: Cursor = None,
    ) -> Page[PlacementOut]:
        """The placements of a campaign, newest episode first."""
        with database.app(identity.organization_id) as tx:
            card = _card(tx, identity, campaign_id)
            placements = flights.list_placements(tx, campaign_id=CampaignId(card.campaign_id))
        return page_of(
            [PlacementOut.of(placement) for placement in placements],
            key=lambda p: (str(p.placement_id),),
            cursor=cursor,
            limit=limit,
        )

    @api.put("/campaigns/{campaign_id}/placements", responses=gate.answers(writes, 404, 413, 422))
    def place(
        campaign_id: UUID,
        body: PlacementIn,
        identity: Annotated[Identity, Depends(gate(writes))],
    ) -> PlacementOut:
        """Put a campaign into a slot of an episode, or change its placement there."""
        with database.app(identity.organization_id) as tx:
            card = _card(tx, identity, campaign_id)
            (episode_id,) = parties.find_episodes(
                tx, podcast_id=card.podcast_id, guids=[body.episode_guid]
            )
            fields = body.model_dump(exclude={"episode_guid"})
            placement = NewPlacement(episode_id=episode_id, **fields)
            return PlacementOut.of(
                flights.place_campaign(tx, identity=identity, card=card, placement=placement)
            )

    @api.delete("/placements/{placement_id}", status_code=204, responses=gate.answers(writes, 404))
    def remove(placement_id: UUID, identity: Annotated[Identity, Depends(gate(writes))]) -> None:
        """Remove a placement."""
        with database.app(identity.organization_id) as tx:
            flights.remove_placement(tx, identity=identity, placement_id=placement_id)

    return api


def _results(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(tags=["campaigns"])
    reads = Scope.CAMPAIGNS_READ

    @api.get("/campaigns/{campaign_id}/results", responses=gate.answers(reads, 404, 422))
    def outcome(
        campaign_id: UUID,
        identity: Annotated[Identity, Depends(gate(reads))],
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
        model: CreditModel = CreditModel.LAST,
    ) -> Results:
        """A campaign's results by one credit model; without days, for the whole flight so far."""
        with database.app(identity.organization_id) as tx:
            card = _card(tx, identity, campaign_id)
            start, end = report_period(
                card.start_date, card.end_date, clock.today(), first=first, last=last
            )
            if end < start:
                raise UsageError("the end date is before the start date", hint="Swap from and to.")
            campaigns = results.one_campaign(
                tx, identity=identity, card=card, first=start, last=end, model=model
            )
        return Results(
            card.campaign_id,
            model,
            start,
            end,
            campaigns.results.conversions,
            campaigns.results.revenue,
            card.currency,
            campaigns.fee.amount,
            campaigns.fee.days,
            campaigns.fee.flight_days,
            campaigns.roi,
        )

    return api
