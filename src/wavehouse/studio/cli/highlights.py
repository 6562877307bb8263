"""``wavehouse studio highlights``: marked passages of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.studio.cli.acting import AS_JSON, EPISODE, organization
from wavehouse.studio.cli.showing import show, show_row

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_COLUMNS = ("highlight_id", "exact", "state", "colour", "note", "created_at")


@click.group()
def highlights() -> None:
    """Highlights: marked passages of a script, found again after an edit."""


@highlights.command("list")
@EPISODE
@AS_JSON
@click.pass_obj
def list_highlights(open_workspace: OpenWorkspace, episode: UUID, as_json: bool) -> None:
    """List the highlights of EPISODE in the order of the text, orphaned ones last."""
    from wavehouse.studio.service import highlights as service
    from wavehouse.studio.types.ids import StudioEpisodeId

    with organization(open_workspace) as (tx, identity):
        rows = service.list_highlights(tx, identity=identity, episode_id=StudioEpisodeId(episode))
    show(rows, as_json=as_json, key="highlights", columns=_COLUMNS)


@highlights.command("add")
@EPISODE
@click.option("--text", required=True, help="The passage, exactly as in the script.")
@click.option("--note", default="", help="A remark on it.")
@click.option(
    "--colour", type=click.Choice(["yellow", "green", "blue", "pink"]), default="yellow",
    show_default=True, help="Colour.",
)  # fmt: skip
@AS_JSON
@click.pass_obj
def add(
    open_workspace: OpenWorkspace, episode: UUID, text: str, note: str, colour: str, as_json: bool
) -> None:
    """Mark the first occurrence of a passage in the script of EPISODE."""
    from wavehouse.studio.service import highlights as service
    from wavehouse.studio.types.highlights import Colour
    from wavehouse.studio.types.ids import StudioEpisodeId

    with organization(open_workspace) as (tx, identity):
        row = service.highlight_text(
            tx,
            identity=identity,
            episode_id=StudioEpisodeId(episode),
            text=text,
            note=note,
            colour=Colour(colour),
        )
    show_row(row, as_json=as_json)


@highlights.command("remove")
@click.argument("highlight", type=click.UUID)
@AS_JSON
@click.pass_obj
def remove(open_workspace: OpenWorkspace, highlight: UUID, as_json: bool) -> None:
    """Delete your own HIGHLIGHT."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import highlights as service
    from wavehouse.studio.types.ids import HighlightId

    with organization(open_workspace) as (tx, identity):
        service.remove_highlight(tx, identity=identity, highlight_id=HighlightId(highlight))
    if as_json:
        terminal.print_json({"highlight_id": highlight, "removed": True})
    else:
        terminal.say("The highlight was deleted.")
