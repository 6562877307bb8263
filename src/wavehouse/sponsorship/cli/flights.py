"""``wavehouse campaigns move|advance|placements|place|displace``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from wavehouse.sponsorship.cli.campaigns import campaigns
from wavehouse.sponsorship.cli.options import AS_JSON, CAMPAIGN, DAY

if TYPE_CHECKING:
    from wavehouse.sponsorship.types import Moved, Placement
    from wavehouse.workspace import OpenWorkspace

_STATES = ["draft", "scheduled", "active", "paused", "completed", "cancelled"]


@campaigns.command("move")
@click.argument("campaign", type=CAMPAIGN)
@click.argument("status", type=click.Choice(_STATES))
@AS_JSON
@click.pass_obj
def move(open_workspace: OpenWorkspace, campaign: str, status: str, as_json: bool) -> None:
    """Move CAMPAIGN (id or name) to another state.

    draft → scheduled, active, cancelled; scheduled → active, draft, cancelled; active → paused,
    completed, cancelled; paused → active, completed, cancelled. A completed campaign can become
    active again, a cancelled one a draft. Codes of drafts and cancelled campaigns get no credit;
    credits are updated at once.
    """
    from wavehouse import sponsorship

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        card = sponsorship.find_campaign(tx, identity=workspace.identity, wanted=campaign)
        done = sponsorship.move_campaign(
            tx, identity=workspace.identity, card=card, status=sponsorship.CampaignStatus(status)
        )
    _show_moves([done], as_json=as_json, dry_run=False)


@campaigns.command("advance")
@click.option("--today", type=DAY, help="The UTC day to use; default today.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@AS_JSON
@click.pass_obj
def advance(
    open_workspace: OpenWorkspace, today: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Start scheduled flights that are due, and complete those that have ended."""
    from wavehouse import sponsorship
    from wavehouse.kernel import clock

    day = today.date() if today else clock.today()
    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        go = sponsorship.due_moves if dry_run else sponsorship.advance_campaigns
        moves = go(tx, identity=workspace.identity, today=day)
    _show_moves(moves, as_json=as_json, dry_run=dry_run)


def _show_moves(moves: list[Moved], *, as_json: bool, dry_run: bool) -> None:
    from wavehouse.kernel import terminal

    columns = ["campaign", "before", "after", "id"]
    rows = [[m.name, m.before, m.after, m.campaign_id] for m in moves]
    if as_json:
        documents = [dict(zip(columns, row, strict=True)) for row in rows]
        terminal.print_json({"dry_run": dry_run, "moves": documents})
    elif rows:
        terminal.print_table(columns, rows)
    else:
        terminal.say("Every campaign is in the state that its dates require.")


@campaigns.command("placements")
@click.argument("campaign", type=CAMPAIGN)
@AS_JSON
@click.pass_obj
def placements(open_workspace: OpenWorkspace, campaign: str, as_json: bool) -> None:
    """List the placements of CAMPAIGN (id or name): episodes, slots, positions."""
    from wavehouse import sponsorship

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        card = sponsorship.find_campaign(tx, identity=workspace.identity, wanted=campaign)
        placements = sponsorship.list_placements(tx, campaign_id=card.campaign_id)
    _show_placements(placements, as_json=as_json)


@campaigns.command("place")
@click.argument("campaign", type=CAMPAIGN)
@click.option("--episode", required=True, help="Guid of the episode.")
@click.option("--slot", default=0, show_default=True, type=click.IntRange(0, 99), help="Its slot.")
@click.option(
    "--position",
    default="mid_roll",
    show_default=True,
    type=click.Choice(["pre_roll", "mid_roll", "post_roll"]),
    help="Position in the episode.",
)
@click.option(
    "--read",
    default="host_read",
    show_default=True,
    type=click.Choice(["host_read", "produced", "programmatic"]),
    help="Who reads the ad.",
)
@click.option(
    "--impressions", type=click.IntRange(min=1), help="Impressions promised for this placement."
)
@AS_JSON
@click.pass_obj
def place(open_workspace: OpenWorkspace, /, campaign: str, as_json: bool, **fields: Any) -> None:
    """Put CAMPAIGN into a slot of an episode, or change its placement there."""
    from wavehouse import sponsorship

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        card = sponsorship.find_campaign(tx, identity=workspace.identity, wanted=campaign)
        (episode_id,) = sponsorship.find_episodes(
            tx, podcast_id=card.podcast_id, guids=[fields["episode"]]
        )
        made = sponsorship.place_campaign(
            tx,
            identity=workspace.identity,
            card=card,
            placement=sponsorship.NewPlacement(
                episode_id,
                fields["slot"],
                sponsorship.Position(fields["position"]),
                sponsorship.ReadType(fields["read"]),
                fields["impressions"],
            ),
        )
    _show_placements([made], as_json=as_json)


@campaigns.command("displace")
@click.argument("placement", type=click.UUID)
@click.pass_obj
def displace(open_workspace: OpenWorkspace, placement: UUID) -> None:
    """Remove PLACEMENT (its id) from its campaign."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        sponsorship.remove_placement(tx, identity=workspace.identity, placement_id=placement)
    terminal.say(f"Placement {placement} was removed.")


def _show_placements(placements: list[Placement], *, as_json: bool) -> None:
    from wavehouse.kernel import terminal

    columns = ["episode", "guid", "slot", "position", "read", "impressions", "id"]
    rows = [
        [
            *(p.episode, p.episode_guid, p.slot, p.position, p.read_type),
            *(p.guaranteed_impressions, p.placement_id),
        ]
        for p in placements
    ]
    if as_json:
        lines = [dict(zip(columns, row, strict=True)) for row in rows]
        terminal.print_json({"placements": lines})
    elif rows:
        terminal.print_table(columns, rows)
    else:
        terminal.say("No placements yet: wavehouse campaigns place CAMPAIGN --episode GUID")
