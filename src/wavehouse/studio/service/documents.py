"""Use cases of source documents: add a text, a page or a PDF to a project; citable parts.

Reading a page or a PDF takes seconds, so it happens before the transaction: ``read_page`` and
``read_pdf_file`` return a ``DocumentText``, ``add_document`` stores it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from wavehouse import accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import documents as queries
from wavehouse.studio.queries.projects import lock_project
from wavehouse.studio.rules import chunking, entered
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.documents import Document, DocumentText, Source
from wavehouse.studio.types.ids import DocumentId, ProjectId

LONGEST = 2_000_000


def sources(tx: Tx[Operational], *, identity: Identity, project_id: ProjectId) -> list[Source]:
    """The citable parts of a project's documents in order, labelled ``[S1]``, ``[S2]`` and so on.

    They are data: a prompt marks them as quotations, never as instructions.
    """
    show_project(tx, identity=identity, project_id=project_id)
    return queries.sources(tx, organization_id=identity.organization_id, project_id=project_id)


def list_documents(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId
) -> list[Document]:
    """The documents of a project, newest first; at most 1,000."""
    show_project(tx, identity=identity, project_id=project_id)
    return queries.documents(tx, organization_id=identity.organization_id, project_id=project_id)


def add_document(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId, document: DocumentText
) -> Document:
    """Store a document as text, cut into citable parts.

    The same text again returns the existing document. InvalidInput without any text, or for more
    than 2 million characters.
    """
    accounts.require(identity.role, Access.WRITE)
    organization_id = identity.organization_id
    if not lock_project(tx, organization_id=organization_id, project_id=project_id):
        show_project(tx, identity=identity, project_id=project_id)
    text = words.paragraphs(document.text).strip()
    if not text:
        raise InvalidInput(
            "the document contains no text", where="text", hint="Run OCR on a scan first."
        )
    document = replace(
        document,
        text=entered.text_of(text, "text", longest=LONGEST),
        title=entered.title_of(words.line(document.title)[: entered.LONGEST_TITLE]),
    )
    digest = hashlib.sha256(document.text.encode()).digest()
    document_id = queries.insert_document(
        tx, identity=identity, project_id=project_id, document=document, digest=digest
    )
    if document_id is None:
        (there,) = queries.documents(
            tx, organization_id=organization_id, project_id=project_id, digest=digest
        )
        return there
    queries.insert_chunks(
        tx,
        organization_id=organization_id,
        project_id=project_id,
        document_id=document_id,
        chunks=chunking.chunks_of(document.text),
    )
    _record(tx, identity, document_id, "document.added")
    return _document(tx, identity, document_id)


def remove_document(tx: Tx[Operational], *, identity: Identity, document_id: DocumentId) -> None:
    """Erase the text of a document. The numbers of its parts are never used again."""
    accounts.require(identity.role, Access.WRITE)
    _document(tx, identity, document_id)
    queries.remove_document(
        tx, organization_id=identity.organization_id, document_id=document_id, at=clock.now()
    )
    _record(tx, identity, document_id, "document.removed")


def _document(tx: Tx[Operational], identity: Identity, document_id: DocumentId) -> Document:
    rows = queries.documents(tx, organization_id=identity.organization_id, document_id=document_id)
    if not rows:
        raise NotFound("there is no such document", command="wavehouse studio documents list")
    return rows[0]


def _record(tx: Tx[Operational], identity: Identity, document_id: DocumentId, action: str) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("document", document_id),
        organization_id=identity.organization_id,
    )
