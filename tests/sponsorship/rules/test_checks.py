from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import PodcastId, SponsorId
from wavehouse.sponsorship.rules import checks
from wavehouse.sponsorship.types import CampaignStatus, NewCampaign, NewSponsor

GOOD = NewCampaign(
    name="Autumn host-read",
    sponsor_id=SponsorId(UUID(int=1)),
    podcast_id=PodcastId(UUID(int=2)),
    status=CampaignStatus.ACTIVE,
    start_date=date(2026, 10, 21),
    end_date=date(2026, 11, 19),
    campaign_value=Decimal("4515.00"),
    currency="EUR",
    margin=Decimal(1),
    guaranteed_impressions=None,
    episode_ids=(),
    promo_codes=("NORD15",),
    attribution_config={},
)


def test_a_good_campaign_passes() -> None:
    """Valid fields give no message; a fee of zero is valid."""
    checks.check_campaign(GOOD)
    checks.check_campaign(replace(GOOD, campaign_value=Decimal(0), promo_codes=()))
    checks.check_campaign(replace(GOOD, end_date=GOOD.start_date))
    checks.check_campaign(replace(GOOD, campaign_value=Decimal("500000.00"), currency="JPY"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " "}, "1 to 255 characters"),
        ({"name": "x" * 256}, "1 to 255 characters"),
        ({"end_date": date(2026, 10, 20)}, "end date is before its start date"),
        ({"campaign_value": Decimal("-1")}, "must be 0 to 999,999,999,999, not -1"),
        ({"campaign_value": Decimal("1.006")}, "at most 2 decimals: write 1.01, not 1.006"),
        ({"campaign_value": Decimal("1E+12")}, "must be 0 to 999,999,999,999"),
        ({"campaign_value": Decimal("9.7"), "currency": "JPY"}, "JPY have no decimals: write 10,"),
        (
            {"campaign_value": Decimal("1.2345"), "currency": "KWD"},
            "at most 3 decimals: write 1.234",
        ),
        ({"campaign_value": Decimal("1.23456"), "currency": "CLF"}, "at most 4 decimals"),
        ({"currency": "EURO"}, "ISO 4217"),
        ({"margin": Decimal("1.5")}, "between 0 and 1"),
        ({"margin": Decimal("0.12345")}, "between 0 and 1"),
        ({"guaranteed_impressions": 0}, "positive number"),
        ({"grace_days": -1}, "0 to 365"),
        ({"promo_codes": ("NORD15", "  ")}, "printable characters"),
        ({"promo_codes": ("A\0",)}, "printable characters"),
    ],
)
def test_a_campaign_that_cannot_be_stored_is_refused(
    change: dict[str, object], sentence: str
) -> None:
    """One sentence for the first invalid field."""
    with pytest.raises(InvalidInput, match=sentence):
        checks.check_campaign(replace(GOOD, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_no_number_is_refused(amount: str) -> None:
    """Decimal accepts these words; money does not."""
    with pytest.raises(InvalidInput):
        checks.check_campaign(replace(GOOD, campaign_value=Decimal(amount)))


@pytest.mark.parametrize(
    "sponsor",
    [
        NewSponsor(" "),
        NewSponsor("x" * 256),
        NewSponsor("x", industry="x" * 101),
        NewSponsor("x", website="javascript:1"),
    ],
)
def test_a_sponsor_that_cannot_be_stored_is_refused(sponsor: NewSponsor) -> None:
    """A name is required, and an address must be a web address."""
    with pytest.raises(InvalidInput):
        checks.checked_sponsor(sponsor)


def test_a_sponsor_is_known_by_its_trimmed_name() -> None:
    """Spaces around a name do not make a second sponsor."""
    assert NewSponsor("Nordlys") == checks.checked_sponsor(NewSponsor("  Nordlys "))
