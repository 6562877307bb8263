"""``wavehouse ingest feed``: register shows and episodes."""

from __future__ import annotations

import dataclasses
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel.options import EXISTING_FILE, FileOrAddress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wavehouse.catalog.service import FeedReading
    from wavehouse.catalog.types import IngestedFeed
    from wavehouse.kernel.errors import WavehouseError
    from wavehouse.workspace import OpenWorkspace, Workspace

    Outcome = tuple[str, IngestedFeed | WavehouseError]


_SHOWN = 5
_DROPPED_SHOWN = 100
_NOTES_SHOWN = 20


@click.command()
@click.argument("locations", nargs=-1, required=True, type=FileOrAddress(), metavar="<FILE|URL>...")
@click.option(
    "--media",
    type=EXISTING_FILE,
    help='Facts of media files: {"<url>": {"bytes": n, "header_bytes": n, "duration_ms": n}}.',
)
@click.option("--allow-private", is_flag=True, help="Also open addresses in private networks.")
@click.option("--no-probe", is_flag=True, help="Do not measure media files.")
@click.option("--again", is_flag=True, help="Read and measure again, even if unchanged.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def feed(
    context: click.Context,
    locations: tuple[str, ...],
    media: Path | None,
    allow_private: bool,
    no_probe: bool,
    again: bool,
    as_json: bool,
) -> None:
    """Register shows and episodes from RSS feeds, by file or address.

    Reading a feed again adds only what is new. New media files are measured by a few range
    requests, unless --media describes them. Exit code 3 when items of a feed were dropped.
    """
    from wavehouse.catalog.adapters import read_media_file
    from wavehouse.kernel import terminal

    options = {"media": read_media_file(media) if media else {}, "again": again}
    outcomes: list[Outcome] = []
    open_workspace: OpenWorkspace = context.obj
    with (
        open_workspace() as workspace,
        terminal.progress("Feeds", len(locations), "feeds") as meter,
    ):
        _warn_of_sample(workspace, locations)
        for location in locations:
            with _reading(location, allow_private, no_probe, options) as reading:
                outcomes.append(_outcome(workspace, location, reading))
            meter.advance(1)
    if as_json:
        terminal.print_json({"feeds": [_as_json(*outcome) for outcome in outcomes]})
    _tell(outcomes, quiet_results=as_json)
    context.exit(_exit_code(outcomes))


def _warn_of_sample(workspace: Workspace, locations: tuple[str, ...]) -> None:
    """Warn before a show of the user's own is added to the demo data."""
    from wavehouse.kernel import terminal

    home = workspace.settings.home
    own = [each for each in locations if not each.startswith(str(home / "sample"))]
    if own and (home / "sample.json").exists():
        terminal.say(
            "Warning: this home holds the demo's sample data, whose figures will be shown together "
            "with your own. For your own shows use another WAVEHOUSE_HOME."
        )


@contextmanager
def _reading(
    location: str, allow_private: bool, no_probe: bool, options: dict[str, Any]
) -> Iterator[FeedReading]:
    """How to read one location: files are allowed only on the command line."""
    from wavehouse.catalog.adapters import (
        FileFeedSource,
        Web,
        WebFeedSource,
        WebMediaProbe,
        is_web_address,
    )
    from wavehouse.catalog.service import FeedReading

    with closing(Web(allow_private=allow_private)) as web:
        source = WebFeedSource(web) if is_web_address(location) else FileFeedSource()
        yield FeedReading(source=source, probe=None if no_probe else WebMediaProbe(web), **options)


def _outcome(workspace: Workspace, location: str, reading: FeedReading) -> Outcome:
    """The result of one feed: a bad feed does not stop the others."""
    from wavehouse.catalog.service import ingest_feed
    from wavehouse.kernel.errors import WavehouseError

    try:
        return location, ingest_feed(
            workspace.stores.operational,
            identity=workspace.identity,
            location=location,
            reading=reading,
        )
    except WavehouseError as wrong:
        return location, wrong


def _as_json(location: str, outcome: IngestedFeed | WavehouseError) -> dict[str, Any]:
    if isinstance(outcome, Exception):
        return {"location": location, "error": outcome.code, "message": str(outcome)}
    return {"location": location, **dataclasses.asdict(outcome)}


def _exit_code(outcomes: list[Outcome]) -> int:
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND

    for _, outcome in outcomes:
        if isinstance(outcome, Exception):
            return outcome.exit_code
    dropped = any(not isinstance(o, Exception) and o.dropped for _, o in outcomes)
    return EXIT_FOUND if dropped else EXIT_DONE


def _tell(outcomes: list[Outcome], *, quiet_results: bool) -> None:
    """Print results, dropped items with their lines, and errors with the next step."""
    from wavehouse.kernel import terminal

    for location, outcome in outcomes:
        if isinstance(outcome, Exception):
            terminal.complain(f"Error: {outcome}")
            for line in outcome.next_steps():
                terminal.complain(line)
            continue
        for item in outcome.dropped[:_DROPPED_SHOWN]:
            terminal.complain(f"{location}:{item.line}: dropped, {item.detail}")
        if len(outcome.dropped) > _DROPPED_SHOWN:
            more = len(outcome.dropped) - _DROPPED_SHOWN
            terminal.complain(f"{location}: {more} more dropped; to list them all, use --json")
        for note in outcome.notes[:_NOTES_SHOWN]:
            terminal.complain(f"{location}:{note.line}: warning, {note.message}")
        if len(outcome.notes) > _NOTES_SHOWN:
            more = len(outcome.notes) - _NOTES_SHOWN
            terminal.complain(f"{location}: {more} more warnings; to list them all, use --json")
        failures = outcome.probe_failures
        for failure in failures[:_SHOWN]:
            terminal.say(f"Not measured: {failure.url}: {failure.message}")
        if len(failures) > _SHOWN:
            terminal.say(f"Not measured: {len(failures) - _SHOWN} more")
        for changed in outcome.changed_guids:
            terminal.say(
                f'"{changed.title}" has a new guid, {changed.after}; it stays the same episode. '
                f"If it is a different one: wavehouse episodes split {changed.episode_id}"
            )
        for shared in outcome.shared_files[:_SHOWN]:
            terminal.say(f"Notice: {shared.message}")
        if outcome.page_note:
            terminal.complain(f"{location}: {outcome.page_note}")
        if outcome.left:
            terminal.say(_left(location, outcome))
        for change in outcome.enclosure_changes:
            what = "address" if change.same_file else "file"
            terminal.say(f"The {what} of {change.guid} changed; apps may download it again")
        if not quiet_results:
            terminal.out(_line(outcome))


def _left(location: str, outcome: IngestedFeed) -> str:
    return (
        f"{outcome.left} files are not measured yet: a run measures 200. Until then they count by "
        f"the feed's length (R29). Run again: wavehouse ingest feed {location}"
    )


def _line(outcome: IngestedFeed) -> str:
    if outcome.not_modified:
        return f"{outcome.title}: not modified"
    return (
        f"{outcome.title}: {outcome.new} new, {outcome.changed} changed, "
        f"{outcome.unchanged} unchanged, {len(outcome.dropped)} dropped; files: "
        f"{outcome.described} described, {outcome.probed} measured, {outcome.unknown} unknown"
    )
