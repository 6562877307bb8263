"""``wavehouse metrics``: the values of ``/metrics``, and a Grafana dashboard for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.group()
def metrics() -> None:
    """Values for Prometheus, and a Grafana dashboard with a panel for each."""


@metrics.command()
@click.pass_obj
def show(open_workspace: OpenWorkspace) -> None:
    """Print the values of /metrics, in Prometheus' text format."""
    from wavehouse.kernel import terminal
    from wavehouse.wiring.exposition import exposition

    with open_workspace() as workspace:
        text = exposition(workspace.stores, identity=workspace.identity)
    terminal.out(text.rstrip("\n"))


@metrics.command()
def dashboard() -> None:
    """Print the Grafana dashboard as JSON, for import. It does not open a database."""
    from wavehouse.kernel import terminal
    from wavehouse.wiring.grafana import written

    terminal.out(written().rstrip("\n"))
