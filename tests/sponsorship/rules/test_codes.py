from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.ids import CampaignId
from wavehouse.sponsorship.rules import codes
from wavehouse.sponsorship.types import Campaign, CampaignStatus


@pytest.mark.parametrize(
    "typed", ["NORD15", " nord15\t", "ＮＯＲＤ１５", "nord１５", "Nord15\u00a0"]
)
def test_at05_a_code_matches_after_trim_nfkc_and_casefold(typed: str) -> None:
    """Spaces, full-width letters and case do not make another code."""
    assert "nord15" == codes.normalised(typed)


def test_at05_sharp_s_folds_to_two_letters() -> None:
    """Case folding, not lower(): STRASSE and Straße are the same code."""
    assert codes.normalised("STRASSE10") == codes.normalised("Straße10")


@given(st.text())
def test_at05_normalising_twice_changes_nothing(text: str) -> None:
    """The normal form is a fixed point; otherwise a stored code could fail to match itself."""
    once = codes.normalised(text)
    assert once == codes.normalised(once)


@pytest.mark.parametrize(
    ("day", "matched"),
    [
        (date(2026, 10, 20), False),
        (date(2026, 10, 21), True),
        (date(2026, 11, 25), True),
        (date(2026, 12, 9), True),
        (date(2026, 12, 10), False),
    ],
)
def test_at05_a_code_is_live_from_the_first_day_to_the_end_plus_grace(
    campaign: Campaign, day: date, matched: bool
) -> None:
    """Both ends are included: 21 October to 25 November plus 14 days."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    match = codes.match("nord15", noon, codes.windows(campaign))
    assert matched == (match is not None)


def test_at05_the_window_is_counted_in_utc_days(campaign: Campaign) -> None:
    """00:30 on 21 October in Rome is still 20 October in UTC."""
    rome = datetime.fromisoformat("2026-10-21T00:30:00+02:00")
    assert codes.match("NORD15", rome, codes.windows(campaign)) is None


def test_at05_two_live_campaigns_with_one_code_clash(campaign: Campaign) -> None:
    """On one day a code must identify one campaign."""
    other = replace(campaign, campaign_id=CampaignId(UUID(int=6)), promo_codes=("ｎord15",))
    existing = codes.windows(campaign)
    assert existing[0] == codes.clash(codes.windows(other), existing)


def test_at05_the_same_code_after_the_grace_is_free_again(campaign: Campaign) -> None:
    """A code can be reused when the days do not overlap."""
    later = campaign.end_date + timedelta(days=campaign.grace_days + 1)
    other = replace(campaign, campaign_id=CampaignId(UUID(int=6)), start_date=later, end_date=later)
    assert codes.clash(codes.windows(other), codes.windows(campaign)) is None


@pytest.mark.parametrize("status", [CampaignStatus.DRAFT, CampaignStatus.CANCELLED])
def test_at05_a_draft_or_cancelled_campaign_holds_no_code(
    campaign: Campaign, status: CampaignStatus
) -> None:
    """Only live campaigns conflict, and only they are credited."""
    idle = replace(campaign, campaign_id=CampaignId(UUID(int=6)), status=status)
    assert codes.clash(codes.windows(idle), codes.windows(campaign)) is None
    assert codes.match("NORD15", datetime(2026, 11, 1, tzinfo=UTC), codes.windows(idle)) is None


def test_at05_a_campaign_does_not_clash_with_itself(campaign: Campaign) -> None:
    """Importing a campaign again is no conflict; a code given twice is one code."""
    twice = replace(campaign, promo_codes=("NORD15", "nord15 ", "  "))
    assert 1 == len(codes.windows(twice))
    assert codes.clash(codes.windows(twice), codes.windows(campaign)) is None


def test_at05_an_unknown_code_is_compared_with_the_live_ones(campaign: Campaign) -> None:
    """A misspelling suggests the similar live code; other codes are not suggested."""
    live = codes.windows(replace(campaign, promo_codes=("NORD15", "AUTUMN")))
    over = [replace(window, live=False) for window in live]
    assert ["nord15", None, None] == [
        codes.nearest("NRD15", live),
        codes.nearest("XYZ", live),
        codes.nearest("NRD15", over),
    ]
