"""``wavehouse usage rollup`` and ``history``: usage by UTC hour and day."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.usage.cli.options import AS_JSON, SINCE, UNTIL, check_operator

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.command()
@click.option("--check", is_flag=True, help="Compare only; change nothing.")
@AS_JSON
@click.pass_context
def rollup(context: click.Context, check: bool, as_json: bool) -> None:
    """Compute usage by UTC hour and day, for the days that differ from their events.

    Works for all organizations. `wavehouse up` does it every ten minutes. Exit code 3 when --check
    finds a difference.
    """
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_FOUND
    from wavehouse.usage.service import rollups

    with context.obj() as workspace:
        check_operator(workspace)
        if not check:
            done = rollups.roll_up_usage(workspace.stores)
            if as_json:
                terminal.print_json(asdict(done))
            else:
                terminal.say(f"{done.days} days computed, {done.rows} hourly rows.")
            return
        differing = rollups.usage_differences(workspace.stores)
    if as_json:
        terminal.print_json({"differences": [asdict(each) for each in differing]})
    elif differing:
        terminal.print_table(
            ("day", "organization", "rollup", "events", "in the rollup"),
            [
                (each.day, each.organization_id, each.rollup,
                 each.expected.events if each.expected else 0,
                 each.actual.events if each.actual else 0)
                for each in differing
            ],
        )  # fmt: skip
        terminal.say("Compute them: wavehouse usage rollup")
    else:
        terminal.say("Every hour and day equals the sum of its events.")
    if differing:
        context.exit(EXIT_FOUND)


@click.command()
@click.option("--by", "grain", type=click.Choice(["hour", "day"]), default="day", show_default=True)
@SINCE
@UNTIL
@AS_JSON
@click.pass_obj
def history(
    open_workspace: OpenWorkspace,
    grain: str,
    first: datetime | None,
    last: datetime | None,
    as_json: bool,
) -> None:
    """Usage by UTC hour or day, model and project, from the rollups.

    Days here are UTC; `wavehouse usage daily` has the organization's own days. At most 10,000 rows.
    """
    from dataclasses import asdict
    from datetime import timedelta

    from wavehouse.kernel import clock, terminal
    from wavehouse.usage.service import models, rollups
    from wavehouse.usage.service.refusals import plain

    until = last.date() if last else clock.today()
    since = first.date() if first else until - timedelta(days=29)
    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.analytics.app(identity.organization_id) as tx:
            rows = rollups.usage_by_bucket(
                tx, identity=identity, grain=grain, first=since, last=until
            )
        with workspace.stores.operational.app(identity.organization_id) as operational:
            names: dict[UUID, str] = {
                model.model_id: model.name
                for model in models.list_models(operational, identity=identity)
            }
    if as_json:
        terminal.print_json({"by": grain, "rows": [asdict(row) for row in rows]})
        return
    terminal.print_table(
        (grain, "model", "project", "requests", "errors", "tokens in", "out", "cost", "slowest"),
        [
            (row.bucket if grain == "hour" else row.bucket.date(),
             names[row.model_id], row.project_id if row.project_id.int else "",
             row.requests, row.errors, row.input_tokens, row.output_tokens,
             f"{plain(row.cost)} {row.currency}",
             "" if row.latency_ms_max is None else f"{row.latency_ms_max} ms")
            for row in rows
        ],
    )  # fmt: skip
    if len(rows) == rollups.MOST_ROWS:
        terminal.say(f"The first {rollups.MOST_ROWS:,} rows; choose a shorter period for the rest.")
