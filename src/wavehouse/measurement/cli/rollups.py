"""``wavehouse rollup``: recompute changed hours, compare rollups with the events."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND
from wavehouse.measurement.cli.options import AS_JSON, DATE, period

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.group()
def rollup() -> None:
    """Rollups: recompute changed hours, compare them with the raw events."""


@rollup.command()
@click.option("--recount", is_flag=True, help="Recount whole days before rolling up.")
@click.option("--from", "first", type=DATE, help="With --recount: first UTC day.")
@click.option("--to", "last", type=DATE, help="With --recount: last UTC day, included.")
@AS_JSON
@click.pass_obj
def run(
    open_workspace: OpenWorkspace,
    recount: bool,
    first: datetime | None,
    last: datetime | None,
    as_json: bool,
) -> None:
    """Count pending requests and recompute the dirty hours, whatever their age."""
    from wavehouse.measurement.service import counting, rolling

    with open_workspace() as workspace:
        if not recount and (first or last):
            raise click.UsageError("--from and --to need --recount")
        if recount:
            begin, end = period(workspace, first, last)
            counted = counting.recount(
                workspace.stores.operational, workspace.settings, first=begin, last=end
            )
        else:
            counted = counting.count(workspace.stores.operational, workspace.settings)
        rolled = rolling.roll_up(workspace.stores)
    if as_json:
        terminal.print_json(
            {
                "days_counted": counted.days,
                "downloads_added": counted.downloads_added,
                "downloads_removed": counted.downloads_removed,
                "hours": rolled.hours,
                "days": rolled.days,
                "rows": rolled.rows,
            }
        )
    else:
        terminal.say(
            f"{counted.days} days counted, {rolled.hours} hours and {rolled.days} days rolled up"
        )


@rollup.command()
@click.option("--repair", is_flag=True, help="Recompute the hours that differ.")
@AS_JSON
@click.pass_obj
def reconcile(open_workspace: OpenWorkspace, repair: bool, as_json: bool) -> None:
    """Compare all hours and days of the rollups with the raw events; exit code 3 if any differ."""
    from wavehouse.measurement.service import rolling

    with open_workspace() as workspace:
        reconciliation = rolling.reconcile(workspace.stores, repair=repair)
    if as_json:
        terminal.print_json(
            {
                "hours": reconciliation.hours,
                "raw_events": reconciliation.raw_events,
                "rollup_events": reconciliation.rollup_events,
                "mismatches": [
                    {
                        "table": m.table,
                        "hour": m.hour,
                        "podcast": m.podcast_id,
                        "raw": m.raw,
                        "rollup": m.rollup,
                    }
                    for m in reconciliation.mismatches
                ],
                "repaired": repair and bool(reconciliation.mismatches),
            }
        )
    elif reconciliation.mismatches:
        terminal.print_table(
            ["table", "hour", "podcast", "raw", "rollup"],
            [
                [m.table, m.hour, m.podcast_id, m.raw, m.rollup]
                for m in reconciliation.mismatches[:50]
            ],
        )
    else:
        terminal.say(
            f"{reconciliation.hours:,} hours, {reconciliation.raw_events:,} events: all equal"
        )
    if reconciliation.mismatches:
        hint = "repaired" if repair else "repair with: wavehouse rollup reconcile --repair"
        terminal.say(f"{len(reconciliation.mismatches)} mismatches; {hint}")
        raise SystemExit(EXIT_FOUND)
