"""``wavehouse audience``: distinct listeners of a stated period (R43, R44)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal
from wavehouse.measurement.cli.options import AS_JSON, DATE, period

if TYPE_CHECKING:
    from wavehouse.measurement.types import Audience, AudienceLine
    from wavehouse.workspace import OpenWorkspace


@click.command()
@click.option("--from", "first", type=DATE, help="First UTC day; default 28 days back.")
@click.option("--to", "last", type=DATE, help="Last UTC day, included; default the newest.")
@click.option(
    "--by",
    type=click.Choice(["show", "episode"]),
    default="show",
    show_default=True,
    help="One line per show or per episode.",
)
@AS_JSON
@click.pass_obj
def audience(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    by: str,
    as_json: bool,
) -> None:
    """Distinct listeners of a period: an address and its user agent, by the IAB's guidelines.

    A listener of two episodes, or on two days, is one listener, so rows do not add up. Listener
    keys change every month; each listener also has a key for the previous month, so that a period
    may span two adjacent months. A longer period is reported month by month.
    """
    from wavehouse.measurement.service.audience import audience as counted

    with open_workspace() as workspace:
        begin, end = period(workspace, first, last)
        with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
            figures = counted(tx, identity=workspace.identity, first=begin, last=end)
    if as_json:
        terminal.print_json(_json(figures))
        return
    if figures.months:
        terminal.print_table(["month", "days", "listeners"], _rows(figures.months, named=True))
        terminal.say(
            f"{begin} to {end} spans more than two months: listeners cannot be "
            "matched across it, and months cannot be added (R44)."
        )
        return
    lines = figures.shows if by == "show" else figures.episodes
    if not lines:
        terminal.say(f"No downloads from {begin} to {end} (UTC).")
        return
    terminal.print_table([by, "listeners"], _rows(lines, named=False))
    total = "not computable (R44)" if figures.total is None else f"{figures.total:,}"
    terminal.say(f"Total: {total}; {begin} to {end} (UTC). Lines do not add up (R43).")


def _rows(lines: list[AudienceLine], *, named: bool) -> list[list[object]]:
    return [
        [*([line.member] if named else []), line.label or line.member, _shown(line.listeners)]
        for line in lines
    ]


def _shown(listeners: int | None) -> object:
    return "not computable" if listeners is None else listeners


def _json(audience: Audience) -> dict[str, object]:
    from wavehouse.measurement.types import RULE_VERSION

    def as_rows(lines: list[AudienceLine], key: str, name: str) -> list[dict[str, object]]:
        return [{key: o.member, name: o.label, "listeners": o.listeners} for o in lines]

    return {
        "from": audience.first,
        "to": audience.last,
        "timezone": "UTC",
        "listeners": audience.total,
        "shows": as_rows(audience.shows, "podcast_id", "title"),
        "episodes": as_rows(audience.episodes, "episode_id", "title"),
        "months": as_rows(audience.months, "month", "days"),
        "additive": False,
        "rule_version": RULE_VERSION,
    }
