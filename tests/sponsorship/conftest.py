"""A campaign that the report tests share; its figures are those of the picture, by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from wavehouse.sponsorship.types import (
    AttributionMethod,
    Campaign,
    CampaignResults,
    CampaignStatus,
    DayCount,
    EpisodeLine,
    MethodResult,
    Provenance,
    ReportInputs,
    Sponsor,
)

START = date(2026, 10, 21)
AS_OF = datetime(2026, 11, 20, 14, 52, tzinfo=UTC)


@pytest.fixture
def campaign() -> Campaign:
    """Nordlys on La Lanterna: 36 days, 4,515 euro, 116,800 impressions booked."""
    return Campaign(
        campaign_id=UUID(int=5),
        sponsor_id=UUID(int=1),
        podcast_id=UUID(int=2),
        name="Autumn host-read",
        status=CampaignStatus.ACTIVE,
        start_date=START,
        end_date=date(2026, 11, 25),
        campaign_value=Decimal("4515.00"),
        currency="EUR",
        margin=Decimal(1),
        guaranteed_impressions=116_800,
        episode_ids=(UUID(int=100), UUID(int=101)),
        promo_codes=("NORD15",),
    )


@pytest.fixture
def inputs(campaign: Campaign) -> ReportInputs:
    """31 days, 121,480 impressions in two episodes, 412 conversions worth 18,240 euro."""
    counts = [3_900] * 30 + [4_480]
    days = tuple(DayCount(START + timedelta(days=n), c, n == 30) for n, c in enumerate(counts))
    proof = Provenance("counting-1", {"user_agents": "2026.10"}, AS_OF)
    return ReportInputs(
        sponsor=Sponsor(UUID(int=1), "Nordlys Audio"),
        campaign=campaign,
        podcast_title="La Lanterna",
        first_day=START,
        last_day=date(2026, 11, 20),
        days=days,
        episodes=(
            EpisodeLine(UUID(int=101), 84, "The subtitle hunters", date(2026, 11, 11), 91_480),
            EpisodeLine(UUID(int=100), 83, "Dialects that refuse", date(2026, 10, 28), 30_000),
        ),
        results=CampaignResults(
            campaign.campaign_id,
            (MethodResult(AttributionMethod.PROMO_CODE, 412, 3, Decimal("18240.00")),),
            (),
        ),
        counting=proof,
        attribution=replace(proof, rule_version="attribution-1", list_versions={}),
        generated_at=datetime(2026, 11, 20, 14, 55, tzinfo=UTC),
    )


@pytest.fixture
def silent(inputs: ReportInputs) -> ReportInputs:
    """The same campaign before anything happened: no download, no conversion, no episode."""
    return replace(
        inputs,
        days=tuple(replace(day, impressions=0) for day in inputs.days),
        episodes=(),
        results=replace(inputs.results, by_method=()),
    )
