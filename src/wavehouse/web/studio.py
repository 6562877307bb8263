"""The studio's pages: projects, one project with its calendar, notes, memory and documents."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from wavehouse import studio
from wavehouse.accounts import Identity
from wavehouse.charts import format as fmt
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import InvalidInput, LimitReached, NotFound, Refused, Unreachable
from wavehouse.studio import ProjectId, StudioEpisodeId
from wavehouse.web import studio_episode
from wavehouse.web.access import Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.page_context import PageContext, back
from wavehouse.web.studio_tables import (
    TONES,
    WEEK,
    month_ends,
    note_cells,
    reach_sentence,
    weeks,
)
from wavehouse.web.upload import Upload, read_upload

_CORRECTABLE = (*CORRECTABLE, LimitReached, Unreachable, Refused)
_PROJECT_FIELDS = ("title", "language", "brief")
_NOTE_FIELDS = ("note", "episode_id")
_DOCUMENT_FIELDS = ("text", "url")
_PDF_FIELDS = ("pdf",)
_EPISODE_FIELDS = ("title", "scheduled_for")
_MOST_ROWS = 50


def router(context: PageContext) -> APIRouter:
    """Routes of ``/studio`` and its pages of projects, episodes and chats."""
    routes = APIRouter(include_in_schema=False)
    _projects(routes, context)
    _project(routes, context)
    _inputs(routes, context)
    studio_episode.add_routes(routes, context)
    return routes


def _projects(routes: APIRouter, context: PageContext) -> None:
    operational = context.workspace.stores.operational

    def page(request: Request, identity: Identity, entered: Entered = NOTHING) -> Response:
        with operational.app(identity.organization_id) as tx:
            rows = studio.list_projects(tx, identity=identity, archived=True)
        projects = [
            {
                "id": row.project_id,
                "title": row.title,
                "brief": row.brief,
                "language": row.language,
                "status": row.status,
                "tone": TONES.get(row.status, ""),
                "cadence": _cadence(row.cadence_config),
            }
            for row in rows
        ]
        return context.page(request, "studio", identity, projects=projects, entered=entered)

    @routes.get("/studio")
    def show(request: Request) -> Response:
        return page(request, context.visitor(request))

    @routes.post("/studio/projects")
    def create(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        new = studio.NewProject(
            fields.get("title", ""), fields.get("language", ""), fields.get("brief", "")
        )
        try:
            with operational.app(identity.organization_id) as tx:
                project = studio.create_project(tx, identity=identity, new=new)
        except _CORRECTABLE as error:
            return page(request, identity, refused(fields, error, _PROJECT_FIELDS))
        return back(f"/studio/projects/{project.project_id}", "made_project")


def _project(routes: APIRouter, context: PageContext) -> None:
    operational = context.workspace.stores.operational

    @routes.get("/studio/projects/{project_id}")
    def show(request: Request, project_id: UUID) -> Response:
        return project_page(context, request, context.visitor(request), ProjectId(project_id))

    @routes.post("/studio/projects/status")
    def status(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        project_id = ProjectId(_id(fields, "project_id"))
        wanted = fields.get("status", "")
        if wanted not in set(studio.ProjectStatus):
            raise InvalidInput("invalid status", where="status")
        try:
            with operational.app(identity.organization_id) as tx:
                studio.set_project_status(
                    tx,
                    identity=identity,
                    project_id=project_id,
                    status=studio.ProjectStatus(wanted),
                )
        except LimitReached as error:
            entered = refused(fields, error, ())
            return project_page(context, request, identity, project_id, entered)
        return back(f"/studio/projects/{project_id}", "changed_project")

    @routes.post("/studio/episodes")
    def plan(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        project_id = ProjectId(_id(fields, "project_id"))
        try:
            with operational.app(identity.organization_id) as tx:
                studio.create_episode(
                    tx,
                    identity=identity,
                    project_id=project_id,
                    title=fields.get("title", ""),
                )
        except _CORRECTABLE as error:
            entered = refused(fields, error, _EPISODE_FIELDS)
            return project_page(context, request, identity, project_id, entered)
        return back(f"/studio/projects/{project_id}", "planned_episode")


def _inputs(routes: APIRouter, context: PageContext) -> None:
    operational = context.workspace.stores.operational

    @routes.post("/studio/notes")
    def add_note(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        project_id = ProjectId(_id(fields, "project_id"))
        about = fields.get("episode_id", "")
        kind = fields.get("kind", "feedback")
        try:
            with operational.app(identity.organization_id) as tx:
                studio.add_note(
                    tx,
                    identity=identity,
                    project_id=project_id,
                    body=fields.get("note", ""),
                    kind=studio.NoteKind(kind if kind in set(studio.NoteKind) else "feedback"),
                    episode_id=StudioEpisodeId(_id(fields, "episode_id")) if about else None,
                )
        except _CORRECTABLE as error:
            entered = refused(fields, error, _NOTE_FIELDS)
            return project_page(context, request, identity, project_id, entered)
        return back(_origin(fields, project_id), "left_note")

    @routes.post("/studio/notes/withdraw")
    def withdraw(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.app(identity.organization_id) as tx:
            note_id = studio.NoteId(_id(fields, "note_id"))
            note = studio.show_note(tx, identity=identity, note_id=note_id)
            studio.withdraw_note(tx, identity=identity, note_id=note_id)
        return back(f"/studio/projects/{note.project_id}", "withdrew_note")

    @routes.post("/studio/documents")
    def add_document(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        project_id = ProjectId(_id(fields, "project_id"))
        try:
            document = _document(fields)
            with operational.app(identity.organization_id) as tx:
                studio.add_document(tx, identity=identity, project_id=project_id, document=document)
        except _CORRECTABLE as error:
            entered = refused(fields, error, _DOCUMENT_FIELDS)
            return project_page(context, request, identity, project_id, entered)
        return back(f"/studio/projects/{project_id}", "added_document")

    async def uploaded(request: Request) -> Upload:
        """The uploaded form; users without access are refused before their file is read."""
        await run_in_threadpool(context.visitor, request)
        return await read_upload(request)

    @routes.post("/studio/documents/pdf")
    def upload_pdf(request: Request, upload: Upload = Depends(uploaded)) -> Response:  # noqa: B008 - FastAPI's way to close over the context
        identity = context.editor(request, upload.fields)
        project_id = ProjectId(_id(upload.fields, "project_id"))
        try:
            if not upload.content:
                raise InvalidInput("choose a PDF file", where="pdf")
            title = words.line(upload.file_name).removesuffix(".pdf") or "PDF"
            document = studio.read_pdf(upload.content, title=title)
            with operational.app(identity.organization_id) as tx:
                studio.add_document(tx, identity=identity, project_id=project_id, document=document)
        except _CORRECTABLE as error:
            entered = refused(upload.fields, error, _PDF_FIELDS)
            return project_page(context, request, identity, project_id, entered)
        return back(f"/studio/projects/{project_id}", "added_document")

    @routes.post("/studio/documents/remove")
    def remove_document(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.app(identity.organization_id) as tx:
            studio.remove_document(
                tx, identity=identity, document_id=studio.DocumentId(_id(fields, "document_id"))
            )
        return back(_origin(fields, None), "removed_document")

    @routes.post("/studio/memories/forget")
    def forget(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.app(identity.organization_id) as tx:
            erased = studio.forget(
                tx, identity=identity, memory_id=studio.MemoryId(_id(fields, "memory_id"))
            )
        return back(_origin(fields, None), "forgot_memory", erased)


def project_page(
    context: PageContext,
    request: Request,
    identity: Identity,
    project_id: ProjectId,
    entered: Entered = NOTHING,
) -> Response:
    """The page of a project. NotFound when the organization has no such project."""
    first = _month(request.query_params.get("month", ""))
    before, after = month_ends(first)
    with context.workspace.stores.operational.app(identity.organization_id) as tx:
        arguments: dict[str, Any] = {"identity": identity, "project_id": project_id}
        project = studio.show_project(tx, **arguments)
        episodes = studio.list_episodes(tx, **arguments)
        slots = studio.calendar_of(tx, first=before, last=after, **arguments)
        notes = studio.list_notes(tx, **arguments)
        reach = studio.reach(tx, **arguments)
        memories = studio.recalled(tx, **arguments)
        documents = studio.list_documents(tx, **arguments)
    titles: dict[UUID, str] = {row.episode_id: row.title for row in episodes}
    return context.page(
        request,
        "studio_project",
        identity,
        project=project,
        tone=TONES.get(project.status, ""),
        cadence=_cadence(project.cadence_config),
        month=f"{first:%B} {first.year}",
        before=f"{before:%Y-%m}",
        after=f"{after:%Y-%m}",
        week=WEEK,
        weeks=weeks(first, slots, clock.today()),
        any_slots=bool(slots),
        episodes=[_episode(row) for row in episodes[:_MOST_ROWS]],
        notes=note_cells(notes[-_MOST_ROWS:][::-1], titles),
        reach=reach_sentence(reach),
        memories=[
            {
                "id": row.memory_id,
                "content": row.content,
                "kind": row.kind,
                "source": row.source_kind,
                "since": fmt.instant(row.valid_from),
            }
            for row in memories[-_MOST_ROWS:][::-1]
        ],
        documents=[
            {
                "id": row.document_id,
                "title": row.title,
                "kind": row.kind,
                "address": row.address or "",
                "chunks": row.chunks,
                "pages": row.pages,
            }
            for row in documents[:_MOST_ROWS]
        ],
        entered=entered,
    )


def _episode(row: studio.StudioEpisode) -> dict[str, object]:
    at = row.published_at or row.scheduled_for
    return {
        "id": row.episode_id,
        "title": row.title,
        "status": row.status,
        "tone": TONES.get(row.status, ""),
        "at": fmt.instant(at) if at else "",
    }


def _document(fields: dict[str, str]) -> studio.DocumentText:
    url, text = fields.get("url", "").strip(), fields.get("text", "").strip()
    if bool(url) == bool(text):
        raise InvalidInput("Send either a text or a web address", where="text")
    if url:
        return studio.read_page(url)
    title = fields.get("document_title", "").strip() or text.splitlines()[0][:80]
    return studio.DocumentText(studio.DocumentKind.TEXT, title, text)


def _cadence(config: dict[str, Any]) -> str:
    """A cadence in words; empty when there is none."""
    days, times = config.get("days"), config.get("times")
    if not isinstance(days, list) or not isinstance(times, list):
        return ""
    return f"{', '.join(map(str, days))} at {', '.join(map(str, times))} ({config.get('tz', '')})"


def _month(text: str) -> date:
    """The first day of a month such as 2026-11; this month for anything else."""
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        day = clock.today().replace(day=1)
    return day if 1990 < day.year < 2100 else clock.today().replace(day=1)


def _id(fields: dict[str, str], name: str) -> UUID:
    try:
        return UUID(fields.get(name, ""))
    except ValueError:
        raise NotFound("there is no such entry", where=name) from None


def _origin(fields: dict[str, str], project_id: ProjectId | None) -> str:
    """The page that a form was on: of the episode or of the project."""
    for name, folder in (("from_episode", "episodes"), ("project_id", "projects")):
        try:
            return f"/studio/{folder}/{UUID(fields.get(name, ''))}"
        except ValueError:
            continue
    return f"/studio/projects/{project_id}" if project_id else "/studio"
