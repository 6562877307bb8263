"""SQL for source documents."""

from __future__ import annotations

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.documents import Source
from wavehouse.studio.types.ids import ProjectId


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
