"""``wavehouse downloads`` and ``wavehouse requests``: figures, and the requests behind them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from wavehouse.kernel import terminal
from wavehouse.measurement.cli.options import AS_JSON, DATE, FORMAT, ROWS, period, podcast_id_of
from wavehouse.measurement.rules import dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from wavehouse.accounts import Identity
    from wavehouse.measurement.types import PeriodFigures, TracedRequest
    from wavehouse.workspace import OpenWorkspace


class Wanted(TypedDict):
    """The requested figures: organization, days and show."""

    identity: Identity
    first: date
    last: date
    podcast_id: UUID | None


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--from-logs",
    is_flag=True,
    help="Count the log FILES in memory: nothing is stored, and all their days count.",
)
@click.option(
    "--feed",
    "feeds",
    multiple=True,
    metavar="FILE|URL",
    help="With --from-logs: count by this feed, without a database; repeatable "
    "[default: the registered shows].",
)
@click.option(
    "--media",
    type=click.Path(exists=True, path_type=Path, dir_okay=False),
    help="With --feed: a file of media file facts, as for `wavehouse ingest feed`.",
)
@click.option("--no-probe", is_flag=True, help="With --feed: do not measure media files.")
@click.option(
    "--allow-private", is_flag=True, help="With --feed: also open addresses in private networks."
)
@FORMAT
@click.option("--from", "first", type=DATE, help="First UTC day; default 28 days back.")
@click.option("--to", "last", type=DATE, help="Last UTC day, included; default the newest.")
@click.option(
    "--by",
    type=click.Choice(dimensions.names()),
    default=dimensions.DAY_SPLIT,
    show_default=True,
    help="What each row shows.",
)
@click.option(
    "--grain",
    type=click.Choice(["day", "hour"]),
    default="day",
    show_default=True,
    help="By the hour: every UTC hour with downloads, for at most 31 days.",
)
@click.option(
    "--window",
    type=click.Choice(["calendar", "first-touch", "last-touch", "all"]),
    default="calendar",
    show_default=True,
    help="Counting window: one download per listener, episode and UTC day; or 24 "
    "hours from the first touch; or until a day without requests; or all, "
    "side by side.",
)
@click.option("--show", help="Only this show, by title, guid or id.")
@AS_JSON
@click.pass_obj
def downloads(
    open_workspace: OpenWorkspace,
    files: tuple[Path, ...],
    from_logs: bool,
    feeds: tuple[str, ...],
    media: Path | None,
    no_probe: bool,
    allow_private: bool,
    log_format: str,
    first: datetime | None,
    last: datetime | None,
    by: str,
    grain: str,
    window: str,
    show: str | None,
    as_json: bool,
) -> None:
    """Counted downloads of a period, by the IAB's guidelines (PTMG v2.3; days are UTC).

    With --from-logs the figures come from log files alone, several times faster than storing them,
    and equal the counts of `wavehouse ingest logs`. Exit code 3 when lines could not be used.
    """
    from wavehouse.kernel.errors import EXIT_FOUND, UsageError
    from wavehouse.measurement.cli import from_logs as logs
    from wavehouse.measurement.cli import hours, windows
    from wavehouse.measurement.types import WindowFigures

    if not from_logs and (files or feeds or media or no_probe or allow_private):
        raise UsageError(
            "log files and feeds need --from-logs",
            command="wavehouse downloads --from-logs access.log --feed https://…/feed.xml",
        )
    if show is not None and (from_logs or window != "calendar"):
        raise UsageError("--show requires stored downloads and the calendar window")
    if grain == "hour":
        if from_logs or window != "calendar":
            raise UsageError("--grain hour requires stored downloads and the calendar window")
        hours.show(open_workspace, first, last, by, show, as_json=as_json)
        return
    how = logs.Feeds(feeds, media, no_probe, allow_private)
    figures: PeriodFigures | WindowFigures
    if window != "calendar":
        windows.refuse_by(by)
    if from_logs:
        from wavehouse.measurement.service.count_only import Wanted

        wanted = Wanted(
            by=by,
            first=first.date() if first else None,
            last=last.date() if last else None,
            format=log_format,
        )
        count = logs.figures if window == "calendar" else logs.windows
        figures = count(open_workspace, files, how, wanted)
    elif window == "calendar":
        figures = _stored(open_workspace, first, last, by, show)
    else:
        figures = windows.stored(open_workspace, first, last)
    if isinstance(figures, WindowFigures):
        windows.show(figures, by, window, as_json=as_json)
    elif as_json:
        _show_json(figures, by, window)
    else:
        _show(figures, by)
    logs.print_findings(figures)
    if figures.faults or figures.errors:
        raise SystemExit(EXIT_FOUND)


def _stored(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    by: str,
    show: str | None,
) -> PeriodFigures:
    """Stored figures, of one show or of all."""
    from wavehouse.measurement.service import reading
    from wavehouse.measurement.types import PeriodFigures

    with open_workspace() as workspace:
        begin, end = period(workspace, first, last)
        identity = workspace.identity
        with (
            workspace.stores.analytics.app(identity.organization_id) as analytics,
            workspace.stores.operational.app(identity.organization_id) as operational,
        ):
            wanted: Wanted = {
                "identity": identity,
                "first": begin,
                "last": end,
                "podcast_id": None if show is None else podcast_id_of(operational, identity, show),
            }
            rows = reading.figures(analytics, operational, by=by, **wanted)
            return PeriodFigures(
                first=begin,
                last=end,
                downloads=sum(row.downloads for row in rows),
                listeners=reading.listeners(operational, **wanted),
                prefix_estimates=reading.estimates(operational, **wanted),
                filtered=reading.filtered(operational, **wanted),
                flagged=reading.flagged(operational, **wanted),
                rows=rows,
                gaps=reading.days_without_data(
                    analytics, operational, identity=identity, first=begin, last=end
                ),
                requests_from=reading.dropped_until(
                    operational, identity=workspace.identity, first=begin
                ),
            )


def _show_json(figures: PeriodFigures, by: str, window: str) -> None:
    from wavehouse.measurement.service import lookups
    from wavehouse.measurement.types import RULE_VERSION

    rows = [
        {by: f.member, "downloads": f.downloads, **({"title": f.label} if f.label else {})}
        for f in figures.rows
    ]
    terminal.print_json(
        {
            "from": figures.first,
            "to": figures.last,
            "timezone": "UTC",
            "window": window,
            "by": by,
            "downloads": figures.downloads,
            "listeners": figures.listeners,
            "prefix_estimates": figures.prefix_estimates,
            "filtered": figures.filtered,
            "flagged": figures.flagged,
            "rows": rows,
            "rule_version": RULE_VERSION,
            "list_version": lookups.list_version(),
            **({"days_without_data": list(figures.gaps)} if figures.gaps else {}),
            **({} if figures.requests_from is None else {"requests_from": figures.requests_from}),
            **({} if figures.read is None else {"read": figures.read, "faults": figures.faults}),
        }
    )


def _say_gaps(gaps: Sequence[date]) -> None:
    """The days without data: their downloads are unknown, not zero."""
    if gaps:
        days = "day" if len(gaps) == 1 else "days"
        named = ", ".join(map(str, gaps[:3])) + (", …" if len(gaps) > 3 else "")
        terminal.say(f"No log was read of {len(gaps)} {days} ({named}): unknown, not zero.")


def _show(figures: PeriodFigures, by: str) -> None:
    gaps = {day.isoformat() for day in figures.gaps}
    if figures.downloads:
        terminal.print_table(
            [by, "downloads"],
            [
                [
                    f.label or f.member or "(unknown)",
                    "–" if by == "day" and f.member in gaps else f.downloads,
                ]
                for f in figures.rows
            ],
        )
        shown = "–" if figures.listeners is None else f"{figures.listeners:,}"
        terminal.say(
            f"{figures.downloads:,} downloads by {shown} listeners, "
            f"{figures.first} to {figures.last} (UTC)"
        )
        _say_gaps(figures.gaps)
    elif figures.read is None:
        terminal.say(
            f"No downloads from {figures.first} to {figures.last} (UTC). Register a feed, then "
            "read a log:\n  wavehouse ingest feed https://…/feed.xml\n  "
            "wavehouse ingest logs access.log"
        )
    else:
        terminal.say(f"No downloads from {figures.first} to {figures.last} (UTC).")
    if figures.read is not None and figures.filtered:
        reasons = ", ".join(f"{name} {count:,}" for name, count in figures.filtered.items())
        terminal.say(f"Filtered requests of {figures.read:,}: {reasons}")
    if contradicted := figures.flagged.get("size_contradicted"):
        terminal.say(
            f"{contradicted:,} requests contradict the size that the feed names (R29): measure the "
            "files, or describe them with --media."
        )
    if figures.requests_from is not None:
        terminal.say(
            f"Requests before {figures.requests_from} are not kept (retention, or the plan's "
            "limit): listeners are unknown, and filtered requests are counted from that day on."
        )
    if figures.prefix_estimates:
        terminal.say(
            f"{figures.prefix_estimates:,} more are prefix estimates (R30), not proved by bytes"
        )


@click.command()
@click.option("--from", "first", type=DATE, help="First UTC day.")
@click.option("--to", "last", type=DATE, help="Last UTC day, included.")
@click.option(
    "--limit", type=ROWS, default=200, show_default=True, help="Maximum number of requests."
)
@AS_JSON
@click.pass_obj
def requests(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """List stored requests, with their location and the reason why each one counts or not."""
    from wavehouse.measurement.service import reading

    with open_workspace() as workspace:
        begin, end = period(workspace, first, last)
        with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
            requests = reading.trace(
                tx, identity=workspace.identity, first=begin, last=end, limit=limit
            )
            since = reading.dropped_until(tx, identity=workspace.identity, first=begin)
    if as_json:
        rows = [_request_json(request) for request in requests]
        terminal.print_json(
            {"from": begin, "to": end, "requests_from": since or begin, "requests": rows}
        )
        return
    if since is not None:
        terminal.say(f"Requests before {since} are not kept: retention, or the plan's limit.")
    if not requests:
        terminal.say(f"No requests from {begin} to {end} (UTC).")
        return
    terminal.print_table(
        ["line", "time", "episode", "app", "bytes", "outcome", "why"],
        [
            [
                f"{Path(r.file).name}:{r.line_number}",
                r.requested_at,
                r.episode,
                r.app,
                r.range_end - r.range_start,
                r.outcome,
                _why(r),
            ]
            for r in requests
        ],
    )


def _why(r: TracedRequest) -> str:
    from wavehouse.measurement.rules.outcomes import explained, flags_explained

    reasons = (
        explained(r.outcome, r.unit_bytes, r.threshold_bytes, timed=r.timed),
        flags_explained(r.flags),
    )
    return "; ".join(filter(None, reasons))


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
