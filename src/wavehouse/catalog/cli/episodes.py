"""``wavehouse episodes``: list, merge, split and undo (R03)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_RECOUNT = "Stored requests are updated by the next count: wavehouse rollup run"


@click.group()
def episodes() -> None:
    """The episodes of the registered shows, and which are merged."""


@episodes.command("list")
@click.option("--show", metavar="TITLE|ID", help="Only this show.")
@click.option("--shared", is_flag=True, help="Only episodes that share a file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_(open_workspace: OpenWorkspace, show: str | None, shared: bool, as_json: bool) -> None:
    """List episodes, newest first, with id, guid and show."""
    from wavehouse.catalog.service import files_of_several, listed_episodes
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import NotFound

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        episodes = listed_episodes(tx, identity=workspace.identity)
        several = files_of_several(tx, identity=workspace.identity)
    if show is not None:
        wanted = show.casefold()
        episodes = [
            e for e in episodes if wanted in {e.podcast_title.casefold(), str(e.podcast_id)}
        ]
        if not episodes:
            raise NotFound(
                f"there are no episodes of the show {show!r}", command="wavehouse feeds list"
            )
    if shared:
        ids = {episode_id for file in several for episode_id in file.episode_ids}
        episodes = [episode for episode in episodes if episode.episode_id in ids]
    if as_json:
        terminal.print_json(
            {
                "episodes": [dataclasses.asdict(episode) for episode in episodes],
                "shared_files": [dataclasses.asdict(file) for file in several],
            }
        )
    elif episodes:
        terminal.print_table(
            ["published", "title", "show", "id", "guid", "merged into"],
            [
                [
                    e.publish_date.date(),
                    e.title,
                    e.podcast_title,
                    e.episode_id,
                    e.guid,
                    e.merged_into or "",
                ]
                for e in episodes
            ],
        )
    else:
        terminal.say("No episodes yet. Add a feed: wavehouse ingest feed https://…/feed.xml")


@episodes.command()
@click.argument("episode", metavar="EPISODE")
@click.argument("into", metavar="INTO")
@click.pass_obj
def merge(open_workspace: OpenWorkspace, episode: str, into: str) -> None:
    """Count requests for EPISODE, including stored ones, for INTO.

    Both are named by id, guid or title. `wavehouse episodes undo` reverts it.
    """
    from wavehouse.catalog.service import merge_episodes
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        done = merge_episodes(tx, identity=workspace.identity, other=episode, into=into)
    terminal.out(f"{done.episode_id} counts for {done.into_episode_id}. {_RECOUNT}")


@episodes.command()
@click.argument("episode", metavar="EPISODE")
@click.option("--guid", help="The former guid to split off as its own episode.")
@click.pass_obj
def split(open_workspace: OpenWorkspace, episode: str, guid: str | None) -> None:
    """Split an episode in two: end a merge, or revert a changed guid.

    `wavehouse episodes undo` reverts it.
    """
    from wavehouse.catalog.service import split_episode
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        done = split_episode(tx, identity=workspace.identity, episode=episode, guid=guid)
    terminal.out(f"{done.episode_id} is a separate episode again. {_RECOUNT}")


@episodes.command()
@click.pass_obj
def undo(open_workspace: OpenWorkspace) -> None:
    """Undo the last merge or split; run it again to redo."""
    from wavehouse.catalog.service import undo_identity
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        what, merge_ = undo_identity(tx, identity=workspace.identity)
    terminal.out(f"{merge_.episode_id} and {merge_.into_episode_id} are {what} again. {_RECOUNT}")
