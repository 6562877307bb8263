"""Campaigns in flight: states, dependent credits, placements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from wavehouse import sponsorship
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.sponsorship.types import CampaignCard, CampaignStatus
from wavehouse.workspace import Workspace

Files = Callable[..., Path]


def act(workspace: Workspace, do: Callable[..., Any], **told: Any) -> Any:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return do(tx, identity=workspace.identity, **told)


@pytest.fixture
def card(workspace: Workspace, campaigns_file: Files) -> CampaignCard:
    """One active campaign in two episodes."""
    act(workspace, sponsorship.import_campaigns, path=campaigns_file())
    found: CampaignCard
    (found,) = act(workspace, sponsorship.list_campaigns)
    return found


def credited(workspace: Workspace) -> int:
    with workspace.stores.operational.worker() as tx:
        return int(tx.value("SELECT count(*) FROM sponsorship.credits"))


def move(workspace: Workspace, card: CampaignCard, status: str) -> Any:
    return act(workspace, sponsorship.move_campaign, card=card, status=CampaignStatus(status))


def test_credits_follow_a_campaign_that_is_called_off(
    workspace: Workspace, card: CampaignCard, conversions_file: Files
) -> None:
    """After cancelling, its code is unknown; after reversing, all credits are back."""
    act(
        workspace,
        sponsorship.ingest_conversions,
        path=conversions_file(
            "2026-10-25T10:00:00Z,NORD15,purchase,20.00,EUR,a1",
            "2026-10-26T10:00:00Z,nord15,purchase,5,EUR,a2",
        ),
    )
    before = credited(workspace)
    move(workspace, card, "cancelled")
    assert (0, True) == (credited(workspace), before > 0)
    move(workspace, card, "draft")
    move(workspace, card, "active")
    assert before == credited(workspace)


def test_at05_a_campaign_does_not_come_alive_with_anothers_code(
    workspace: Workspace, card: CampaignCard, campaigns_file: Files
) -> None:
    """The code was given to another one while it was cancelled."""
    move(workspace, card, "cancelled")
    act(workspace, sponsorship.import_campaigns, path=campaigns_file(key="second", name="Second"))
    act(workspace, sponsorship.list_campaigns)

    move(workspace, card, "draft")
    with pytest.raises(Conflict, match="belongs to 'Second'"):
        move(workspace, card, "active")


def test_there_is_no_way_round_the_state_machine(
    workspace: Workspace, card: CampaignCard, campaigns_file: Files
) -> None:
    """Not by the command, an import or SQL; and the audit log has every transition."""
    with pytest.raises(InvalidInput, match="is active and cannot become draft"):
        move(workspace, card, "draft")
    with pytest.raises(InvalidInput, match="is active and cannot become scheduled"):
        act(workspace, sponsorship.import_campaigns, path=campaigns_file(status="scheduled"))
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="cannot go from active to draft"),
        workspace.stores.operational.worker() as tx,
    ):
        tx.execute("UPDATE sponsorship.campaigns SET status = 'draft'")
    move(workspace, card, "paused")
    with workspace.stores.operational.worker() as tx:
        told = tx.values("SELECT metadata FROM audit.audit_log WHERE action = 'campaign.moved'")
        payloads = tx.values(
            "SELECT payload FROM queue.outbox WHERE event_type = 'campaign.status_changed'"
        )
    assert [{"before": "active", "after": "paused"}] == told
    assert [{"campaign_id": str(card.campaign_id), **told[0]}] == payloads


def test_the_calendar_moves_what_is_due_and_says_so_before(
    workspace: Workspace, card: CampaignCard
) -> None:
    """A dry run changes nothing; a second run finds nothing due."""
    late = date(2027, 6, 1)
    said = act(workspace, sponsorship.due_moves, today=late)
    assert "active" == act(workspace, sponsorship.list_campaigns)[0].status
    done = act(workspace, sponsorship.advance_campaigns, today=late)

    assert [(card.name, "active", "completed")] == [(m.name, m.before, m.after) for m in done]
    assert said == done
    assert [] == act(workspace, sponsorship.advance_campaigns, today=late)


def test_placements_and_the_campaigns_episodes_are_one(
    workspace: Workspace, card: CampaignCard
) -> None:
    """The import placed it in each episode; a slot is added, changed and removed."""

    def found() -> list[Any]:
        with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
            return sponsorship.list_placements(tx, campaign_id=card.campaign_id)

    assert set(card.episode_ids) == {p.episode_id for p in found()}
    new = sponsorship.NewPlacement(card.episode_ids[0], 1, sponsorship.Position.PRE_ROLL)
    for impressions in (5_000, 6_000):
        made = act(
            workspace,
            sponsorship.place_campaign,
            card=card,
            placement=sponsorship.NewPlacement(
                new.episode_id, 1, new.position, guaranteed_impressions=impressions
            ),
        )
    assert (3, "pre_roll", 6_000) == (len(found()), made.position, made.guaranteed_impressions)

    for one in found():
        if one.episode_id == card.episode_ids[1]:
            act(workspace, sponsorship.remove_placement, placement_id=one.placement_id)
    assert [card.episode_ids[0]] == act(workspace, sponsorship.list_campaigns)[0].episode_ids
    with pytest.raises(NotFound):
        act(workspace, sponsorship.remove_placement, placement_id=card.campaign_id)


def test_a_file_may_say_where_each_ad_is(workspace: Workspace, campaigns_file: Files) -> None:
    """Slots, positions, readers; importing again changes nothing; a duplicate slot is refused."""
    one = {"episode_guid": "e1", "slot": 2, "position": "post_roll", "read_type": "produced"}
    path = campaigns_file(placements=[one])
    act(workspace, sponsorship.import_campaigns, path=path)
    again = act(workspace, sponsorship.import_campaigns, path=path)
    (card,) = act(workspace, sponsorship.list_campaigns)
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        (placed,) = sponsorship.list_placements(tx, campaign_id=card.campaign_id)

    assert (1, 2, "post_roll", "produced") == (
        again.unchanged,
        placed.slot,
        placed.position,
        placed.read_type,
    )
    with pytest.raises(InvalidInput, match="two placements are in slot 2 of one episode"):
        act(workspace, sponsorship.import_campaigns, path=campaigns_file(placements=[one, one]))
