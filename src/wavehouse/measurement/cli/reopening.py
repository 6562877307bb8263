"""``wavehouse warehouse reopen``: dropped days take late lines again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal
from wavehouse.measurement.cli.options import AS_JSON, DATE
from wavehouse.measurement.cli.warehouse import check_operator, warehouse

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@warehouse.command()
@click.option("--from", "first", type=DATE, required=True, help="First UTC day to load.")
@click.option("--dry-run", is_flag=True, help="List the days and rows, without loading them.")
@AS_JSON
@click.pass_obj
def reopen(open_workspace: OpenWorkspace, first: datetime, dry_run: bool, as_json: bool) -> None:
    """Load the sealed rows of days that retention has dropped back into the database.

    Late lines of such days are quarantined. After this, `wavehouse quarantine replay` stores and
    counts them as if they had come in time, `wavehouse warehouse seal` seals the changed days
    again, and retention drops their rows again. All dropped days from --from on are loaded, the
    newest first, because rows must be complete from one day on; a command that was interrupted
    continues where it stopped.
    """
    from wavehouse.measurement.service import reopening

    with open_workspace() as workspace:
        check_operator(workspace)

        def report(day: date) -> None:
            if not as_json:
                terminal.say(f"{day}")

        done = reopening.reopen(
            workspace.stores, first=first.date(), dry_run=dry_run, on_day=report
        )
    if as_json:
        terminal.print_json({"dry_run": dry_run, "days": [asdict(day) for day in done]})
        return
    rows = sum(day.rows for day in done)
    if dry_run:
        terminal.print_table(["day", "rows"], [[day.day, day.rows] for day in done])
        terminal.say(f"{len(done)} days with {rows:,} rows would be loaded")
    else:
        terminal.say(f"{len(done)} days loaded: {rows:,} rows")
        terminal.say("Read the late lines now: wavehouse quarantine replay")
