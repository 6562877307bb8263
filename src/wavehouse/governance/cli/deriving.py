"""``wavehouse lineage``: the columns derived from a column, and its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def lineage() -> None:
    """Show the derivations between columns, over views and rollups."""


@lineage.command()
@click.argument("column")
@_JSON
@click.pass_obj
def impact(open_workspace: OpenWorkspace, column: str, as_json: bool) -> None:
    """List the columns derived from COLUMN: operational.measurement.listener_events.platform."""
    _walk(open_workspace, column, as_json, downstream=True)


@lineage.command()
@click.argument("column")
@_JSON
@click.pass_obj
def upstream(open_workspace: OpenWorkspace, column: str, as_json: bool) -> None:
    """List the sources of COLUMN, such as analytics.analytics.audience_daily.listeners."""
    _walk(open_workspace, column, as_json, downstream=False)


def _walk(open_workspace: OpenWorkspace, column: str, as_json: bool, *, downstream: bool) -> None:
    from wavehouse.governance.service import classifying
    from wavehouse.kernel import terminal
    from wavehouse.queue import check_operator

    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        edges = classifying.derivations(workspace.stores.databases, column, downstream=downstream)
    if as_json:
        terminal.print_json(
            {
                "column": column,
                "edges": [{"from": e.source, "to": e.target, "job": e.job} for e in edges],
            }
        )
    elif edges:
        terminal.print_table(["from", "to", "by"], [[e.source, e.target, e.job] for e in edges])
    else:
        direction = "is derived from it" if downstream else "is a source of it"
        terminal.say(f"No column {direction}.")
