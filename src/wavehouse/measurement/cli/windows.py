"""``wavehouse downloads --window``: the windows side by side, with the difference in words."""

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
    """UsageError for what only the calendar window is counted by."""
    if by not in ("day", "episode"):
        raise UsageError(
            f"--by {by} is only available for the calendar window",
            hint="Use --by day or --by episode.",
        )


def stored(
    open_workspace: OpenWorkspace, first: datetime | None, last: datetime | None
) -> WindowFigures:
    """What is stored, by every window."""
    from wavehouse.measurement.service.windows import by_window

    with open_workspace() as workspace:
        begin, end = period(workspace, first, last)
        with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
            return by_window(tx, identity=workspace.identity, first=begin, last=end)


def show(found: WindowFigures, by: str, window: str, *, as_json: bool) -> None:
    """Print the windows asked for."""
    chosen = NAMES if window == "all" else (window,)
    rows = _rows(found, by, chosen)
    if as_json:
        terminal.print_json(_json(found, by, chosen, rows))
        return
    terminal.print_table([by, *chosen], [[row["label"], *(row[w] for w in chosen)] for row in rows])
    totals = ", ".join(f"{found.downloads[w]:,} {w}" for w in chosen)
    terminal.say(f"{totals}; {found.first} to {found.last} (UTC)")
    for sentence in rules.differences(found):
        terminal.say(sentence)


def _rows(found: WindowFigures, by: str, chosen: tuple[str, ...]) -> list[dict[str, Any]]:
    tables = found.by_day if by == "day" else found.by_episode
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
    found: WindowFigures, by: str, chosen: tuple[str, ...], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    from wavehouse.measurement.types import RULE_VERSION

    return {
        "from": found.first,
        "to": found.last,
        "timezone": "UTC",
        "by": by,
        "windows": {window: found.downloads[window] for window in chosen},
        "rows": [
            {by: row["member"], **{w: row[w] for w in chosen}}
            | ({"title": row["label"]} if by == "episode" else {})
            for row in rows
        ],
        "gained": dict(found.gained),
        "lost": dict(found.lost),
        "difference": rules.differences(found),
        "rule_version": RULE_VERSION,
        **({} if found.read is None else {"read": found.read, "faults": dict(found.faults)}),
    }
