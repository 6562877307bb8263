"""``wavehouse sponsors``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wavehouse.sponsorship.cli.options import AS_JSON

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.group()
def sponsors() -> None:
    """Sponsors: the companies that pay for campaigns."""


@sponsors.command("add")
@click.option("--name", required=True, help="Name of the sponsor, which identifies it.")
@click.option("--company", help="Legal name, as printed in reports.")
@click.option("--email", help="Address for reports.")
@click.option("--website", help="Website.")
@click.option("--industry", help="Its trade.")
@AS_JSON
@click.pass_obj
def add_sponsor(open_workspace: OpenWorkspace, /, as_json: bool, **text: str | None) -> None:
    """Add a sponsor, or complete the one with that name."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    new = sponsorship.NewSponsor(**text)  # type: ignore[arg-type]
    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        saved = sponsorship.add_sponsor(tx, identity=workspace.identity, sponsor=new)
    if as_json:
        terminal.print_json({"sponsor_id": saved.sponsor_id, "name": saved.name})
    else:
        terminal.out(str(saved.sponsor_id))


@sponsors.command("list")
@AS_JSON
@click.pass_obj
def list_sponsors(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the sponsors by name."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        sponsors = sponsorship.list_sponsors(tx, identity=workspace.identity)
    columns = ["name", "company", "industry", "sponsor_id"]
    rows = [[s.name, s.company, s.industry, s.sponsor_id] for s in sponsors]
    if as_json:
        terminal.print_json({"sponsors": [dict(zip(columns, row, strict=True)) for row in rows]})
    elif rows:
        terminal.print_table(columns, rows)
    else:
        terminal.say('No sponsors yet. Add one: wavehouse sponsors add --name "Nordlys Audio"')
