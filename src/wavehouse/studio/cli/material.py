"""``wavehouse studio documents`` and ``events``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from wavehouse.kernel.options import EXISTING_FILE
from wavehouse.studio.cli.acting import AS_JSON, PROJECT, organization
from wavehouse.studio.cli.showing import show, show_row

if TYPE_CHECKING:
    from wavehouse.studio.types.documents import DocumentText
    from wavehouse.studio.types.events import NewEvent
    from wavehouse.workspace import OpenWorkspace

_DOCUMENT_COLUMNS = ("document_id", "kind", "title", "chunks", "pages", "address")
_EVENT_COLUMNS = ("occurred_at", "event_type", "status", "client_event_id", "reason")
_LARGEST = 20 * 1024 * 1024


@click.group()
def documents() -> None:
    """Source documents: texts, pages and PDFs that a script may cite."""


@documents.command("add")
@PROJECT
@click.option("--file", "path", type=EXISTING_FILE, help="A text file or a PDF.")
@click.option("--url", help="A public web page, text or PDF.")
@click.option("--title", default="", help="Title; default: the document's own.")
@AS_JSON
@click.pass_obj
def add(
    open_workspace: OpenWorkspace,
    project: UUID,
    path: Path | None,
    url: str | None,
    title: str,
    as_json: bool,
) -> None:
    """Add a document to PROJECT from --file or --url."""
    from wavehouse.studio.service import documents as service
    from wavehouse.studio.types.ids import ProjectId

    with open_workspace() as workspace:
        if (path is None) == (url is None):
            raise click.UsageError("Send one of --file, --url.")
        document = _read(path, url, title)
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            row = service.add_document(
                tx, identity=identity, project_id=ProjectId(project), document=document
            )
    show_row(row, as_json=as_json)


@documents.command("list")
@PROJECT
@AS_JSON
@click.pass_obj
def list_documents(open_workspace: OpenWorkspace, project: UUID, as_json: bool) -> None:
    """List the documents of PROJECT, newest first."""
    from wavehouse.studio.service import documents as service
    from wavehouse.studio.types.ids import ProjectId

    with organization(open_workspace) as (tx, identity):
        rows = service.list_documents(tx, identity=identity, project_id=ProjectId(project))
    show(rows, as_json=as_json, key="documents", columns=_DOCUMENT_COLUMNS)


@documents.command("remove")
@click.argument("document", type=click.UUID)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def remove(open_workspace: OpenWorkspace, document: UUID, yes: bool) -> None:
    """Erase the text of a document. This cannot be undone."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import documents as service
    from wavehouse.studio.types.ids import DocumentId

    with organization(open_workspace) as (tx, identity):
        if not yes:
            click.confirm("Permanently erase the text of this document?", abort=True)
        service.remove_document(tx, identity=identity, document_id=DocumentId(document))
    terminal.say("The document was removed.")


@click.group()
def events() -> None:
    """User events: actions of people, checked against a registry of types."""


@events.command("record")
@click.argument("path", metavar="FILE", type=EXISTING_FILE)
@AS_JSON
@click.pass_obj
def record(open_workspace: OpenWorkspace, path: Path, as_json: bool) -> None:
    """Record the events of FILE: a JSON array of at most 1,000."""
    from wavehouse.studio.service import events as service

    with organization(open_workspace) as (tx, identity):
        given = [_event(each, number) for number, each in enumerate(_array(path))]
        result = service.record_events(tx, identity=identity, events=given)
    show_row(result, as_json=as_json)


@events.command("list")
@click.option("--status", type=click.Choice(["accepted", "quarantined"]))
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@AS_JSON
@click.pass_obj
def list_events(
    open_workspace: OpenWorkspace, status: str | None, limit: int, as_json: bool
) -> None:
    """List events, latest first."""
    from wavehouse.studio.service import events as service
    from wavehouse.studio.types.events import EventState

    wanted = None if status is None else EventState(status)
    with organization(open_workspace) as (tx, identity):
        rows = service.list_events(tx, identity=identity, status=wanted, limit=limit)
    show(rows, as_json=as_json, key="events", columns=_EVENT_COLUMNS)


@events.command("replay")
@AS_JSON
@click.pass_obj
def replay(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Check quarantined events again, after their type was registered."""
    from wavehouse.studio.service import events as service

    with organization(open_workspace) as (tx, identity):
        result = service.replay_events(tx, identity=identity)
    show_row(result, as_json=as_json)


@events.command("types")
@AS_JSON
@click.pass_obj
def types(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the registered types."""
    from wavehouse.studio.service import events as service

    with organization(open_workspace) as (tx, identity):
        rows = service.list_event_types(tx, identity=identity)
    columns = ("event_type", "version", "retired_at", "description")
    show(rows, as_json=as_json, key="types", columns=columns)


@events.command("register")
@click.argument("name")
@click.option("--description", required=True)
@click.option("--schema", "schema", required=True, help="JSON schema of the data, as JSON.")
@AS_JSON
@click.pass_obj
def register(
    open_workspace: OpenWorkspace, name: str, description: str, schema: str, as_json: bool
) -> None:
    """Register the type NAME, or its next version, for the whole installation."""
    from wavehouse.kernel.errors import Refused
    from wavehouse.studio.service import events as service

    with open_workspace() as workspace:
        identity, value = workspace.identity, _schema(schema)
        if identity.organization_id != workspace.organization.organization_id:
            raise Refused("only the operator may register event types")
        with workspace.stores.operational.worker() as tx:
            row = service.register_event_type(
                tx, identity=identity, event_type=name, description=description, json_schema=value
            )
    show_row(row, as_json=as_json)


def _schema(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise click.BadParameter("a JSON schema must be a JSON object", param_hint="--schema")
    return value


def _read(path: Path | None, url: str | None, title: str) -> DocumentText:
    from dataclasses import replace

    from wavehouse.kernel.errors import InvalidInput
    from wavehouse.studio.adapters.pages import read_page
    from wavehouse.studio.adapters.pdf import read_pdf_file
    from wavehouse.studio.types.documents import DocumentKind, DocumentText

    if path is None:
        document = read_page(url or "")
    elif path.suffix.lower() == ".pdf":
        document = read_pdf_file(path)
    else:
        if path.stat().st_size > _LARGEST:
            raise InvalidInput("the file is larger than 20 MB", where=str(path))
        text = path.read_text("utf-8", errors="replace")
        document = DocumentText(DocumentKind.TEXT, path.stem, text)
    return replace(document, title=title) if title else document


def _array(path: Path) -> list[Any]:
    from wavehouse.kernel.errors import InvalidInput

    if path.stat().st_size > _LARGEST:
        raise InvalidInput("the file is larger than 20 MB", where=str(path))
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise InvalidInput("the file is not a JSON array", where=str(path))
    return value


def _event(value: Any, number: int) -> NewEvent:
    from wavehouse.kernel.errors import InvalidInput
    from wavehouse.studio.types.events import NewEvent

    try:
        return NewEvent(
            str(value["event_type"]),
            str(value["client_event_id"]),
            datetime.fromisoformat(value["occurred_at"]),
            dict(value.get("event_data", {})),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidInput(
            "an event must have event_type, client_event_id, occurred_at, event_data",
            where=f"events[{number}]",
        ) from None
