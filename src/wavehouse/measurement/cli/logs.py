"""``wavehouse ingest logs``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND
from wavehouse.measurement.cli.inclusions import alert
from wavehouse.measurement.cli.options import AS_JSON, FORMAT

if TYPE_CHECKING:
    from wavehouse.measurement.types import Counted, FileResult, RolledUp, Tally
    from wavehouse.workspace import OpenWorkspace, Workspace


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@FORMAT
@click.option(
    "--no-count", is_flag=True, help="Only store; count later with `wavehouse rollup run`."
)
@AS_JSON
@click.pass_obj
def logs(
    open_workspace: OpenWorkspace,
    files: tuple[Path, ...],
    log_format: str,
    no_count: bool,
    as_json: bool,
) -> None:
    """Read access logs, plain or compressed, and count their downloads.

    CloudFront's standard format; nginx or Apache combined, preferably with the range, the content
    range and the host added; JSON lines of Fastly or of Cloudflare's Logpush; OP3's hits, whose
    redirects are estimates (R30). For the fields of each see docs/guides/logs.md. A file that was
    read before, was renamed or has grown adds only its new lines. Rows that cannot be used go to
    the quarantine; the exit code is then 3.
    """
    from wavehouse.measurement.service import counting, rolling

    with open_workspace() as workspace:
        results, total = _read_files(workspace, files, log_format)
        counted = rolled = None
        if not no_count:
            operational = workspace.stores.operational
            pending = counting.pending_days(operational)
            with terminal.progress("Counting", len(pending), "days") as meter:
                counted = counting.count(
                    operational, workspace.settings, on_day=lambda _: meter.advance(1)
                )
            rolled = rolling.roll_up(workspace.stores)
        alert(workspace)
    if as_json:
        terminal.print_json(_json(results, total, counted, rolled))
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
    doubtful = [r for r in results if r.doubt]
    for result in doubtful:
        terminal.say(f"Warning: {result.doubt} ({result.name})")
    if total.quarantined or total.faults:
        terminal.say("Some rows could not be used: wavehouse quarantine list")
    if unread or doubtful or total.quarantined or total.faults:
        raise SystemExit(EXIT_FOUND)


def _read_files(
    workspace: Workspace, files: tuple[Path, ...], log_format: str
) -> tuple[list[FileResult], Tally]:
    from wavehouse.measurement.service.ingest import ingest_logs
    from wavehouse.measurement.types import Tally

    results: list[FileResult] = []
    total = Tally()
    size = sum(path.stat().st_size for path in files)
    with terminal.progress("Reading logs", size, "bytes") as meter:
        for result in ingest_logs(
            workspace.stores.operational,
            workspace.settings,
            files,
            identity=workspace.identity,
            format=log_format,
            on_bytes=meter.advance,
        ):
            results.append(result)
            total.add(result.tally)
    return results, total


def _json(
    results: list[FileResult], total: Tally, counted: Counted | None, rolled: RolledUp | None
) -> dict[str, object]:
    files = [
        {
            "file": r.name,
            "format": r.format,
            "note": r.note,
            "error": r.error,
            "doubt": r.doubt,
            **_tally_json(r.tally),
        }
        for r in results
    ]
    return {
        **_tally_json(total),
        "files": files,
        "downloads": counted and counted.downloads_added - counted.downloads_removed,
        "hours_rolled_up": rolled and rolled.hours,
    }


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
