"""``wavehouse report``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.sponsorship.cli.options import AS_JSON, CAMPAIGN, DAY

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.command()
@click.option("--campaign", required=True, type=CAMPAIGN, help="Id or name of the campaign.")
@click.option("--from", "first", type=DAY, help="First day (UTC); default the flight's first.")
@click.option(
    "--to", "last", type=DAY, help="Last day, included (UTC); default the flight's last, or today."
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    default=("pdf",),
    type=click.Choice(["pdf", "json", "xlsx", "csv"]),
    help="Format of the report; repeatable. CSV is a zip with one file per table.",
)
@click.option(
    "--type",
    "report_type",
    default="sponsor",
    show_default=True,
    type=click.Choice(["sponsor", "performance", "roi"]),
    help="The full report, only delivery, or only the return on investment.",
)
@click.option(
    "--out",
    "folder",
    default=".",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files; created when missing.",
)
@AS_JSON
@click.pass_obj
def report(
    open_workspace: OpenWorkspace,
    campaign: str,
    first: datetime | None,
    last: datetime | None,
    formats: tuple[str, ...],
    report_type: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Write a sponsor report and print the paths of its files.

    Every format is made from the same figures: totals are equal to the cent in all of them. For a
    part of a flight the fee is prorated by days, and the report says so. A written report is never
    replaced: each file name contains the id of its report.
    """
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    kinds = {kind.value.split("_")[0]: kind for kind in sponsorship.ReportType}
    with (
        open_workspace() as workspace,
        workspace.stores.analytics.app(workspace.identity.organization_id) as analytics,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        made = sponsorship.make_report(
            tx,
            identity=workspace.identity,
            card=sponsorship.find_campaign(tx, identity=workspace.identity, wanted=campaign),
            first=first.date() if first else None,
            last=last.date() if last else None,
            delivery=sponsorship.from_rollups(analytics, tx, identity=workspace.identity),
            formats=formats,
            folder=folder,
            report_type=kinds[report_type],
        )
    warnings = [report.warning for report in made if report.warning]
    for warning in warnings:
        terminal.complain(f"Warning: {warning}.")
    if as_json:
        terminal.print_json(
            {"reports": {report.format: report.path for report in made}, "warnings": warnings}
        )
    else:
        for report in made:
            terminal.out(str(report.path))
