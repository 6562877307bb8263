"""The shell's completion of campaign names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import click
import pytest
from tests.measurement.conftest import LogBench

from wavehouse import sponsorship
from wavehouse.cli import completing
from wavehouse.cli.root import root
from wavehouse.kernel.errors import NotFound
from wavehouse.workspace import Workspace


def _offered(obj: object, *typed: str) -> list[str]:
    """The candidates for the last word, as click asks for them on the Tab key."""
    from click.shell_completion import ShellComplete

    extra = {} if obj is None else {"obj": obj}
    found = ShellComplete(root, extra, "wavehouse", completing.VARIABLE).get_completions(
        list(typed[:-1]), typed[-1]
    )
    return [candidate.value for candidate in found]


@pytest.fixture
def booked(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Two campaigns, one with a quote and a blank in its name."""
    LogBench(workspace, tmp_path).register()
    identity = workspace.identity
    with workspace.stores.operational.app(identity.organization_id) as tx:
        sponsor = sponsorship.add_sponsor(
            tx, identity=identity, sponsor=sponsorship.NewSponsor("Nordlys")
        )
        for name, code in (("Zoë's autumn", "ZOE10"), ("Winter", "WIN10")):
            sponsorship.add_campaign(
                tx,
                identity=identity,
                campaign=sponsorship.NewCampaign(
                    name=name,
                    sponsor_id=sponsor.sponsor_id,
                    podcast_id=sponsorship.find_podcast(
                        tx, identity=identity, wanted="A show to count"
                    ),
                    status=sponsorship.CampaignStatus.ACTIVE,
                    start_date=date(2026, 10, 1),
                    end_date=date(2026, 11, 30),
                    campaign_value=Decimal(100),
                    currency="EUR",
                    margin=Decimal(1),
                    guaranteed_impressions=None,
                    episode_ids=(),
                    promo_codes=(code,),
                    attribution_config={},
                    grace_days=14,
                ),
            )
    return workspace


def test_the_tab_key_offers_campaigns_by_name_sponsor_or_code(
    booked: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every command that takes one; bash gets a quoted word, other shells quote themselves."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield booked

    monkeypatch.setenv(completing.VARIABLE, "zsh_complete")
    every = {"Zoë's autumn", "Winter"}
    assert every == set(_offered(opened, "report", "--campaign", ""))
    assert every == set(_offered(opened, "pixels", "add", "--campaign", "nord"))
    assert ["Zoë's autumn"] == _offered(opened, "campaigns", "move", "zoe1")
    monkeypatch.setenv(completing.VARIABLE, "bash_complete")
    assert ["'Zoë'\"'\"'s autumn'"] == _offered(opened, "report", "--campaign", "Zo")


def test_completion_is_silent_and_creates_nothing(
    home_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without databases there is no candidate, no message and no new folder."""
    home = home_folder / "none"
    monkeypatch.setenv("WAVEHOUSE_HOME", str(home))
    with pytest.raises(NotFound), click.Context(root), completing.opened():
        pass

    assert [] == _offered(completing.opened, "report", "--campaign", "")
    assert [] == _offered(None, "report", "--campaign", "")
    assert (False, ("", "")) == (home.exists(), capsys.readouterr())
    assert {} == completing.given()
    monkeypatch.setenv(completing.VARIABLE, "bash_complete")
    assert {"obj": completing.opened} == completing.given()
