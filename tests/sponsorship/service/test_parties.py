from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from wavehouse import sponsorship
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.sponsorship.types import CampaignCard, ImportResult, NewSponsor
from wavehouse.workspace import Workspace

Files = Callable[..., Path]


def bring_in(workspace: Workspace, path: Path) -> ImportResult:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return sponsorship.import_campaigns(tx, identity=workspace.identity, path=path)


def cards(workspace: Workspace) -> list[CampaignCard]:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return sponsorship.list_campaigns(tx, identity=workspace.identity)


def test_an_import_is_idempotent_by_key(workspace: Workspace, campaigns_file: Files) -> None:
    """The same file changes nothing; another value changes only its campaign."""
    done = [bring_in(workspace, campaigns_file()) for _ in range(2)]
    done.append(bring_in(workspace, campaigns_file(campaign_value="120.00", grace_days=3)))
    (card,) = cards(workspace)
    assert [ImportResult(1, 0, 0), ImportResult(0, 0, 1), ImportResult(0, 1, 0)] == done
    assert (Decimal("120.00"), 3, ["NORD15"], 2) == (
        card.campaign_value,
        card.grace_days,
        card.promo_codes,
        len(card.episode_ids),
    )


def test_a_campaign_that_cannot_be_stored_is_refused_with_its_place(
    workspace: Workspace, campaigns_file: Files
) -> None:
    """The whole file is refused, so that no import is partial."""
    refused: dict[str, dict[str, Any]] = {
        "the show 'unknown' is not registered": {"podcast_guid": "unknown"},
        "the show has no episode with the guid, number or title 'e9'": {
            "episode_guids": ["e1", "e9"]
        },
        "the campaign's end date is before its start date": {"end_date": "2026-10-20"},
        "the campaign's key is empty": {"key": " "},
    }
    for sentence, change in refused.items():
        with pytest.raises(InvalidInput) as error:
            bring_in(workspace, campaigns_file(**change))
        assert sentence == error.value.message
        assert str(error.value.where).endswith("campaigns.json: campaign 1")
    assert [] == cards(workspace)


def test_at05_two_live_campaigns_with_one_code_are_refused(
    workspace: Workspace, campaigns_file: Files
) -> None:
    """The message has the other campaign, and the day until which it has the code."""
    bring_in(workspace, campaigns_file())
    with pytest.raises(Conflict, match="belongs to 'Autumn host-read' until 2026-12-03"):
        bring_in(workspace, campaigns_file(key="other", promo_codes=["ｎord15"]))
    assert 1 == len(cards(workspace))


def test_at05_a_cancelled_campaign_gives_its_code_back(
    workspace: Workspace, campaigns_file: Files
) -> None:
    """Only live campaigns reserve codes."""
    bring_in(workspace, campaigns_file(status="cancelled"))
    assert ImportResult(1, 0, 0) == bring_in(workspace, campaigns_file(key="other"))


def test_a_sponsor_is_known_by_its_name_in_any_case(workspace: Workspace) -> None:
    """Adding it again adds fields, and removes none."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        for new in (NewSponsor("Nordlys", email="a@nordlys.example"), NewSponsor("NORDLYS")):
            sponsorship.add_sponsor(tx, identity=workspace.identity, sponsor=new)
        result = sponsorship.list_sponsors(tx, identity=workspace.identity)
    assert [("Nordlys", "a@nordlys.example")] == [(s.name, s.email) for s in result]


def test_a_campaign_is_found_by_id_or_name(workspace: Workspace, campaigns_file: Files) -> None:
    """In any case; for an unknown one there is a sentence with the next command."""
    bring_in(workspace, campaigns_file())
    (card,) = cards(workspace)
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        for wanted in (str(card.campaign_id).upper(), "autumn HOST-READ"):
            assert card == sponsorship.find_campaign(tx, identity=workspace.identity, wanted=wanted)
        with pytest.raises(NotFound, match="no campaign 'winter'"):
            sponsorship.find_campaign(tx, identity=workspace.identity, wanted="winter")
