"""``wavehouse studio notes``: requested changes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.studio.cli.acting import AS_JSON, PROJECT, organization
from wavehouse.studio.cli.showing import show

if TYPE_CHECKING:
    from wavehouse.studio.types.notes import Reach
    from wavehouse.workspace import OpenWorkspace

_STATES = ["open", "considered", "applied", "declined"]
_KINDS = ["idea", "feedback", "correction"]
_COLUMNS = ("note_id", "state", "kind", "author", "body", "reason")


@click.group()
def notes() -> None:
    """Notes: requested changes to the next episode, and the decisions about them."""


@notes.command("add")
@PROJECT
@click.argument("text")
@click.option("--episode", type=click.UUID, help="The episode that the note is about.")
@click.option("--kind", type=click.Choice(_KINDS), default="feedback", show_default=True)
@AS_JSON
@click.pass_obj
def add(
    open_workspace: OpenWorkspace,
    project: UUID,
    text: str,
    episode: UUID | None,
    kind: str,
    as_json: bool,
) -> None:
    """Leave the note TEXT on PROJECT, and print which episode it will reach."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.studio.service import notes as service
    from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
    from wavehouse.studio.types.notes import NoteKind

    with organization(open_workspace) as (tx, identity):
        added = service.add_note(
            tx,
            identity=identity,
            project_id=ProjectId(project),
            body=text,
            kind=NoteKind(kind),
            episode_id=None if episode is None else StudioEpisodeId(episode),
        )
    if as_json:
        terminal.print_json(asdict(added))
    else:
        terminal.out(str(added.note.note_id))
        terminal.say(sentence(added.reach))


@notes.command("list")
@click.option("--project", type=click.UUID, help="Only this project.")
@click.option("--state", type=click.Choice(_STATES), help="Only this state.")
@AS_JSON
@click.pass_obj
def list_notes(
    open_workspace: OpenWorkspace, project: UUID | None, state: str | None, as_json: bool
) -> None:
    """List the latest 1,000 notes, oldest first."""
    from wavehouse.studio.service import notes as service
    from wavehouse.studio.types.ids import ProjectId
    from wavehouse.studio.types.notes import NoteState

    with organization(open_workspace) as (tx, identity):
        rows = service.list_notes(
            tx,
            identity=identity,
            project_id=None if project is None else ProjectId(project),
            state=None if state is None else NoteState(state),
        )
    show(rows, as_json=as_json, key="notes", columns=_COLUMNS)


@notes.command("withdraw")
@click.argument("note", type=click.UUID)
@click.pass_obj
def withdraw(open_workspace: OpenWorkspace, note: UUID) -> None:
    """Delete an open note."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import notes as service
    from wavehouse.studio.types.ids import NoteId

    with organization(open_workspace) as (tx, identity):
        service.withdraw_note(tx, identity=identity, note_id=NoteId(note))
    terminal.say("The note was withdrawn.")


def sentence(reach: Reach) -> str:
    """A sentence with the episode that a note will reach."""
    if reach.title is not None:
        when = "" if reach.at is None else f" of {reach.at:%Y-%m-%d %H:%M %Z}"
        return f"The note will reach the episode “{reach.title}”{when}."
    if reach.at is not None:
        return f"The note will reach the episode of {reach.at:%Y-%m-%d %H:%M %Z}."
    return "The note will reach the next episode; none is scheduled yet."
