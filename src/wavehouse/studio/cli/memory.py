"""``wavehouse studio memory``: a project's memories, as of any time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.kernel.options import EXISTING_FILE
from wavehouse.studio.cli.acting import AS_JSON, PROJECT, organization
from wavehouse.studio.cli.projects import WHEN
from wavehouse.studio.cli.showing import show, show_row

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_KINDS = ["fact", "preference", "decision", "style", "summary"]
_COLUMNS = ("memory_id", "kind", "content", "valid_from", "valid_to", "recorded_at")
MEMORY = click.argument("memory", type=click.UUID)
FROM = click.option("--from", "valid_from", type=WHEN, help="The time from which it is valid.")


@click.group()
def memory() -> None:
    """Agent memory: append-only, with the time of validity and the time of recording."""


@memory.command("list")
@PROJECT
@click.option("--at", type=WHEN, help="Memories valid at this time; default: now.")
@click.option("--known-at", type=WHEN, help="Memories recorded until this time.")
@click.option("--history", is_flag=True, help="Every row, including superseded and forgotten ones.")
@AS_JSON
@click.pass_obj
def list_memory(
    open_workspace: OpenWorkspace,
    project: UUID,
    at: datetime | None,
    known_at: datetime | None,
    history: bool,
    as_json: bool,
) -> None:
    """List the memories of PROJECT as of a time."""
    from wavehouse.studio.service import memory as service
    from wavehouse.studio.types.ids import ProjectId

    wanted = ProjectId(project)
    with organization(open_workspace) as (tx, identity):
        if history:
            rows = service.memory_history(tx, identity=identity, project_id=wanted)
        else:
            rows = service.recalled(
                tx, identity=identity, project_id=wanted, at=at, known_at=known_at
            )
    show(rows, as_json=as_json, key="memories", columns=_COLUMNS)


@memory.command("add")
@PROJECT
@click.argument("text")
@click.option("--kind", type=click.Choice(_KINDS), default="fact", show_default=True)
@FROM
@AS_JSON
@click.pass_obj
def add(
    open_workspace: OpenWorkspace,
    project: UUID,
    text: str,
    kind: str,
    valid_from: datetime | None,
    as_json: bool,
) -> None:
    """Add the memory TEXT to PROJECT."""
    from wavehouse.studio.service import memory as service
    from wavehouse.studio.types.ids import ProjectId
    from wavehouse.studio.types.memory import MemoryKind, NewMemory

    new = NewMemory(text, MemoryKind(kind), valid_from)
    with organization(open_workspace) as (tx, identity):
        row = service.remember(tx, identity=identity, project_id=ProjectId(project), new=new)
    show_row(row, as_json=as_json)


@memory.command("correct")
@MEMORY
@click.argument("text")
@FROM
@AS_JSON
@click.pass_obj
def correct(
    open_workspace: OpenWorkspace,
    memory: UUID,
    text: str,
    valid_from: datetime | None,
    as_json: bool,
) -> None:
    """Replace a memory with TEXT; with --from the old one is valid until then."""
    from wavehouse.studio.service import memory as service
    from wavehouse.studio.types.ids import MemoryId

    with organization(open_workspace) as (tx, identity):
        row = service.correct(
            tx, identity=identity, memory_id=MemoryId(memory), content=text, valid_from=valid_from
        )
    show_row(row, as_json=as_json)


@memory.command("end")
@MEMORY
@click.option("--at", type=WHEN, help="The time until which it is valid; default: now.")
@AS_JSON
@click.pass_obj
def end(open_workspace: OpenWorkspace, memory: UUID, at: datetime | None, as_json: bool) -> None:
    """End the validity of a memory."""
    from wavehouse.studio.service import memory as service
    from wavehouse.studio.types.ids import MemoryId

    with organization(open_workspace) as (tx, identity):
        row = service.end_memory(tx, identity=identity, memory_id=MemoryId(memory), valid_to=at)
    show_row(row, as_json=as_json)


@memory.command("forget")
@MEMORY
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def forget(open_workspace: OpenWorkspace, memory: UUID, yes: bool) -> None:
    """Erase the content of a memory; a tombstone stays. This cannot be undone."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import memory as service
    from wavehouse.studio.types.ids import MemoryId

    with organization(open_workspace) as (tx, identity):
        if not yes:
            click.confirm("Permanently erase the content of this memory?", abort=True)
        erased = service.forget(tx, identity=identity, memory_id=MemoryId(memory))
    terminal.say(f"{erased} rows were erased.")


@memory.command("import")
@PROJECT
@click.option("--file", "path", type=EXISTING_FILE, help="JSON that replaces projects.memories.")
@AS_JSON
@click.pass_obj
def import_memories(
    open_workspace: OpenWorkspace, project: UUID, path: Path | None, as_json: bool
) -> None:
    """Import projects.memories into agent memory; importing again adds only what changed."""
    from wavehouse.kernel.errors import InvalidInput
    from wavehouse.studio.service import importing as service
    from wavehouse.studio.types.ids import ProjectId

    text = None
    if path is not None:
        if path.stat().st_size > service.LARGEST:
            raise InvalidInput("the memories are larger than 4 MB", where=str(path))
        text = path.read_text("utf-8", errors="surrogateescape")
    with organization(open_workspace) as (tx, identity):
        result = service.import_memories(
            tx, identity=identity, project_id=ProjectId(project), memories=text
        )
    show_row(result, as_json=as_json)


@memory.command("export")
@PROJECT
@click.pass_obj
def export(open_workspace: OpenWorkspace, project: UUID) -> None:
    """Print the imported JSON, rebuilt from agent memory; null for forgotten values."""
    from wavehouse.kernel import terminal, words
    from wavehouse.studio.service import importing as service
    from wavehouse.studio.types.ids import ProjectId

    with organization(open_workspace) as (tx, identity):
        text = service.export_memories(tx, identity=identity, project_id=ProjectId(project))
    terminal.out(words.json(text))
