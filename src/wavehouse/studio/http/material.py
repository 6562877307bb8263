"""``/api/v1/studio``: source documents, highlights, user events.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close over
the gate.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.errors import InvalidInput, UsageError
from wavehouse.kernel.fields import Line
from wavehouse.store import Database, Operational
from wavehouse.studio.adapters.pages import read_page
from wavehouse.studio.adapters.pdf import read_pdf
from wavehouse.studio.http import bodies
from wavehouse.studio.service import documents, events, highlights
from wavehouse.studio.types.documents import DocumentKind, DocumentText, Source
from wavehouse.studio.types.events import EventState, NewEvent, Recorded, UserEvent
from wavehouse.studio.types.highlights import Highlight
from wavehouse.studio.types.ids import (
    BlockId,
    DocumentId,
    HighlightId,
    ProjectId,
    StudioEpisodeId,
)
from wavehouse.workspace import Edge, Gate

READS, WRITES = Scope.STUDIO_READ, Scope.STUDIO_WRITE
_PDF = {
    "required": True,
    "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
}


async def _pdf_body(request: Request) -> bytes:
    """The body of a PDF upload; the edge refuses one of more than 20 MB while it arrives."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/pdf":
        raise InvalidInput("the body must be application/pdf", where="Content-Type")
    return await request.body()


def routers(edge: Edge) -> Iterable[APIRouter]:
    """The API routes for a show's material."""
    operational = edge.workspace.stores.operational
    return [
        _documents(operational, edge.gate),
        _highlights(operational, edge.gate),
        _events(operational, edge.gate),
    ]


def _documents(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.get("/projects/{project_id}/documents", responses=gate.answers(READS, 404, 422))
    def list_documents(project_id: UUID, identity: Reader) -> list[bodies.DocumentOut]:
        """The source documents of a project, newest first; at most 1,000."""
        with database.app(identity.organization_id) as tx:
            rows = documents.list_documents(tx, identity=identity, project_id=ProjectId(project_id))
        return [bodies.DocumentOut.of(row) for row in rows]

    @api.get("/projects/{project_id}/sources", responses=gate.answers(READS, 404, 422))
    def sources(project_id: UUID, identity: Reader) -> list[Source]:
        """The parts of the documents that a script cites as [S1], [S2] and so on."""
        with database.app(identity.organization_id) as tx:
            return documents.sources(tx, identity=identity, project_id=ProjectId(project_id))

    @api.post(
        "/projects/{project_id}/documents",
        status_code=201,
        responses=gate.answers(WRITES, 404, 413, 422, 503),
    )
    def add_document(
        project_id: UUID, body: bodies.DocumentIn, identity: Writer
    ) -> bodies.DocumentOut:
        """Add a text to a project, or a public address to read one from."""
        if (body.text is None) == (body.url is None):
            raise UsageError("send one of text, url")
        if body.url is not None:
            document = read_page(body.url)
        else:
            document = DocumentText(DocumentKind.TEXT, body.title or "Text", body.text or "")
        if body.title:
            document = replace(document, title=body.title)
        with database.app(identity.organization_id) as tx:
            row = documents.add_document(
                tx, identity=identity, project_id=ProjectId(project_id), document=document
            )
        return bodies.DocumentOut.of(row)

    @api.post(
        "/projects/{project_id}/documents/pdf",
        status_code=201,
        responses=gate.answers(WRITES, 404, 413, 422),
        openapi_extra={"requestBody": _PDF},
    )
    def upload_pdf(
        project_id: UUID,
        identity: Writer,
        content: Annotated[bytes, Depends(_pdf_body)],
        title: Annotated[Line, Query(max_length=500)] = "",
    ) -> bodies.DocumentOut:
        """Upload a PDF to a project: the body is the file, at most 20 MB, ``application/pdf``."""
        with database.app(identity.organization_id) as tx:
            documents.list_documents(tx, identity=identity, project_id=ProjectId(project_id))
        document = read_pdf(content, title=title or "PDF")
        if title:
            document = replace(document, title=title)
        with database.app(identity.organization_id) as tx:
            row = documents.add_document(
                tx, identity=identity, project_id=ProjectId(project_id), document=document
            )
        return bodies.DocumentOut.of(row)

    @api.delete(
        "/documents/{document_id}", status_code=204, responses=gate.answers(WRITES, 404, 422)
    )
    def remove_document(document_id: UUID, identity: Writer) -> None:
        """Erase the text of a document."""
        with database.app(identity.organization_id) as tx:
            documents.remove_document(tx, identity=identity, document_id=DocumentId(document_id))

    return api


def _highlights(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.get("/episodes/{episode_id}/highlights", responses=gate.answers(READS, 404, 422))
    def list_highlights(episode_id: UUID, identity: Reader) -> list[Highlight]:
        """The highlights of a script in the order of the text, orphaned ones last."""
        with database.app(identity.organization_id) as tx:
            return highlights.list_highlights(
                tx, identity=identity, episode_id=StudioEpisodeId(episode_id)
            )

    @api.post(
        "/episodes/{episode_id}/highlights",
        status_code=201,
        responses=gate.answers(WRITES, 404, 413, 422),
    )
    def add_highlight(episode_id: UUID, body: bodies.HighlightIn, identity: Writer) -> Highlight:
        """Mark a passage; positions count Unicode code points."""
        given = body.model_dump() | {"block_id": BlockId(body.block_id)}
        with database.app(identity.organization_id) as tx:
            return highlights.add_highlight(
                tx, identity=identity, episode_id=StudioEpisodeId(episode_id), **given
            )

    @api.delete(
        "/highlights/{highlight_id}", status_code=204, responses=gate.answers(WRITES, 404, 422)
    )
    def remove_highlight(highlight_id: UUID, identity: Writer) -> None:
        """Delete a highlight of your own."""
        with database.app(identity.organization_id) as tx:
            highlights.remove_highlight(
                tx, identity=identity, highlight_id=HighlightId(highlight_id)
            )

    return api


def _events(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio/events", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.get("", responses=gate.answers(READS, 422))
    def list_events(
        identity: Reader,
        status: EventState | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[UserEvent]:
        """The latest events, latest first."""
        with database.app(identity.organization_id) as tx:
            return events.list_events(tx, identity=identity, status=status, limit=limit)

    @api.post("", responses=gate.answers(WRITES, 413, 422))
    def record_events(body: bodies.UserEventsIn, identity: Writer) -> Recorded:
        """Record events; an event without a matching registered type is quarantined, not lost."""
        given = [NewEvent(**each.model_dump()) for each in body.events]
        with database.app(identity.organization_id) as tx:
            return events.record_events(tx, identity=identity, events=given)

    return api
