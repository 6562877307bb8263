"""``wavehouse downloads --grain hour``: each hour with downloads, by a dimension."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wavehouse.kernel import terminal
from wavehouse.measurement.cli.options import period, podcast_id_of

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


def show(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    by: str,
    title: str | None,
    *,
    as_json: bool,
) -> None:
    """Print stored downloads by the hour, of the show with this title or of all shows."""
    from wavehouse.measurement.service import reading
    from wavehouse.measurement.types import RULE_VERSION

    with open_workspace() as workspace:
        begin, end = period(workspace, first, last)
        identity = workspace.identity
        with (
            workspace.stores.analytics.app(identity.organization_id) as analytics,
            workspace.stores.operational.app(identity.organization_id) as operational,
        ):
            rows = reading.hour_figures(
                analytics,
                identity=identity,
                by=by,
                first=begin,
                last=end,
                podcast_id=podcast_id_of(operational, identity, title) if title else None,
            )
    if as_json:
        terminal.print_json(
            {
                "from": begin,
                "to": end,
                "timezone": "UTC",
                "by": by,
                "hours": [
                    {"hour": row.hour, by: row.member, "downloads": row.downloads} for row in rows
                ],
                "rule_version": RULE_VERSION,
            }
        )
        return
    if not rows:
        terminal.say(f"No downloads from {begin} to {end} (UTC).")
        return
    terminal.print_table(
        ["hour (UTC)", by, "downloads"],
        [[f"{row.hour:%Y-%m-%d %H:00}", row.member or "(unknown)", row.downloads] for row in rows],
    )
    terminal.say(f"{sum(row.downloads for row in rows):,} downloads, {begin} to {end} (UTC)")
