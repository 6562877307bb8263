"""Commands of ``measurement``: logs in, downloads out, and how each came to be."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND

if TYPE_CHECKING:
    from wavehouse.accounts import OpenWorkplace, Workplace
    from wavehouse.measurement.types import FileResult, Tally

REPLAY_READERS = "wavehouse.replay_readers"
"""Where the program puts the readers of other contexts' files: a key of click's ``meta``."""

_DATE = click.DateTime(["%Y-%m-%d"])
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def _period(place: Workplace, first: datetime | None, last: datetime | None) -> tuple[date, date]:
    """The days asked for; without them the last 28 days that have data."""
    from wavehouse.kernel import clock
    from wavehouse.kernel.errors import UsageError
    from wavehouse.measurement.service import reading

    known = reading.known_period(place)
    end = last.date() if last else (known[1] if known else clock.today())
    begin = first.date() if first else end - 27 * clock.DAY
    if begin > end:
        raise UsageError(f"--from {begin} is after --to {end}")
    return begin, end


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--format",
    "log_format",
    type=click.Choice(["auto", "cloudfront", "combined"]),
    default="auto",
    show_default=True,
    help="The log format; auto looks at the first lines.",
)
@click.option("--no-count", is_flag=True, help="Only store; count with `wavehouse rollup run`.")
@_JSON
@click.pass_obj
def logs(
    open_workplace: OpenWorkplace,
    files: tuple[Path, ...],
    log_format: str,
    no_count: bool,
    as_json: bool,
) -> None:
    """Read access logs, plain or gzip, and count the downloads in them.

    CloudFront's standard format and nginx or Apache combined, the latter best with the range, the
    content range and the host added (docs/guides/logs.md). A file that was read before, was
    renamed or has grown adds only what is new. Rows that cannot be used go to the quarantine; the
    exit code is then 3.
    """
    from wavehouse.measurement.service import counting, rolling

    with open_workplace() as place:
        results, total = _read_files(place, files, log_format)
        counted = rolled = None
        if not no_count:
            pending = counting.pending_days(place)
            with terminal.progress("Counting days", len(pending), "days") as meter:
                counted = counting.count(place, on_day=lambda _: meter.advance(1))
            rolled = rolling.roll_up(place)
    if as_json:
        terminal.print_json(
            {
                **_tally_json(total),
                "files": [
                    {
                        "file": r.name,
                        "format": r.format,
                        "note": r.note,
                        "error": r.error,
                        **_tally_json(r.tally),
                    }
                    for r in results
                ],
                "downloads": counted and counted.downloads_added - counted.downloads_removed,
                "hours_rolled_up": rolled and rolled.hours,
            }
        )
    else:
        _show_results(results, total)
        if counted:
            terminal.say(
                f"{counted.downloads_added - counted.downloads_removed:+,} downloads on "
                f"{counted.days} days. See: wavehouse downloads"
            )
    unread = [r.error for r in results if r.error]
    for error in unread:
        terminal.say(f"Error: {error}")
    if total.quarantined or total.faults:
        terminal.say("Some rows could not be used: wavehouse quarantine list")
    if unread or total.quarantined or total.faults:
        raise SystemExit(EXIT_FOUND)


def _read_files(
    place: Workplace, files: tuple[Path, ...], log_format: str
) -> tuple[list[FileResult], Tally]:
    from wavehouse.measurement.service.ingest import ingest_logs
    from wavehouse.measurement.types import Tally

    results: list[FileResult] = []
    total = Tally()
    size = sum(path.stat().st_size for path in files)
    with terminal.progress("Reading logs", size, "bytes") as meter:
        for result in ingest_logs(place, files, format=log_format, on_bytes=meter.advance):
            results.append(result)
            total.add(result.tally)
    return results, total


def _tally_json(tally: Tally) -> dict[str, object]:
    return {
        "read": tally.read,
        "stored": tally.stored,
        "duplicate": tally.duplicate,
        "filtered": tally.filtered,
        "quarantined": tally.quarantined,
        "faults": tally.faults,
    }


def _show_results(results: list[FileResult], total: Tally) -> None:
    results = [r for r in results if not r.error]
    if not results:
        return
    shown = results if len(results) <= 20 else results[:19]
    rows: list[list[object]] = [
        [
            Path(r.name).name,
            r.format,
            r.tally.read,
            r.tally.stored,
            r.tally.duplicate,
            sum(r.tally.filtered.values()),
            r.tally.quarantined,
            r.note,
        ]
        for r in shown
    ]
    if len(results) > len(shown):
        rows.append([f"… {len(results) - len(shown)} more files", "", "", "", "", "", "", ""])
    if len(results) > 1:
        counts = [total.read, total.stored, total.duplicate, sum(total.filtered.values())]
        rows.append(["total", "", *counts, total.quarantined, ""])
    terminal.print_table(
        ["file", "format", "read", "stored", "duplicate", "filtered", "quarantined", ""], rows
    )
    if total.filtered:
        terminal.print_table(["filtered because", "requests"], sorted(total.filtered.items()))


@click.command()
@click.option("--from", "first", type=_DATE, help="First UTC day; default 28 days back.")
@click.option("--to", "last", type=_DATE, help="Last UTC day, included; default the newest.")
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
@_JSON
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
        begin, end = _period(place, first, last)
        found = reading.figures(place, cast("reading.By", by), first=begin, last=end)
        people = reading.listeners(place, first=begin, last=end)
        estimates = reading.estimates(place, first=begin, last=end)
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
                "rows": rows,
                "rule_version": RULE_VERSION,
                "list_version": lookups.list_version(),
            }
        )
        return
    if not total:
        terminal.say(
            f"No downloads from {begin} to {end} (UTC). Register a feed, then read a log:\n"
            "  wavehouse ingest feed https://…/feed.xml\n  wavehouse ingest logs access.log"
        )
        return
    terminal.print_table(
        [by, "downloads"], [[f.label or f.member or "(unknown)", f.downloads] for f in found]
    )
    shown = "–" if people is None else f"{people:,}"
    terminal.say(f"{total:,} downloads by {shown} listeners, {begin} to {end} (UTC)")
    if estimates:
        terminal.say(f"{estimates:,} more are prefix estimates (R30): no bytes prove them")


@click.command()
@click.option("--from", "first", type=_DATE, help="First UTC day.")
@click.option("--to", "last", type=_DATE, help="Last UTC day, included.")
@click.option("--limit", default=200, show_default=True, help="At most so many requests.")
@_JSON
@click.pass_obj
def requests(
    open_workplace: OpenWorkplace,
    first: datetime | None,
    last: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Each stored request, where it stood, and why it counts or does not."""
    from wavehouse.measurement.rules.outcomes import explained
    from wavehouse.measurement.service import reading

    with open_workplace() as place:
        begin, end = _period(place, first, last)
        found = reading.trace(place, first=begin, last=end, limit=limit)
    if as_json:
        terminal.print_json(
            {
                "from": begin,
                "to": end,
                "requests": [
                    {
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
                        "unit_bytes": r.unit_bytes,
                        "threshold_bytes": r.threshold_bytes,
                        "why": explained(r.outcome, r.unit_bytes, r.threshold_bytes),
                    }
                    for r in found
                ],
            }
        )
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
                explained(r.outcome, r.unit_bytes, r.threshold_bytes),
            ]
            for r in found
        ],
    )


@click.group()
def rollup() -> None:
    """Rollups: recompute what is dirty, hold them against the raw events."""


@rollup.command()
@click.option("--recount", is_flag=True, help="Count days anew as a whole before rolling up.")
@click.option("--from", "first", type=_DATE, help="With --recount: first UTC day.")
@click.option("--to", "last", type=_DATE, help="With --recount: last UTC day, included.")
@_JSON
@click.pass_obj
def run(
    open_workplace: OpenWorkplace,
    recount: bool,
    first: datetime | None,
    last: datetime | None,
    as_json: bool,
) -> None:
    """Count what waits and recompute the dirty hours, whatever their age."""
    from wavehouse.measurement.service import counting, rolling

    with open_workplace() as place:
        if recount:
            begin, end = _period(place, first, last)
            counted = counting.recount(place, first=begin, last=end)
        else:
            counted = counting.count(place)
        rolled = rolling.roll_up(place)
    if as_json:
        terminal.print_json(
            {
                "days_counted": counted.days,
                "downloads_added": counted.downloads_added,
                "downloads_removed": counted.downloads_removed,
                "hours": rolled.hours,
                "days": rolled.days,
                "rows": rolled.rows,
            }
        )
    else:
        terminal.say(
            f"{counted.days} days counted, {rolled.hours} hours and {rolled.days} days rolled up"
        )


@rollup.command()
@click.option("--repair", is_flag=True, help="Recompute the hours that differ.")
@_JSON
@click.pass_obj
def reconcile(open_workplace: OpenWorkplace, repair: bool, as_json: bool) -> None:
    """Hold every hour and day of the rollups against the raw events; exit code 3 if any differs."""
    from wavehouse.measurement.service import rolling

    with open_workplace() as place:
        found = rolling.reconcile(place, repair=repair)
    if as_json:
        terminal.print_json(
            {
                "hours": found.hours,
                "raw_events": found.raw_events,
                "rollup_events": found.rollup_events,
                "mismatches": [
                    {
                        "table": m.table,
                        "hour": m.hour,
                        "podcast": m.podcast_id,
                        "raw": m.raw,
                        "rollup": m.rollup,
                    }
                    for m in found.mismatches
                ],
                "repaired": repair and bool(found.mismatches),
            }
        )
    elif found.mismatches:
        terminal.print_table(
            ["table", "hour", "podcast", "raw", "rollup"],
            [[m.table, m.hour, m.podcast_id, m.raw, m.rollup] for m in found.mismatches[:50]],
        )
    else:
        terminal.say(f"{found.hours:,} hours, {found.raw_events:,} events: all equal")
    if found.mismatches:
        hint = "repaired" if repair else "repair with: wavehouse rollup reconcile --repair"
        terminal.say(f"{len(found.mismatches)} mismatches; {hint}")
        raise SystemExit(EXIT_FOUND)


@click.group()
def quarantine() -> None:
    """Rows of logs that could not be used. Listings are masked; files are read again at replay."""


@quarantine.command("list")
@click.option("--limit", default=100, show_default=True, help="At most so many rows.")
@_JSON
@click.pass_obj
def list_rows(open_workplace: OpenWorkplace, limit: int, as_json: bool) -> None:
    """What waits in the quarantine: file, line, byte and reason."""
    from wavehouse.measurement.rules.outcomes import fault_explained
    from wavehouse.measurement.service import quarantine as service

    with open_workplace() as place:
        rows = service.listed(place, limit=limit)
        keep = place.settings["raw_retention_days"]
    if as_json:
        terminal.print_json(
            {
                "rows": [
                    {
                        "id": r.quarantine_id,
                        "file": r.file,
                        "line": r.line_number,
                        "byte": r.byte_offset,
                        "length": r.byte_length,
                        "reason": r.reason,
                        "why": fault_explained(r.reason, keep),
                        "excerpt": r.excerpt,
                        "quarantined_at": r.quarantined_at,
                    }
                    for r in rows
                ]
            }
        )
    elif rows:
        terminal.print_table(
            ["file:line", "byte", "why", "excerpt"],
            [
                [
                    f"{r.file}:{r.line_number}",
                    r.byte_offset,
                    fault_explained(r.reason, keep),
                    r.excerpt[:60],
                ]
                for r in rows
            ],
        )
        terminal.say("Mend the files and type: wavehouse quarantine replay")
    else:
        terminal.say("The quarantine is empty.")


@quarantine.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@_JSON
@click.pass_context
def replay(context: click.Context, ids: tuple[object, ...], as_json: bool) -> None:
    """Read quarantined rows again from their files: all, or those with these IDS."""
    from uuid import UUID

    from wavehouse.measurement.service import counting, rolling
    from wavehouse.measurement.service import quarantine as service

    # The program hands down who reads the files of other contexts, which lie above this one.
    readers = context.meta.get(REPLAY_READERS, service.NO_READERS)
    with context.obj() as place:
        done = service.replay(place, ids=[UUID(str(one)) for one in ids], readers=readers)
        counting.count(place)
        rolling.roll_up(place)
    if as_json:
        terminal.print_json(
            {
                "tried": done.tried,
                "stored": done.stored,
                "still_quarantined": done.still_bad,
                "unreadable": list(done.unreadable),
            }
        )
    else:
        terminal.say(f"{done.tried} rows tried, {done.stored} good now, {done.still_bad} still bad")
        for problem in done.unreadable:
            terminal.say(problem)
    if done.still_bad:
        raise SystemExit(EXIT_FOUND)


@quarantine.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@click.option("--all", "everything", is_flag=True, help="Discard every row.")
@click.pass_obj
def discard(open_workplace: OpenWorkplace, ids: tuple[object, ...], everything: bool) -> None:
    """Give up on rows: those with these IDS, or --all. The audit log remembers how many."""
    from uuid import UUID

    from wavehouse.measurement.service import quarantine as service

    if not ids and not everything:
        raise click.UsageError("Name the rows to discard, or say --all.")
    with open_workplace() as place:
        closed = service.discard(place, ids=[UUID(str(one)) for one in ids])
    terminal.say(f"{closed} rows discarded")
