"""``wavehouse downloads`` and ``wavehouse requests``: figures, and the lines behind them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel import terminal
from wavehouse.measurement.cli.options import AS_JSON, DATE, ROWS, period

if TYPE_CHECKING:
    from wavehouse.accounts import OpenWorkplace
    from wavehouse.measurement.types import TracedRequest


@click.command()
@click.option("--from", "first", type=DATE, help="First UTC day; default 28 days back.")
@click.option("--to", "last", type=DATE, help="Last UTC day, included; default the newest.")
@click.option(
    "--by",
    type=click.Choice(["day", "episode", "app", "country"]),
    default="day",
    show_default=True,
    help="One line per day, episode, app or country.",
)
@click.option(
    "--window",
    type=click.Choice(["calendar"]),
    default="calendar",
    show_default=True,
    help="Counting window: one download per listener, episode and UTC day.",
)
@AS_JSON
@click.pass_obj
def downloads(
    open_workplace: OpenWorkplace,
    first: datetime | None,
    last: datetime | None,
    by: str,
    window: str,
    as_json: bool,
) -> None:
    """Counted downloads of a period, by the IAB's guidelines (PTMG v2.3; days are UTC)."""
    from typing import cast

    from wavehouse.measurement.service import lookups, reading
    from wavehouse.measurement.types import RULE_VERSION

    with open_workplace() as place:
        begin, end = period(place, first, last)
        found = reading.figures(place, cast("reading.By", by), first=begin, last=end)
        people = reading.listeners(place, first=begin, last=end)
        estimates = reading.estimates(place, first=begin, last=end)
        filtered = reading.filtered(place, first=begin, last=end)
        flagged = reading.flagged(place, first=begin, last=end)
    total = sum(figure.downloads for figure in found)
    if as_json:
        rows = [
            {by: f.member, "downloads": f.downloads, **({"title": f.label} if f.label else {})}
            for f in found
        ]
        terminal.print_json(
            {
                "from": begin,
                "to": end,
                "timezone": "UTC",
                "window": window,
                "by": by,
                "downloads": total,
                "listeners": people,
                "prefix_estimates": estimates,
                "filtered": filtered,
                "flagged": flagged,
                "rows": rows,
                "rule_version": RULE_VERSION,
                "list_version": lookups.list_version(),
            }
        )
        return
    if total:
        terminal.print_table(
            [by, "downloads"], [[f.label or f.member or "(unknown)", f.downloads] for f in found]
        )
        shown = "–" if people is None else f"{people:,}"
        terminal.say(f"{total:,} downloads by {shown} listeners, {begin} to {end} (UTC)")
    else:
        terminal.say(
            f"No downloads from {begin} to {end} (UTC). Register a feed, then read a log:\n"
            "  wavehouse ingest feed https://…/feed.xml\n  wavehouse ingest logs access.log"
        )
    if estimates:
        terminal.say(f"{estimates:,} more are prefix estimates (R30): no bytes prove them")


@click.command()
@click.option("--from", "first", type=DATE, help="First UTC day.")
@click.option("--to", "last", type=DATE, help="Last UTC day, included.")
@click.option(
    "--limit", type=ROWS, default=200, show_default=True, help="At most so many requests."
)
@AS_JSON
@click.pass_obj
def requests(
    open_workplace: OpenWorkplace,
    first: datetime | None,
    last: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Each stored request, where it stood, and why it counts or does not."""
    from wavehouse.measurement.service import reading

    with open_workplace() as place:
        begin, end = period(place, first, last)
        found = reading.trace(place, first=begin, last=end, limit=limit)
    if as_json:
        rows = [_request_json(request) for request in found]
        terminal.print_json({"from": begin, "to": end, "requests": rows})
        return
    if not found:
        terminal.say(f"No requests from {begin} to {end} (UTC).")
        return
    terminal.print_table(
        ["line", "time (UTC)", "episode", "app", "bytes", "outcome", "why"],
        [
            [
                f"{Path(r.file).name}:{r.line_number}",
                f"{r.requested_at:%Y-%m-%d %H:%M:%S}",
                r.episode,
                r.app,
                r.range_end - r.range_start,
                r.outcome,
                _why(r),
            ]
            for r in found
        ],
    )


def _why(r: TracedRequest) -> str:
    from wavehouse.measurement.rules.outcomes import explained, flags_explained

    told = (
        explained(r.outcome, r.unit_bytes, r.threshold_bytes, timed=r.timed),
        flags_explained(r.flags),
    )
    return "; ".join(filter(None, told))


def _request_json(r: TracedRequest) -> dict[str, Any]:
    from wavehouse.measurement.rules.outcomes import explained

    return {
        "at": r.requested_at,
        "file": r.file,
        "line": r.line_number,
        "episode": r.episode,
        "method": r.method,
        "status": r.status,
        "bytes": r.range_end - r.range_start,
        "network": r.network,
        "country": r.country_code,
        "app": r.app,
        "outcome": r.outcome,
        "flags": list(r.flags),
        "unit_bytes": r.unit_bytes,
        "threshold_bytes": r.threshold_bytes,
        "why": explained(r.outcome, r.unit_bytes, r.threshold_bytes, timed=r.timed),
    }
