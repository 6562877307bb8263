"""``wavehouse usage reprice`` and ``reconcile``: corrections."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from wavehouse.kernel.options import DAY
from wavehouse.usage.cli.options import AS_JSON, check_operator, utc

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.command()
@click.option("--model", required=True, help="The model whose price was wrong.")
@click.option("--from", "since", type=DAY, help="First day (UTC); default: 400 days ago.")
@click.option("--to", "until", type=DAY, help="Last day (UTC), included; default: now.")
@click.option("--dry-run", is_flag=True, help="Show the difference; change nothing.")
@AS_JSON
@click.pass_obj
def reprice(
    open_workspace: OpenWorkspace,
    model: str,
    since: datetime | None,
    until: datetime | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Recalculate a model's past usage at its corrected prices, by adjustment events.

    Works for all organizations; jobs waiting for budget run again. Running it twice adjusts nothing
    the second time.
    """
    from dataclasses import asdict

    from wavehouse.kernel import clock, terminal
    from wavehouse.usage.service import correcting
    from wavehouse.usage.service.refusals import plain

    with open_workspace() as workspace:
        check_operator(workspace)
        last = utc(until)
        done = correcting.reprice(
            workspace.stores.operational,
            identity=workspace.identity,
            model=model,
            since=utc(since) or clock.now() - timedelta(days=400),
            until=None if last is None else last + timedelta(days=1),
            dry_run=dry_run,
        )
    if as_json:
        terminal.print_json(asdict(done))
        return
    verb = "would be adjusted" if dry_run else "adjusted"
    terminal.say(
        f"{done.examined} events examined, {done.adjusted} {verb}, "
        f"{plain(done.difference)} in all; {done.unblocked} jobs run again."
    )


@click.command()
@click.option("--repair", is_flag=True, help="Set the totals to the sums of their events.")
@AS_JSON
@click.pass_context
def reconcile(context: click.Context, repair: bool, as_json: bool) -> None:
    """Compare daily totals and budgets with the events, exactly.

    Exit code 3 when something differs and is not repaired. Also done every day by `wavehouse up`.
    """
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_FOUND
    from wavehouse.usage.service import correcting

    with context.obj() as workspace:
        rows = correcting.reconcile(
            workspace.stores.operational, identity=workspace.identity, repair=repair
        )
    if as_json:
        terminal.print_json({"differences": [asdict(row) for row in rows], "repaired": repair})
    elif rows:
        terminal.print_table(
            ("total", "of", "should be", "is"),
            [(row.total, row.key, row.expected, row.actual) for row in rows],
        )
        terminal.say("Repaired." if repair else "Repair: wavehouse usage reconcile --repair")
    else:
        terminal.say("Every total equals the sum of its events.")
    if rows and not repair:
        context.exit(EXIT_FOUND)
