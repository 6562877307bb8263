"""``wavehouse feeds``: the registered shows and feed polling."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wavehouse.catalog.types import PodcastSummary, Polled
    from wavehouse.workspace import OpenWorkspace

_SHOWN = (
    "title",
    "feed_url",
    "state",
    "poll_outcome",
    "poll_message",
    "polled_at",
    "failures",
    "failing_since",
    "next_poll_at",
)


@click.group()
def feeds() -> None:
    """Registered shows and the polling of their feeds.

    While `wavehouse up` or `wavehouse work` runs, each feed is polled every 15 minutes (setting
    feed_poll_minutes). A failure doubles the wait, up to a day; Retry-After wins. A feed that is
    gone (410) is no longer polled; one that moved (301, 308) is polled at its new address.
    """


@feeds.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_feeds(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List every show, with its feed, its last poll and its next one."""
    from wavehouse.catalog.service import list_podcasts
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        podcasts = list_podcasts(tx, identity=workspace.identity)
    if as_json:
        terminal.print_json({"feeds": [_as_json(podcast) for podcast in podcasts]})
    elif podcasts:
        columns = ["title", "episodes", "newest", "state", "last read", "next poll", "feed"]
        terminal.print_table(columns, [_row(podcast) for podcast in podcasts])
        for podcast in podcasts:
            if podcast.poll_message and podcast.state in {"failing", "gone"}:
                times = f", {podcast.failures} times" if podcast.failures > 1 else ""
                terminal.say(f"{podcast.title}: {podcast.poll_message}{times}")
    else:
        terminal.say("No feeds yet. Add one: wavehouse ingest feed https://example.com/feed.xml")


def _as_json(podcast: PodcastSummary) -> dict[str, Any]:
    return {**dataclasses.asdict(podcast), "state": podcast.state}


def _row(podcast: PodcastSummary) -> list[Any]:
    from wavehouse.kernel.web_addresses import shown

    return [
        podcast.title,
        podcast.episodes,
        podcast.newest_episode_at and podcast.newest_episode_at.date(),
        podcast.state,
        podcast.last_ingested_at,
        podcast.next_poll_at,
        shown(podcast.feed_url),
    ]


@feeds.command()
@click.argument("names", nargs=-1, metavar="[URL|ID|TITLE]...")
@click.option("--all", "everything", is_flag=True, help="Poll every feed that is not paused.")
@click.option("--allow-private", is_flag=True, help="Also open addresses in private networks.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def poll(
    context: click.Context,
    names: tuple[str, ...],
    everything: bool,
    allow_private: bool,
    as_json: bool,
) -> None:
    """Poll feeds now, even if a named one is paused or gone.

    Use this after a Podping or another announcement. Exit code 5 when a feed could not be read.
    """
    from wavehouse.catalog.service import find_podcast, list_podcasts, poll_feed, poll_reading
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_UNREACHABLE, UsageError

    if bool(names) == everything:
        raise UsageError("name a feed, or give --all", command="wavehouse feeds list")
    open_workspace: OpenWorkspace = context.obj
    polled: list[Polled] = []
    with open_workspace() as workspace:
        operational, identity = workspace.stores.operational, workspace.identity
        with operational.app(identity.organization_id) as tx:
            podcast_ids = [find_podcast(tx, identity=identity, name=name) for name in names]
            if everything:
                shows = list_podcasts(tx, identity=identity)
                podcast_ids = [s.podcast_id for s in shows if s.state in {"active", "failing"}]
        for podcast_id in podcast_ids:
            with poll_reading(workspace.settings, allow_private=allow_private) as reading:
                done = poll_feed(
                    operational, identity=identity, podcast_id=podcast_id, reading=reading
                )
            polled += [done] if done else []
    if as_json:
        terminal.print_json({"polls": [{**dataclasses.asdict(p), "ok": p.ok} for p in polled]})
    else:
        for each in polled:
            (terminal.out if each.ok else terminal.complain)(f"{each.title}: {each.message}")
        if not polled:
            terminal.say("No feed was polled.")
    context.exit(EXIT_DONE if all(each.ok for each in polled) else EXIT_UNREACHABLE)


@feeds.command()
@click.argument("name", metavar="URL|ID|TITLE")
@click.pass_obj
def pause(open_workspace: OpenWorkspace, name: str) -> None:
    """Stop polling a feed until it is resumed. Its data is kept."""
    from wavehouse.catalog.service import find_podcast, pause_feed
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        podcast_id = find_podcast(tx, identity=workspace.identity, name=name)
        pause_feed(tx, identity=workspace.identity, podcast_id=podcast_id)
    terminal.out("Paused.")


@feeds.command()
@click.argument("name", metavar="URL|ID|TITLE")
@click.pass_obj
def resume(open_workspace: OpenWorkspace, name: str) -> None:
    """Resume polling a feed that was paused, is gone, or was read from a file."""
    from wavehouse.catalog.service import find_podcast, resume_feed
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        podcast_id = find_podcast(tx, identity=workspace.identity, name=name)
        resume_feed(tx, identity=workspace.identity, podcast_id=podcast_id)
    terminal.out("Resumed; it is polled within a minute while `wavehouse up` runs.")


@feeds.command()
@click.argument("name", metavar="URL|ID|TITLE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(open_workspace: OpenWorkspace, name: str, as_json: bool) -> None:
    """Show one feed: its state, its last poll, and its former addresses."""
    from wavehouse.catalog.service import feed_moves, find_podcast, hub_of, list_podcasts
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        podcast_id = find_podcast(tx, identity=workspace.identity, name=name)
        hub = hub_of(tx, identity=workspace.identity, podcast_id=podcast_id)
        shows = list_podcasts(tx, identity=workspace.identity)
        moves = feed_moves(tx, identity=workspace.identity, podcast_id=podcast_id)
    podcast = next(each for each in shows if each.podcast_id == podcast_id)
    if as_json:
        moved = [dataclasses.asdict(move) for move in moves]
        websub = dataclasses.asdict(hub) if hub else None
        terminal.print_json({**_as_json(podcast), "moves": moved, "websub": websub})
        return
    facts = _as_json(podcast)
    for field in _SHOWN:
        terminal.out(f"{field.replace('_', ' ')}: {facts[field] or '–'}")
    if hub:
        reason = f", {hub.message}" if hub.message else ""
        terminal.out(f"hub: {hub.hub_url} ({hub.state}{reason})")
    for move in moves:
        terminal.out(f"{move.moved_at:%Y-%m-%d %H:%M} UTC: moved from {move.from_url}")
