"""SQL for source documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wavehouse.accounts import Identity
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.documents import Document, DocumentText, Source
from wavehouse.studio.types.ids import DocumentId, ProjectId


def sources(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId
) -> list[Source]:
    """The citable parts of a project's documents, by number."""
    return tx.rows(
        Source,
        """
        SELECT c.number, c.document_id, d.title, d.address, c.body
        FROM studio.document_chunks c
        JOIN studio.documents d USING (organization_id, document_id)
        WHERE c.organization_id = %(organization_id)s AND c.project_id = %(project_id)s
          AND d.removed_at IS NULL
        ORDER BY c.number
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def insert_document(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    document: DocumentText,
    digest: bytes,
) -> DocumentId | None:
    """Add a document; None when the project already has the same text."""
    value = tx.value(
        """
        INSERT INTO studio.documents (organization_id, project_id, added_by, kind, title, address,
          digest, pages)
        VALUES (%(organization_id)s, %(project_id)s, %(added_by)s, %(kind)s, %(title)s,
          %(address)s, %(digest)s, %(pages)s)
        ON CONFLICT DO NOTHING RETURNING document_id
        """,
        {
            "organization_id": identity.organization_id,
            "project_id": project_id,
            "added_by": identity.user_id,
            "kind": document.kind,
            "title": document.title,
            "address": document.address,
            "digest": digest,
            "pages": document.pages,
        },
    )
    return None if value is None else DocumentId(value)


def insert_chunks(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: ProjectId,
    document_id: DocumentId,
    chunks: Sequence[tuple[int, str]],
) -> None:
    """Add the parts of a document, numbered after the project's last one."""
    tx.execute(
        """
        INSERT INTO studio.document_chunks
          (organization_id, project_id, number, document_id, start, body)
        SELECT %(organization_id)s, %(project_id)s,
          c.number + (SELECT coalesce(max(number), 0) FROM studio.document_chunks
            WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s),
          %(document_id)s, c.start, c.body
        FROM unnest(%(starts)s::integer[], %(bodies)s::text[]) WITH ORDINALITY
          AS c (start, body, number)
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "document_id": document_id,
            "starts": [start for start, _ in chunks],
            "bodies": [body for _, body in chunks],
        },
    )


def documents(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: ProjectId | None = None,
    document_id: DocumentId | None = None,
    digest: bytes | None = None,
) -> list[Document]:
    """The matching documents, newest first: of a project, by id, by digest; at most 1,000."""
    return tx.rows(
        Document,
        """
        SELECT d.document_id, d.project_id, d.kind, d.title, d.address, d.digest, d.pages,
          (SELECT count(*) FROM studio.document_chunks c
            WHERE c.organization_id = d.organization_id AND c.document_id = d.document_id)
            AS chunks, d.created_at
        FROM studio.documents d
        WHERE d.organization_id = %(organization_id)s AND d.removed_at IS NULL
          AND (%(project_id)s::uuid IS NULL OR d.project_id = %(project_id)s)
          AND (%(document_id)s::uuid IS NULL OR d.document_id = %(document_id)s)
          AND (%(digest)s::bytea IS NULL OR d.digest = %(digest)s)
        ORDER BY d.created_at DESC, d.document_id DESC LIMIT 1000
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "document_id": document_id,
            "digest": digest,
        },
    )


def remove_document(
    tx: Tx[Operational], *, organization_id: OrganizationId, document_id: DocumentId, at: datetime
) -> None:
    """Erase the text of a document; its row and the numbers of its parts stay."""
    tx.execute(
        """
        WITH emptied AS (
          UPDATE studio.document_chunks SET body = ''
          WHERE organization_id = %(organization_id)s AND document_id = %(document_id)s
        )
        UPDATE studio.documents SET removed_at = %(at)s
        WHERE organization_id = %(organization_id)s AND document_id = %(document_id)s
        """,
        {"organization_id": organization_id, "document_id": document_id, "at": at},
    )
