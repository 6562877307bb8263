"""``wavehouse indexes``: the slim or the full set of indexes on raw listener events."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal
from wavehouse.measurement.cli.options import AS_JSON

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace, Workspace


@click.group()
def indexes() -> None:
    """Indexes on raw listener events: the slim set, or the full one.

    The slim set has the primary key and indexes by episode and by campaign. The full set adds
    podcast, platform and event type, each by time, for your own SQL on raw events. No page, command
    or report of the product needs it; it uses about as much disk as the events themselves.
    """


@indexes.command()
@AS_JSON
@click.pass_obj
def show(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Each index with its size and the days that have it."""
    with open_workspace() as workspace:
        _print(workspace, as_json=as_json)


@indexes.command()
@AS_JSON
@click.pass_obj
def full(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Build the full set, day by day; a second run continues where the first stopped."""
    from wavehouse.measurement.service import event_indexes as service

    with open_workspace() as workspace:
        with terminal.progress("Building indexes", unit="days") as meter:
            made = service.use_full_set(
                workspace.stores.operational,
                identity=workspace.identity,
                on_day=meter.advance,
            )
        terminal.say(f"{made} daily indexes were built.")
        _print(workspace, as_json=as_json)


@indexes.command()
@AS_JSON
@click.pass_obj
def slim(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Drop the indexes that only the full set has."""
    from wavehouse.measurement.service import event_indexes as service

    with open_workspace() as workspace:
        service.use_slim_set(workspace.stores.operational, identity=workspace.identity)
        _print(workspace, as_json=as_json)


def _print(workspace: Workspace, *, as_json: bool) -> None:
    from wavehouse.measurement.service import event_indexes as service

    event_indexes = service.event_indexes(workspace.stores.operational, identity=workspace.identity)
    if as_json:
        terminal.print_json({"indexes": [asdict(index) for index in event_indexes]})
        return
    terminal.print_table(
        ("index", "days", "of", "bytes"),
        [(index.name, index.days, index.all_days, index.bytes) for index in event_indexes],
    )
