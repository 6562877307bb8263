from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from wavehouse import sponsorship
from wavehouse.accounts import Workplace
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, WavehouseError
from wavehouse.sponsorship.types import CampaignCard, ImportResult, NewSponsor

Files = Callable[..., Path]


def bring_in(place: Workplace, path: Path) -> ImportResult:
    with place.stores.operational.app(place.organization.organization_id) as tx:
        return sponsorship.import_campaigns(tx, identity=place.identity, path=path)


def cards(place: Workplace) -> list[CampaignCard]:
    with place.stores.operational.app(place.organization.organization_id) as tx:
        return sponsorship.list_campaigns(tx, identity=place.identity)


def test_an_import_is_idempotent_by_key(place: Workplace, campaigns_file: Files) -> None:
    """The same file changes nothing; another value changes the one campaign."""
    done = [bring_in(place, campaigns_file()) for _ in range(2)]
    done.append(bring_in(place, campaigns_file(campaign_value="120.00")))
    (card,) = cards(place)
    assert [ImportResult(1, 0, 0), ImportResult(0, 0, 1), ImportResult(0, 1, 0)] == done
    assert (Decimal("120.00"), ["NORD15"], 2) == (
        card.campaign_value,
        card.promo_codes,
        len(card.episode_ids),
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"podcast_guid": "unknown"}, "the show 'unknown' is not registered"),
        ({"episode_guids": ["e1", "e9"]}, "no episode with the guid 'e9'"),
        ({"end_date": "2026-10-21"}, "must end after"),
        ({"status": "running"}, "status is not one of draft"),
        ({"currency": "EURO"}, "ISO 4217"),
        ({"campaign_value": "-1"}, "an amount like 4515.00"),
        ({"campaign_value": "1.005"}, "an amount like 4515.00"),
        ({"margin": "1.5"}, "between 0 and 1"),
        ({"guaranteed_impressions": 0}, "positive number"),
        ({"promo_codes": ["  "]}, "printable characters"),
        ({"start_date": "21.10.2026"}, r"`\$.campaigns\[...\].start_date`"),
        ({"name": 7}, r"`\$.campaigns\[...\].name`"),
        ({"name": " "}, "1 to 255 characters"),
    ],
)
def test_a_campaign_that_cannot_be_stored_is_refused_with_its_place(
    place: Workplace, campaigns_file: Files, change: dict[str, object], sentence: str
) -> None:
    """The whole file is refused: half an import would be a riddle."""
    with pytest.raises(WavehouseError, match=sentence) as refused:
        bring_in(place, campaigns_file(**change))
    assert "campaigns.json" in str(refused.value.where)
    assert [] == cards(place)


@pytest.mark.parametrize("content", ["", "[]", '{"version": 2, "campaigns": []}', '{"version":'])
def test_a_file_that_is_no_list_of_campaigns_is_refused(
    place: Workplace, tmp_path: Path, content: str
) -> None:
    """Empty, cut or of another version: one sentence and how the file should look."""
    path = tmp_path / "campaigns.json"
    path.write_text(content)
    with pytest.raises(InvalidInput) as refused:
        bring_in(place, path)
    assert '{"version": 1' in str(refused.value.hint)


def test_at05_two_live_campaigns_with_one_code_are_refused(
    place: Workplace, campaigns_file: Files
) -> None:
    """The other campaign is named, with the day until which it holds the code."""
    bring_in(place, campaigns_file())
    with pytest.raises(Conflict, match="belongs to 'Autumn host-read' until 2026-12-03"):
        bring_in(place, campaigns_file(key="other", promo_codes=["ｎord15"]))
    assert 1 == len(cards(place))


def test_at05_a_cancelled_campaign_gives_its_code_back(
    place: Workplace, campaigns_file: Files
) -> None:
    """Only live campaigns hold codes."""
    bring_in(place, campaigns_file(status="cancelled"))
    assert ImportResult(1, 0, 0) == bring_in(place, campaigns_file(key="other"))


def test_a_sponsor_is_known_by_its_name_in_any_case(place: Workplace) -> None:
    """Adding it again completes it, and forgets nothing that was known."""
    with place.stores.operational.app(place.organization.organization_id) as tx:
        for new in (NewSponsor("Nordlys", email="a@nordlys.example"), NewSponsor("NORDLYS")):
            sponsorship.add_sponsor(tx, identity=place.identity, sponsor=new)
        found = sponsorship.list_sponsors(tx, identity=place.identity)
    assert [("Nordlys", "a@nordlys.example")] == [(s.name, s.email) for s in found]


@pytest.mark.parametrize(
    "sponsor", [NewSponsor(" "), NewSponsor("x" * 256), NewSponsor("x", website="javascript:1")]
)
def test_a_sponsor_that_cannot_be_stored_is_refused(place: Workplace, sponsor: NewSponsor) -> None:
    """A name is needed, and an address on the web must be one."""
    with (
        place.stores.operational.app(place.organization.organization_id) as tx,
        pytest.raises(InvalidInput),
    ):
        sponsorship.add_sponsor(tx, identity=place.identity, sponsor=sponsor)


def test_a_campaign_is_found_by_id_or_name(place: Workplace, campaigns_file: Files) -> None:
    """In any case; for none there is a sentence with the next command."""
    bring_in(place, campaigns_file())
    (card,) = cards(place)
    with place.stores.operational.app(place.organization.organization_id) as tx:
        for wanted in (str(card.campaign_id).upper(), "autumn HOST-READ"):
            assert card == sponsorship.find_campaign(tx, identity=place.identity, wanted=wanted)
        with pytest.raises(NotFound, match="no campaign 'winter'"):
            sponsorship.find_campaign(tx, identity=place.identity, wanted="winter")


def test_the_dates_of_a_campaign_are_days_and_its_grace_is_kept(
    place: Workplace, campaigns_file: Files
) -> None:
    """What the file says of grace is what the rules use."""
    bring_in(place, campaigns_file(grace_days=3))
    (card,) = cards(place)
    assert (date(2026, 10, 21), date(2026, 11, 19), 3) == (
        card.start_date,
        card.end_date,
        card.grace_days,
    )
