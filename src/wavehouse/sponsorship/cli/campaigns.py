"""``wavehouse campaigns``: sponsors' bookings and their states."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.sponsorship.cli.options import AS_JSON, DAY, FILE, Amount

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.group()
def campaigns() -> None:
    """Sponsors' bookings: flights, fees, episodes, promo codes."""


@campaigns.command("add")
@click.option("--name", required=True, help="Name of the campaign.")
@click.option("--sponsor", required=True, help="Name of the sponsor; a new one is added.")
@click.option("--show", required=True, help="Title, guid or id of the show.")
@click.option("--from", "first", required=True, type=DAY, help="First day of the flight (UTC).")
@click.option("--to", "last", required=True, type=DAY, help="Last day of the flight (UTC).")
@click.option("--value", required=True, type=Amount(), help="The fee, for example 4515.00.")
@click.option("--currency", default="EUR", show_default=True, help="ISO 4217 code of the fee.")
@click.option(
    "--margin", default="1", type=Amount(), help="Share of revenue that the sponsor keeps, 0 to 1."
)
@click.option("--impressions", type=click.IntRange(min=1), help="Booked impressions.")
@click.option("--code", "codes", multiple=True, help="A promo code; repeatable.")
@click.option(
    "--episode",
    "episodes",
    multiple=True,
    help="Number, title or guid of a carrying episode; repeatable.",
)
@click.option(
    "--utm",
    "utm",
    multiple=True,
    metavar="FIELD=VALUE",
    help="UTM field of its links, such as source=nordlys or campaign=autumn; repeatable.",
)
@click.option(
    "--grace", default=14, show_default=True, help="Days that codes stay valid after the flight."
)
@click.option(
    "--status",
    default="active",
    show_default=True,
    type=click.Choice(["draft", "scheduled", "active", "paused", "completed", "cancelled"]),
    help="State of the campaign.",
)
@AS_JSON
@click.pass_obj
def add_campaign(open_workspace: OpenWorkspace, /, as_json: bool, **fields: Any) -> None:
    """Add a campaign. Earlier conversions are credited to it at once."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    if fields["status"] not in list(sponsorship.CampaignStatus):
        raise click.BadParameter(
            f"must be one of {', '.join(sponsorship.CampaignStatus)}", param_hint="--status"
        )
    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        identity = workspace.identity
        podcast_id = sponsorship.find_podcast(tx, identity=identity, wanted=fields["show"])
        sponsor = sponsorship.add_sponsor(
            tx, identity=identity, sponsor=sponsorship.NewSponsor(fields["sponsor"])
        )
        new = sponsorship.NewCampaign(
            name=fields["name"].strip(),
            sponsor_id=sponsor.sponsor_id,
            podcast_id=podcast_id,
            status=sponsorship.CampaignStatus(fields["status"]),
            start_date=fields["first"].date(),
            end_date=fields["last"].date(),
            campaign_value=fields["value"],
            currency=fields["currency"].upper(),
            margin=fields["margin"],
            guaranteed_impressions=fields["impressions"],
            episode_ids=sponsorship.find_episodes(
                tx, podcast_id=podcast_id, guids=list(fields["episodes"])
            ),
            promo_codes=fields["codes"],
            attribution_config={"method": "promo_code", **_utm(fields["utm"])},
            grace_days=fields["grace"],
        )
        saved = sponsorship.add_campaign(tx, identity=identity, campaign=new)
    if as_json:
        terminal.print_json({"campaign_id": saved.campaign_id, "name": saved.name})
    else:
        terminal.out(str(saved.campaign_id))


def _utm(words: tuple[str, ...]) -> dict[str, str]:
    """``source=nordlys`` as the field utm_source."""
    values = {}
    for word in words:
        name, equals, value = word.partition("=")
        field = f"utm_{name.strip().removeprefix('utm_')}"
        known = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
        if not equals or not value.strip() or field not in known:
            raise click.BadParameter(
                f"{word!r} must have the form source=nordlys", param_hint="--utm"
            )
        values[field] = value.strip()
    return values


@campaigns.command("import")
@FILE
@AS_JSON
@click.pass_obj
def import_campaigns(open_workspace: OpenWorkspace, file: Path, as_json: bool) -> None:
    """Import the campaigns of FILE (campaigns.json); importing again only applies changes."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        done = sponsorship.import_campaigns(tx, identity=workspace.identity, path=file)
    fields = {"added": done.added, "updated": done.updated, "unchanged": done.unchanged}
    if as_json:
        terminal.print_json(fields)
    else:
        terminal.print_table(list(fields), [list(fields.values())])


@campaigns.command("list")
@AS_JSON
@click.pass_obj
def list_campaigns(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the campaigns, latest flight first."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        campaigns = sponsorship.list_campaigns(tx, identity=workspace.identity)
    columns = ["campaign", "sponsor", "show", "status", "from", "to", "value", "codes", "id"]
    rows = [
        [
            *(c.name, c.sponsor, c.podcast, c.status, c.start_date, c.end_date),
            *(f"{c.campaign_value} {c.currency}", " ".join(c.promo_codes), c.campaign_id),
        ]
        for c in campaigns
    ]
    if as_json:
        amounts = [{"value": c.campaign_value, "currency": c.currency} for c in campaigns]
        terminal.print_json(
            {
                "campaigns": [
                    dict(zip(columns, row, strict=True)) | amount
                    for row, amount in zip(rows, amounts, strict=True)
                ]
            }
        )
    elif rows:
        terminal.print_table(columns, rows)
    else:
        terminal.say("No campaigns yet. Import some: wavehouse campaigns import campaigns.json")
