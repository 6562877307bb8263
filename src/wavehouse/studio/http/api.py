"""``/api/v1/studio``: projects, episodes, scripts, notes, memory.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close over
the gate.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from wavehouse.accounts import Identity, Scope
from wavehouse.store import Database, Operational
from wavehouse.studio.http import bodies
from wavehouse.studio.service import blocks, episodes, memory, notes, projects
from wavehouse.studio.types.blocks import Author, Block, NewBlock, Revision
from wavehouse.studio.types.ids import MemoryId, NoteId, ProjectId, StudioEpisodeId
from wavehouse.studio.types.memory import Memory, NewMemory
from wavehouse.studio.types.notes import AddedNote, Note, NoteState
from wavehouse.studio.types.projects import NewProject, Project, ProjectChange, StudioEpisode
from wavehouse.workspace import Edge, Gate

READS, WRITES = Scope.STUDIO_READ, Scope.STUDIO_WRITE


def routers(edge: Edge) -> Iterable[APIRouter]:
    """The API routes for producing shows."""
    operational = edge.workspace.stores.operational
    return [
        _projects(operational, edge.gate),
        _episodes(operational, edge.gate),
        _notes(operational, edge.gate),
        _memory(operational, edge.gate),
    ]


def _projects(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.get("/projects", responses=gate.answers(READS, 422))
    def list_projects(identity: Reader, archived: bool = False) -> list[Project]:
        """The projects by title; at most 1,000."""
        with database.app(identity.organization_id) as tx:
            return projects.list_projects(tx, identity=identity, archived=archived)

    @api.post("/projects", status_code=201, responses=gate.answers(WRITES, 413, 422))
    def create_project(body: bodies.ProjectIn, identity: Writer) -> Project:
        """Create a project; refused when the plan allows no more."""
        new = NewProject(**body.model_dump())
        with database.app(identity.organization_id) as tx:
            return projects.create_project(tx, identity=identity, new=new)

    @api.get("/projects/{project_id}", responses=gate.answers(READS, 404, 422))
    def show_project(project_id: UUID, identity: Reader) -> Project:
        """A project."""
        with database.app(identity.organization_id) as tx:
            return projects.show_project(tx, identity=identity, project_id=ProjectId(project_id))

    @api.patch("/projects/{project_id}", responses=gate.answers(WRITES, 404, 413, 422))
    def change_project(project_id: UUID, body: bodies.ProjectPatch, identity: Writer) -> Project:
        """Change a project; pause, resume or archive it by its status."""
        change = ProjectChange(**body.model_dump(exclude={"status"}))
        wanted = ProjectId(project_id)
        with database.app(identity.organization_id) as tx:
            row = projects.change_project(tx, identity=identity, project_id=wanted, change=change)
            if body.status is None:
                return row
            return projects.set_project_status(
                tx, identity=identity, project_id=wanted, status=body.status
            )

    return api


def _episodes(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.get("/projects/{project_id}/episodes", responses=gate.answers(READS, 404, 422))
    def list_episodes(project_id: UUID, identity: Reader) -> list[StudioEpisode]:
        """The latest 500 episodes of a project, latest first."""
        with database.app(identity.organization_id) as tx:
            return episodes.list_episodes(tx, identity=identity, project_id=ProjectId(project_id))

    @api.post(
        "/projects/{project_id}/episodes",
        status_code=201,
        responses=gate.answers(WRITES, 404, 409, 413, 422),
    )
    def create_episode(
        project_id: UUID, body: bodies.StudioEpisodeIn, identity: Writer
    ) -> StudioEpisode:
        """Plan an episode."""
        with database.app(identity.organization_id) as tx:
            return episodes.create_episode(
                tx, identity=identity, project_id=ProjectId(project_id), **body.model_dump()
            )

    @api.get("/episodes/{episode_id}", responses=gate.answers(READS, 404, 422))
    def show_episode(episode_id: UUID, identity: Reader) -> StudioEpisode:
        """An episode."""
        with database.app(identity.organization_id) as tx:
            return episodes.show_episode(
                tx, identity=identity, episode_id=StudioEpisodeId(episode_id)
            )

    @api.get("/episodes/{episode_id}/script", responses=gate.answers(READS, 404, 422))
    def script(episode_id: UUID, identity: Reader) -> list[Block]:
        """The script of an episode, block by block."""
        with database.app(identity.organization_id) as tx:
            return blocks.script(tx, identity=identity, episode_id=StudioEpisodeId(episode_id))

    @api.put("/episodes/{episode_id}/script", responses=gate.answers(WRITES, 404, 409, 413, 422))
    def write_script(episode_id: UUID, body: bodies.ScriptIn, identity: Writer) -> list[Block]:
        """Store a whole script; changed blocks get a revision, highlights are found again."""
        given = [NewBlock(each.body, each.type) for each in body.blocks]
        with database.app(identity.organization_id) as tx:
            return blocks.write_script(
                tx,
                identity=identity,
                episode_id=StudioEpisodeId(episode_id),
                blocks=given,
                author=Author.PERSON,
            )

    @api.get("/episodes/{episode_id}/revisions", responses=gate.answers(READS, 404, 422))
    def revisions(episode_id: UUID, identity: Reader) -> list[Revision]:
        """The latest 2,000 revisions of the script's blocks, latest first."""
        with database.app(identity.organization_id) as tx:
            return blocks.revisions(tx, identity=identity, episode_id=StudioEpisodeId(episode_id))

    return api


def _notes(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.get("/projects/{project_id}/notes", responses=gate.answers(READS, 404, 422))
    def list_notes(
        project_id: UUID, identity: Reader, state: NoteState | None = None
    ) -> list[Note]:
        """The latest 1,000 notes of a project, oldest first."""
        wanted = ProjectId(project_id)
        with database.app(identity.organization_id) as tx:
            projects.show_project(tx, identity=identity, project_id=wanted)
            return notes.list_notes(tx, identity=identity, project_id=wanted, state=state)

    @api.post(
        "/projects/{project_id}/notes",
        status_code=201,
        responses=gate.answers(WRITES, 404, 413, 422),
    )
    def add_note(project_id: UUID, body: bodies.NoteIn, identity: Writer) -> AddedNote:
        """Leave a note; the response says which episode it will reach."""
        episode_id = None if body.episode_id is None else StudioEpisodeId(body.episode_id)
        with database.app(identity.organization_id) as tx:
            return notes.add_note(
                tx,
                identity=identity,
                project_id=ProjectId(project_id),
                body=body.body,
                kind=body.kind,
                episode_id=episode_id,
            )

    @api.delete("/notes/{note_id}", status_code=204, responses=gate.answers(WRITES, 404, 409, 422))
    def withdraw_note(note_id: UUID, identity: Writer) -> None:
        """Delete an open note."""
        with database.app(identity.organization_id) as tx:
            notes.withdraw_note(tx, identity=identity, note_id=NoteId(note_id))

    return api


def _memory(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.get("/projects/{project_id}/memories", responses=gate.answers(READS, 404, 422))
    def recalled(
        project_id: UUID,
        identity: Reader,
        at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> list[Memory]:
        """The memories valid at a time, as recorded until a time; default: now."""
        with database.app(identity.organization_id) as tx:
            return memory.recalled(
                tx, identity=identity, project_id=ProjectId(project_id), at=at, known_at=known_at
            )

    @api.post(
        "/projects/{project_id}/memories",
        status_code=201,
        responses=gate.answers(WRITES, 404, 413, 422),
    )
    def remember(project_id: UUID, body: bodies.MemoryIn, identity: Writer) -> Memory:
        """Append a memory."""
        new = NewMemory(**body.model_dump())
        with database.app(identity.organization_id) as tx:
            return memory.remember(tx, identity=identity, project_id=ProjectId(project_id), new=new)

    @api.post(
        "/memories/{memory_id}/correction",
        status_code=201,
        responses=gate.answers(WRITES, 404, 409, 413, 422),
    )
    def correct(memory_id: UUID, body: bodies.CorrectionIn, identity: Writer) -> Memory:
        """Supersede a memory; the old row stays."""
        with database.app(identity.organization_id) as tx:
            return memory.correct(
                tx, identity=identity, memory_id=MemoryId(memory_id), **body.model_dump()
            )

    @api.delete("/memories/{memory_id}", status_code=204, responses=gate.answers(WRITES, 404, 422))
    def forget(memory_id: UUID, identity: Writer) -> None:
        """Erase the content of a memory; a tombstone stays."""
        with database.app(identity.organization_id) as tx:
            memory.forget(tx, identity=identity, memory_id=MemoryId(memory_id))

    return api
