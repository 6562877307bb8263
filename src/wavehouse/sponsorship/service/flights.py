"""Use cases of a running campaign: manual and scheduled state changes, placements."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wavehouse import accounts, audit, webhooks
from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.ids import CampaignId
from wavehouse.sponsorship.queries import parties as queries
from wavehouse.sponsorship.rules import checks, states
from wavehouse.sponsorship.service.crediting import recredit
from wavehouse.sponsorship.service.parties import check_codes, list_campaigns
from wavehouse.sponsorship.types import (
    CampaignCard,
    CampaignStatus,
    Moved,
    NewPlacement,
    Placement,
)
from wavehouse.store import Operational, Tx
from wavehouse.webhooks import EventType


def move_campaign(
    tx: Tx[Operational], *, identity: Identity, card: CampaignCard, status: CampaignStatus
) -> Moved:
    """Move a campaign to a state, if allowed; its code is credited accordingly.

    Raises InvalidInput with the allowed states, and Conflict when it would become live with a code
    of another live campaign (AT05).
    """
    queries.lock_codes(tx, organization_id=identity.organization_id)
    before = queries.campaign_status(tx, campaign_id=card.campaign_id)
    states.check_transition(card.name, before, status)
    moved = Moved(card.campaign_id, card.name, before, status)
    if before is status:
        return moved
    queries.set_status(tx, campaign_id=card.campaign_id, status=status)
    queries.record_state(tx, campaign_id=card.campaign_id, at=clock.now())
    check_codes(tx, identity=identity, campaign_id=card.campaign_id)
    if before.live != status.live:
        recredit(tx, identity=identity)
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action="campaign.moved",
        resource=("campaign", card.campaign_id),
        organization_id=identity.organization_id,
        metadata={"before": before.value, "after": status.value},
    )
    webhooks.emit(
        tx,
        identity=identity,
        event_type=EventType.CAMPAIGN_STATUS_CHANGED,
        subject=("campaign", card.campaign_id),
        data={"before": before.value, "after": status.value},
    )
    return moved


def due_moves(tx: Tx[Operational], *, identity: Identity, today: date) -> list[Moved]:
    """The state changes due by the calendar: flights that start, flights that have ended."""
    return [
        Moved(card.campaign_id, card.name, CampaignStatus(card.status), wanted)
        for card in list_campaigns(tx, identity=identity)
        if (
            wanted := states.due(CampaignStatus(card.status), card.start_date, card.end_date, today)
        )
    ]


def advance_campaigns(tx: Tx[Operational], *, identity: Identity, today: date) -> list[Moved]:
    """Make the state changes due by the calendar."""
    cards = {card.campaign_id: card for card in list_campaigns(tx, identity=identity)}
    return [
        move_campaign(tx, identity=identity, card=cards[moved.campaign_id], status=moved.after)
        for moved in due_moves(tx, identity=identity, today=today)
    ]


def list_placements(tx: Tx[Operational], *, campaign_id: CampaignId) -> list[Placement]:
    """The placements of a campaign, newest episode first."""
    return queries.placements(tx, campaign_id=campaign_id)


def place_campaign(
    tx: Tx[Operational], *, identity: Identity, card: CampaignCard, placement: NewPlacement
) -> Placement:
    """Put a campaign into a slot of an episode, or change its placement there."""
    checks.check_placements([placement])
    queries.save_placements(
        tx,
        organization_id=identity.organization_id,
        campaign_id=card.campaign_id,
        wanted=[placement],
    )
    _record(tx, identity, card.campaign_id, "campaign.placed")
    return next(
        existing
        for existing in queries.placements(tx, campaign_id=card.campaign_id)
        if (existing.episode_id, existing.slot) == (placement.episode_id, placement.slot)
    )


def remove_placement(tx: Tx[Operational], *, identity: Identity, placement_id: UUID) -> None:
    """Remove a placement. NotFound when there is none with this id."""
    campaign_id = queries.delete_placement(tx, placement_id=placement_id)
    if campaign_id is None:
        raise NotFound(
            f"unknown placement {placement_id}",
            command="wavehouse campaigns placements CAMPAIGN",
        )
    _record(tx, identity, campaign_id, "campaign.displaced")


def _record(tx: Tx[Operational], identity: Identity, campaign_id: CampaignId, action: str) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("campaign", campaign_id),
        organization_id=identity.organization_id,
    )
