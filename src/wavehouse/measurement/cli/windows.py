"""``wavehouse downloads --window``: the windows side by side, and why they differ."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import UsageError
from wavehouse.measurement.cli.options import period
from wavehouse.measurement.rules import windows as rules

if TYPE_CHECKING:
    from wavehouse.measurement.types import WindowFigures
    from wavehouse.workspace import OpenWorkspace

NAMES = ("calendar", "first-touch", "last-touch")


def refuse_by(by: str) -> None:
    """UsageError for splits that only the calendar window supports."""
    if by not in ("day", "episode"):
        raise UsageError(
            f"--by {by} is only available for the calendar window",
            hint="Use --by day or --by episode.",
        )


def stored(
    open_workspace: OpenWorkspace, first: datetime | None, last: datetime | None
) -> WindowFigures:
    """Stored downloads by every window."""
    from wavehouse.measurement.service.windows import by_window

    with open_workspace() as workspace:
        begin, end = period(workspace, first, last)
        with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
            return by_window(tx, identity=workspace.identity, first=begin, last=end)


def show(figures: WindowFigures, by: str, window: str, *, as_json: bool) -> None:
    """Print the requested windows."""
    chosen = NAMES if window == "all" else (window,)
    rows = _rows(figures, by, chosen)
    if as_json:
        terminal.print_json(_json(figures, by, chosen, rows))
        return
    terminal.print_table([by, *chosen], [[row["label"], *(row[w] for w in chosen)] for row in rows])
    totals = ", ".join(f"{figures.downloads[w]:,} {w}" for w in chosen)
    terminal.say(f"{totals}; {figures.first} to {figures.last} (UTC)")
    for sentence in rules.differences(figures):
        terminal.say(sentence)


def _rows(figures: WindowFigures, by: str, chosen: tuple[str, ...]) -> list[dict[str, Any]]:
    tables = figures.by_day if by == "day" else figures.by_episode
    rows: dict[str, dict[str, Any]] = {}
    for window in chosen:
        for figure in tables[window]:
            row = rows.setdefault(
                figure.member,
                {"member": figure.member, "label": figure.label or figure.member}
                | dict.fromkeys(chosen, 0),
            )
            row[window] = figure.downloads
    return list(rows.values())


def _json(
    figures: WindowFigures, by: str, chosen: tuple[str, ...], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    from wavehouse.measurement.types import RULE_VERSION

    return {
        "from": figures.first,
        "to": figures.last,
        "timezone": "UTC",
        "by": by,
        "windows": {window: figures.downloads[window] for window in chosen},
        "rows": [
            {by: row["member"], **{w: row[w] for w in chosen}}
            | ({"title": row["label"]} if by == "episode" else {})
            for row in rows
        ],
        "gained": dict(figures.gained),
        "lost": dict(figures.lost),
        "difference": rules.differences(figures),
        "rule_version": RULE_VERSION,
        **({} if figures.read is None else {"read": figures.read, "faults": dict(figures.faults)}),
    }
