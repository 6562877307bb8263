"""``wavehouse reports``: issued reports and the check of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND
from wavehouse.sponsorship.cli.options import AS_JSON

if TYPE_CHECKING:
    from wavehouse.sponsorship.types import ListedReport
    from wavehouse.workspace import OpenWorkspace


@click.group()
def reports() -> None:
    """Issued reports: list them, and compare their files with the recorded digests."""


@reports.command("list")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="Maximum number of reports.",
)
@AS_JSON
@click.pass_obj
def list_(open_workspace: OpenWorkspace, limit: int, as_json: bool) -> None:
    """List the issued reports, latest first."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        listed = sponsorship.list_reports(tx, identity=workspace.identity, limit=limit)
    rows = [_row(report) for report in listed]
    if as_json:
        terminal.print_json({"reports": rows})
    elif rows:
        terminal.print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        terminal.say("No reports yet. Make one: wavehouse report --campaign NAME")


@reports.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@AS_JSON
@click.pass_context
def verify(context: click.Context, ids: tuple[object, ...], as_json: bool) -> None:
    """Compare report files with their digests: all, or those with the given IDS.

    Exit code 3 when a file is missing or was changed. Without IDS, files beside them that have the
    name of a report but no record are listed, too: a run that was killed before it ended leaves
    them. They are not issued reports.
    """
    from uuid import UUID

    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        context.obj() as workspace,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        checked = list(
            sponsorship.verify_reports(
                tx, identity=workspace.identity, report_ids=[UUID(str(each)) for each in ids]
            )
        )
        unrecorded = []
        if not ids:
            with workspace.stores.operational.worker() as worker:
                unrecorded = sponsorship.unrecorded_files(
                    tx,
                    worker,
                    identity=workspace.identity,
                    folders=[workspace.settings.home / "reports"],
                )
    faults = [{**_row(report), "fault": fault} for report, fault in checked if fault]
    if as_json:
        terminal.print_json({"checked": len(checked), "faults": faults, "unrecorded": unrecorded})
    else:
        for fault in faults:
            terminal.out(f"{fault['id']}: {fault['fault']}")
        for path in unrecorded:
            terminal.out(f"{path}: not recorded")
        if unrecorded:
            terminal.say(
                f"{len(unrecorded)} files are not recorded as reports here: a run was interrupted "
                "or is not finished, or another installation uses the folder."
            )
        terminal.say(f"{len(checked)} files checked: {len(faults)} missing or changed")
    context.exit(EXIT_FOUND if faults else EXIT_DONE)


def _row(report: ListedReport) -> dict[str, object]:
    return {
        "number": report.number,
        "sponsor": report.sponsor,
        "campaign": report.campaign,
        "from": report.first_day,
        "to": report.last_day,
        "format": report.format,
        "generated": report.generated_at,
        "id": report.report_id,
    }
