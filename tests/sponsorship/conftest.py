"""A campaign shared by the report tests; its figures are those of the specification."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from wavehouse.kernel import clock
from wavehouse.kernel.ids import CampaignId, EpisodeId, PodcastId, SponsorId
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
from wavehouse.workspace import Workspace

EARLIER, LATER = EpisodeId(UUID(int=100)), EpisodeId(UUID(int=101))


START = date(2026, 10, 21)
AS_OF = datetime(2026, 11, 20, 14, 52, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Show:
    """The ids of a show and its episodes."""

    podcast_id: UUID
    episode_ids: list[UUID]


@pytest.fixture
def campaign() -> Campaign:
    """Nordlys on La Lanterna: 36 days, 4,515 euro, 116,800 impressions booked."""
    return Campaign(
        campaign_id=CampaignId(UUID(int=5)),
        sponsor_id=SponsorId(UUID(int=1)),
        podcast_id=PodcastId(UUID(int=2)),
        name="Autumn host-read",
        status=CampaignStatus.ACTIVE,
        start_date=START,
        end_date=date(2026, 11, 25),
        campaign_value=Decimal("4515.00"),
        currency="EUR",
        margin=Decimal(1),
        guaranteed_impressions=116_800,
        episode_ids=(EARLIER, LATER),
        promo_codes=("NORD15",),
    )


@pytest.fixture
def inputs(campaign: Campaign) -> ReportInputs:
    """31 days, 121,480 impressions in two episodes, 412 conversions worth 18,240 euro."""
    counts = [3_900] * 30 + [4_480]
    days = tuple(DayCount(START + timedelta(days=n), c, n == 30) for n, c in enumerate(counts))
    proof = Provenance("counting-1", {"user_agents": "2026.10"}, AS_OF)
    return ReportInputs(
        sponsor=Sponsor(SponsorId(UUID(int=1)), "Nordlys Audio"),
        campaign=campaign,
        podcast_title="La Lanterna",
        whole_show=False,
        first_day=START,
        last_day=date(2026, 11, 20),
        days=days,
        episodes=(
            EpisodeLine(
                EpisodeId(UUID(int=101)), 84, "The subtitle hunters", date(2026, 11, 11), 91_480
            ),
            EpisodeLine(
                EpisodeId(UUID(int=100)), 83, "Dialects that refuse", date(2026, 10, 28), 30_000
            ),
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
def whole(inputs: ReportInputs) -> ReportInputs:
    """The same report ending on the flight's last day, so that the fee is the whole fee."""
    return replace(inputs, campaign=replace(inputs.campaign, end_date=inputs.last_day))


@pytest.fixture
def silent(inputs: ReportInputs) -> ReportInputs:
    """The same campaign without any downloads, conversions or episodes."""
    return replace(
        inputs,
        days=tuple(replace(day, impressions=0) for day in inputs.days),
        episodes=(),
        results=replace(inputs.results, by_method=()),
    )


def _registered(workspace: Workspace) -> Show:
    """A registered show with two episodes, as stored by the catalog."""
    with workspace.stores.operational.worker() as tx:
        podcast_id = tx.value(
            """
            INSERT INTO catalog.podcasts (organization_id, user_id, title, feed_url, podcast_guid)
            VALUES (%s, %s, 'La Lanterna', 'https://example.org/feed.xml', 'guid-lanterna')
            RETURNING podcast_id
            """,
            [workspace.organization.organization_id, workspace.identity.user_id],
        )
        episodes = [
            tx.value(
                """
                INSERT INTO catalog.episodes
                  (organization_id, podcast_id, guid, title, audio_url, publish_date, number)
                VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING episode_id
                """,
                [
                    workspace.organization.organization_id,
                    podcast_id,
                    f"e{n}",
                    f"Episode {n}",
                    f"https://example.org/{n}.mp3",
                    datetime(2026, 10, 21 + n, 6, tzinfo=UTC),
                    n,
                ],
            )
            for n in (1, 2)
        ]
    return Show(podcast_id, episodes)


@pytest.fixture
def workspace(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace with a show registered, at noon of 20 November 2026."""
    _registered(workspace)
    with clock.frozen(datetime(2026, 11, 20, 12, tzinfo=UTC)):
        yield workspace


@pytest.fixture
def show(workspace: Workspace) -> Show:
    """The registered show."""
    with workspace.stores.operational.worker() as tx:
        podcast_id = tx.value("SELECT podcast_id FROM catalog.podcasts")
        return Show(
            podcast_id, tx.values("SELECT episode_id FROM catalog.episodes ORDER BY number")
        )


@pytest.fixture
def campaigns_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a campaigns.json with one campaign and the test's changes."""

    def write(**changes: object) -> Path:
        entry = {
            "key": "autumn",
            "sponsor": {"name": "Nordlys Audio", "website": "https://nordlys.example"},
            "podcast_guid": "guid-lanterna",
            "name": "Autumn host-read",
            "status": "active",
            "start_date": "2026-10-21",
            "end_date": "2026-11-19",
            "campaign_value": "100.00",
            "currency": "EUR",
            "margin": "1.0000",
            "guaranteed_impressions": 3000,
            "episode_guids": ["e1", "e2"],
            "promo_codes": ["NORD15"],
            "attribution_config": {"method": "promo_code", "promo_code": "NORD15"},
        }
        path = tmp_path / "campaigns.json"
        path.write_text(json.dumps({"version": 1, "campaigns": [{**entry, **changes}]}))
        return path

    return write


@pytest.fixture
def conversions_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a conversions.csv with these rows below the header."""

    def write(*rows: str, name: str = "conversions.csv") -> Path:
        path = tmp_path / name
        header = "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id"
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return write
