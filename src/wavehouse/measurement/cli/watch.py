"""``wavehouse ingest watch``."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND
from wavehouse.measurement.cli.inclusions import alert
from wavehouse.measurement.cli.options import AS_JSON, FORMAT

if TYPE_CHECKING:
    from wavehouse.measurement.service.watching import Pass
    from wavehouse.workspace import OpenWorkspace


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--interval",
    type=click.FloatRange(0.05, 86_400),
    default=10.0,
    show_default=True,
    help="Seconds between two scans; a file that changed since the previous scan is skipped.",
)
@click.option("--once", is_flag=True, help="Read the existing files and exit.")
@FORMAT
@AS_JSON
@click.pass_obj
def watch(
    open_workspace: OpenWorkspace,
    folders: tuple[Path, ...],
    interval: float,
    once: bool,
    log_format: str,
    as_json: bool,
) -> None:
    """Read the logs that arrive in FOLDERS and count them, until Ctrl-C.

    Subfolders are watched too. New files, files that have grown, and files renamed or compressed by
    a rotation are read, each line once, whatever the file name; a file still being written is
    skipped until it is unchanged since the previous scan. Hidden files and names like .tmp and
    .part are skipped. After each pass the downloads are counted and rolled up.

    SIGTERM and Ctrl-C end it between two transactions; if it is killed otherwise, the next run
    continues where it stopped. With --json each pass is one line. Exit code 3 with --once when rows
    or files could not be used: `wavehouse quarantine list`.
    """
    from wavehouse.measurement.service import watching

    stop = threading.Event()
    faulty = False
    with open_workspace() as workspace:
        alert(workspace)
        terminal.say(f"Watching {', '.join(map(str, folders))}")
        if once:
            passes = watching.watch_once(
                workspace.stores,
                workspace.settings,
                folders,
                identity=workspace.identity,
                wait=stop.wait,
                patience=min(interval, 2.0),
                format=log_format,
            )
        else:
            passes = watching.watch(
                workspace.stores,
                workspace.settings,
                folders,
                identity=workspace.identity,
                interval=interval,
                wait=stop.wait,
                format=log_format,
            )
        for done in passes:
            faulty = faulty or done.found_faults
            _tell(done, as_json=as_json)
    if once and faulty:
        raise SystemExit(EXIT_FOUND)


def _tell(done: Pass, *, as_json: bool) -> None:
    if as_json:
        terminal.print_line(_json(done))
        return
    for result in done.files:
        if result.error:
            terminal.say(f"Error: {result.error}")
    tally = done.tally
    terminal.say(
        f"{len(done.files)} files: {tally.read:,} lines, {tally.stored:,} new, "
        f"{tally.quarantined:,} quarantined; {done.downloads:+,} downloads"
    )


def _json(done: Pass) -> dict[str, Any]:
    tally = done.tally
    return {
        "files": [
            {"file": f.name, "format": f.format, "stored": f.tally.stored, "error": f.error}
            for f in done.files
        ],
        "read": tally.read,
        "stored": tally.stored,
        "duplicate": tally.duplicate,
        "filtered": tally.filtered,
        "quarantined": tally.quarantined,
        "downloads": done.downloads,
    }
