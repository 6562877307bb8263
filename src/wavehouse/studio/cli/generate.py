"""``wavehouse studio generate`` and ``feed``: generate episodes, and publish them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from wavehouse.studio.cli.acting import AS_JSON, EPISODE, PROJECT, organization
from wavehouse.studio.cli.schedule import show_slots

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

QUEUE = click.option("--queue", is_flag=True, help="Let a worker do it; do not wait.")


@click.group()
def generate() -> None:
    """Generate episodes: now, again, after a review; and show the steps."""


@generate.command("now")
@PROJECT
@QUEUE
@AS_JSON
@click.pass_obj
def now(open_workspace: OpenWorkspace, project: UUID, queue: bool, as_json: bool) -> None:
    """Generate an episode of PROJECT now, in addition to its schedule."""
    from wavehouse.studio.service import generating
    from wavehouse.studio.types.ids import ProjectId

    def ask(tx: Any, identity: Any) -> Any:
        return generating.generate_episode(tx, identity=identity, project_id=ProjectId(project))

    _made(open_workspace, ask, queue=queue, as_json=as_json)


@generate.command("again")
@EPISODE
@QUEUE
@AS_JSON
@click.pass_obj
def again(open_workspace: OpenWorkspace, episode: UUID, queue: bool, as_json: bool) -> None:
    """Generate EPISODE again; steps with the same input are kept."""
    from wavehouse.studio.service import generating
    from wavehouse.studio.types.ids import StudioEpisodeId

    def ask(tx: Any, identity: Any) -> Any:
        return generating.regenerate_episode(
            tx, identity=identity, episode_id=StudioEpisodeId(episode)
        )

    _made(open_workspace, ask, queue=queue, as_json=as_json)


@generate.command("approve")
@EPISODE
@AS_JSON
@click.pass_obj
def approve(open_workspace: OpenWorkspace, episode: UUID, as_json: bool) -> None:
    """Approve the current script of EPISODE; a worker continues with it."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import generating
    from wavehouse.studio.types.ids import StudioEpisodeId

    with organization(open_workspace) as (tx, identity):
        generating.approve_script(tx, identity=identity, episode_id=StudioEpisodeId(episode))
    if as_json:
        terminal.print_json({"episode_id": episode, "approved": True})
    else:
        terminal.say("The script is approved.")


@generate.command("steps")
@EPISODE
@AS_JSON
@click.pass_obj
def steps(open_workspace: OpenWorkspace, episode: UUID, as_json: bool) -> None:
    """Show the steps of EPISODE: state, cost and inputs."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import generating
    from wavehouse.studio.types.ids import StudioEpisodeId

    with organization(open_workspace) as (tx, identity):
        rows = generating.steps_of(tx, identity=identity, episode_id=StudioEpisodeId(episode))
    if as_json:
        shown = [
            {
                "generation_id": r.generation_id,
                "step": r.step,
                "segment": r.segment,
                "status": r.status,
                "attempt": r.attempt,
                "cost": f"{r.cost:f}",
                "input_hash": r.input_hash.hex(),
                "output_ref": r.output_ref,
                "prompt_manifest": r.prompt_manifest,
                "error": r.error,
            }
            for r in rows
        ]
        terminal.print_json({"steps": shown})
        return
    terminal.print_table(
        ("step", "segment", "status", "tries", "cost", "error"),
        [(r.step, r.segment, r.status, r.attempt, f"{r.cost:f}", r.error or "") for r in rows],
    )


@click.command()
@PROJECT
@click.option("--private", is_flag=True, help="Make it private under a new token, shown once.")
@click.option("--public", is_flag=True, help="Make it public.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to a file.")
@AS_JSON
@click.pass_obj
def feed(
    open_workspace: OpenWorkspace,
    project: UUID,
    private: bool,
    public: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Print the address of PROJECT's feed; change who may read it, or write it to a file."""
    from wavehouse.kernel import files, terminal
    from wavehouse.kernel.errors import UsageError
    from wavehouse.kernel.serving import address_of
    from wavehouse.studio.service import production, publishing
    from wavehouse.studio.types.ids import ProjectId
    from wavehouse.studio.types.production import Visibility

    if private and public:
        raise UsageError("a feed is private or public, not both")
    token = None
    with open_workspace() as workspace:
        identity, address = workspace.identity, address_of(workspace.settings)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            if private or public:
                wanted = Visibility.PRIVATE if private else Visibility.PUBLIC
                token = production.set_visibility(
                    tx, identity=identity, project_id=ProjectId(project), visibility=wanted
                )
            body = publishing.feed_of(
                tx,
                identity=identity,
                project_id=ProjectId(project),
                address=address,
                token=token,
                hub=workspace.settings["studio_hub"] or "",
            )
    if out is not None:
        files.write_output(out, body)
    url = publishing.feed_url(address, project, token)
    if as_json:
        terminal.print_json({"feed_url": url, "bytes": len(body)})
    else:
        terminal.say(url)


def _made(open_workspace: OpenWorkspace, ask: Any, *, queue: bool, as_json: bool) -> None:
    """Add the slot and, unless it is queued, work on it here."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import PartlyApplied
    from wavehouse.studio.service import generating, planning
    from wavehouse.studio.service.generation.places import place_of

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            slot = ask(tx, identity)
        outcomes = []
        if not queue:
            outcomes = generating.work_slot(
                place_of(workspace.stores.operational, workspace.settings),
                identity=identity,
                slot_id=slot.slot_id,
            )
            with workspace.stores.operational.app(identity.organization_id) as tx:
                slot = planning.show_slot(tx, identity=identity, slot_id=slot.slot_id)
    mine = [each for each in outcomes if each.slot_id == slot.slot_id]
    if as_json:
        terminal.print_json({"slot": asdict(slot), "outcome": asdict(mine[-1]) if mine else None})
    else:
        show_slots([slot], as_json=False)
    if mine and mine[-1].status != "done" and mine[-1].message != "waits for a review":
        raise PartlyApplied(
            f"the episode was not generated: {mine[-1].message}",
            command=f"wavehouse studio generate steps {mine[-1].episode_id}",
        )
