"""Campaigns in flight: states, credits that follow them, placements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from wavehouse import sponsorship
from wavehouse.accounts import Workplace
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.sponsorship.types import CampaignCard, CampaignStatus

Files = Callable[..., Path]


def act(place: Workplace, do: Callable[..., Any], **told: Any) -> Any:
    with place.stores.operational.app(place.organization.organization_id) as tx:
        return do(tx, identity=place.identity, **told)


@pytest.fixture
def card(place: Workplace, campaigns_file: Files) -> CampaignCard:
    """One active campaign in two episodes."""
    act(place, sponsorship.import_campaigns, path=campaigns_file())
    (found,) = act(place, sponsorship.list_campaigns)
    return found


def credited(place: Workplace) -> int:
    with place.stores.operational.worker() as tx:
        return int(tx.value("SELECT count(*) FROM sponsorship.credits"))


def move(place: Workplace, card: CampaignCard, status: str) -> Any:
    return act(place, sponsorship.move_campaign, card=card, status=CampaignStatus(status))


def test_credits_follow_a_campaign_that_is_called_off(
    place: Workplace, card: CampaignCard, conversions_file: Files
) -> None:
    """Cancelled: its code is nobody's. Taken back: everything is as before."""
    act(
        place,
        sponsorship.ingest_conversions,
        path=conversions_file(
            "2026-10-25T10:00:00Z,NORD15,purchase,20.00,EUR,a1",
            "2026-10-26T10:00:00Z,nord15,purchase,5,EUR,a2",
        ),
    )
    before = credited(place)
    move(place, card, "cancelled")
    assert (0, True) == (credited(place), before > 0)
    move(place, card, "draft")
    move(place, card, "active")
    assert before == credited(place)


def test_at05_a_campaign_does_not_come_alive_with_anothers_code(
    place: Workplace, card: CampaignCard, campaigns_file: Files
) -> None:
    """Its code was given away while it was cancelled."""
    move(place, card, "cancelled")
    act(place, sponsorship.import_campaigns, path=campaigns_file(key="second", name="Second"))
    act(place, sponsorship.list_campaigns)

    move(place, card, "draft")
    with pytest.raises(Conflict, match="belongs to 'Second'"):
        move(place, card, "active")


def test_there_is_no_way_round_the_state_machine(
    place: Workplace, card: CampaignCard, campaigns_file: Files
) -> None:
    """Not by the command, not by an import, not by SQL; and what moved is in the audit log."""
    with pytest.raises(InvalidInput, match="is active and cannot become draft"):
        move(place, card, "draft")
    with pytest.raises(InvalidInput, match="is active and cannot become scheduled"):
        act(place, sponsorship.import_campaigns, path=campaigns_file(status="scheduled"))
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="cannot go from active to draft"),
        place.stores.operational.worker() as tx,
    ):
        tx.execute("UPDATE sponsorship.campaigns SET status = 'draft'")
    move(place, card, "paused")
    with place.stores.operational.worker() as tx:
        told = tx.values("SELECT metadata FROM audit.audit_log WHERE action = 'campaign.moved'")
    assert [{"before": "active", "after": "paused"}] == told


def test_the_calendar_moves_what_is_due_and_says_so_before(
    place: Workplace, card: CampaignCard
) -> None:
    """A dry run changes nothing; a second run finds nothing."""
    late = date(2027, 6, 1)
    said = act(place, sponsorship.due_moves, today=late)
    assert "active" == act(place, sponsorship.list_campaigns)[0].status
    done = act(place, sponsorship.advance_campaigns, today=late)

    assert [(card.name, "active", "completed")] == [(m.name, m.before, m.after) for m in done]
    assert said == done
    assert [] == act(place, sponsorship.advance_campaigns, today=late)


def test_placements_and_the_campaigns_episodes_are_one(
    place: Workplace, card: CampaignCard
) -> None:
    """Import placed it in each episode; a slot more, a change, one less."""

    def found() -> list[Any]:
        with place.stores.operational.app(place.organization.organization_id) as tx:
            return sponsorship.list_placements(tx, campaign_id=card.campaign_id)

    assert set(card.episode_ids) == {p.episode_id for p in found()}
    new = sponsorship.NewPlacement(card.episode_ids[0], 1, sponsorship.Position.PRE_ROLL)
    for impressions in (5_000, 6_000):
        made = act(
            place,
            sponsorship.place_campaign,
            card=card,
            placement=sponsorship.NewPlacement(
                new.episode_id, 1, new.position, guaranteed_impressions=impressions
            ),
        )
    assert (3, "pre_roll", 6_000) == (len(found()), made.position, made.guaranteed_impressions)

    for one in found():
        if one.episode_id == card.episode_ids[1]:
            act(place, sponsorship.remove_placement, placement_id=one.placement_id)
    assert [card.episode_ids[0]] == act(place, sponsorship.list_campaigns)[0].episode_ids
    with pytest.raises(NotFound):
        act(place, sponsorship.remove_placement, placement_id=card.campaign_id)


def test_a_file_may_say_where_each_ad_is(place: Workplace, campaigns_file: Files) -> None:
    """Slots, positions, who reads; again changes nothing; a slot twice is refused."""
    one = {"episode_guid": "e1", "slot": 2, "position": "post_roll", "read_type": "produced"}
    path = campaigns_file(placements=[one])
    act(place, sponsorship.import_campaigns, path=path)
    again = act(place, sponsorship.import_campaigns, path=path)
    (card,) = act(place, sponsorship.list_campaigns)
    with place.stores.operational.app(place.organization.organization_id) as tx:
        (placed,) = sponsorship.list_placements(tx, campaign_id=card.campaign_id)

    assert (1, 2, "post_roll", "produced") == (
        again.unchanged,
        placed.slot,
        placed.position,
        placed.read_type,
    )
    with pytest.raises(InvalidInput, match="two placements are in slot 2 of one episode"):
        act(place, sponsorship.import_campaigns, path=campaigns_file(placements=[one, one]))
