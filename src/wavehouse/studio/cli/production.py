"""``wavehouse studio production``: a project's production settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.kernel.options import EXISTING_FILE
from wavehouse.studio.cli.acting import AS_JSON, PROJECT, organization_of

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_PROVIDERS = ["local", "openai_compatible"]


@click.command()
@PROJECT
@click.option("--level", type=click.Choice(["beginner", "intermediate", "advanced"]))
@click.option("--voice", "voices", multiple=True, metavar="NAME[:VARIANT[:SPEED[:PITCH]]]",
              help="A speaker and its voice, such as Giulia:f2:150:55; repeatable.")  # fmt: skip
@click.option(
    "--review/--no-review", default=None, help="Each script must be approved by a person."
)
@click.option("--writer", type=click.Choice(_PROVIDERS), help="Who writes.")
@click.option("--writer-model", help="Model from the registry that writes the scripts.")
@click.option("--speaker", type=click.Choice(_PROVIDERS), help="Who speaks.")
@click.option("--speaker-model", help="Model from the registry that speaks the scripts.")
@click.option("--author", help="Author in the feed.")
@click.option("--owner-email", help="Email address in the feed; empty for none.")
@click.option("--explicit/--clean", default=None, help="Mark the feed as explicit.")
@click.option("--for-learners/--not-for-learners", default=None,
              help="Learning may request an episode when a learner has none left.")  # fmt: skip
@click.option("--cover", type=EXISTING_FILE, help="Square PNG or JPEG for the feed and its files.")
@click.option("--plain-cover", is_flag=True, help="Return to the generated cover.")
@AS_JSON
@click.pass_obj
def production(
    open_workspace: OpenWorkspace,
    project: UUID,
    level: str | None,
    voices: tuple[str, ...],
    review: bool | None,
    writer: str | None,
    writer_model: str | None,
    speaker: str | None,
    speaker_model: str | None,
    author: str | None,
    owner_email: str | None,
    explicit: bool | None,
    for_learners: bool | None,
    cover: Path | None,
    plain_cover: bool,
    as_json: bool,
) -> None:
    """Show the production settings of PROJECT, after changing the given ones."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import UsageError
    from wavehouse.studio.service import production as service
    from wavehouse.studio.service.generation.places import store_of
    from wavehouse.studio.types.ids import ProjectId
    from wavehouse.studio.types.production import Level, ProductionChange, Provider

    change = ProductionChange(
        level=Level(level) if level else None,
        voices=tuple(service.voice_of(text) for text in voices) or None,
        review=review,
        text_provider=Provider(writer) if writer else None,
        text_model=writer_model,
        speech_provider=Provider(speaker) if speaker else None,
        speech_model=speaker_model,
        author=author,
        owner_email=owner_email,
        explicit=explicit,
        for_learners=for_learners,
    )
    project_id = ProjectId(project)
    if cover is not None and plain_cover:
        raise UsageError("give --cover or --plain-cover, not both")
    with open_workspace() as workspace, organization_of(workspace) as (tx, identity):
        if cover is not None or plain_cover:
            service.set_cover(
                tx,
                identity=identity,
                project_id=project_id,
                content=_start_of(cover) if cover is not None else None,
                store=store_of(workspace.settings),
            )
        if change != ProductionChange():
            service.change_production(tx, identity=identity, project_id=project_id, change=change)
        row = service.production_of(tx, identity=identity, project_id=project_id)
    shown = asdict(row)
    del shown["feed_token_hash"]
    shown["voices"] = [asdict(voice) for voice in service.voices_of(row)]
    if as_json:
        terminal.print_json(shown)
        return
    shown["voices"] = ", ".join(
        f"{v['speaker']} ({v['variant'] or v['name'] or 'plain'}, {v['speed']})"
        for v in shown["voices"]
    )
    terminal.print_table(("choice", "value"), [[name, value] for name, value in shown.items()])


def _start_of(path: Path) -> bytes:
    """The file up to one byte more than a cover may have."""
    from wavehouse.studio.rules.covers import LARGEST

    with path.open("rb") as file:
        return file.read(LARGEST + 1)
