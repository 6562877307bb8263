"""SQL for agent memory."""

from __future__ import annotations

from datetime import datetime

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.ids import ProjectId
from wavehouse.studio.types.memory import Memory


def recalled(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: ProjectId,
    valid_at: datetime,
    known_at: datetime,
) -> list[Memory]:
    """What holds at ``valid_at`` by what was recorded until ``known_at``; forgotten rows never."""
    return tx.rows(
        Memory,
        """
        SELECT m.memory_id, m.project_id, m.kind, m.content, m.content_type, m.valid_from,
          m.valid_to, m.recorded_at, m.superseded_by, m.origin_id, m.source_kind, m.source_id,
          m.confidence, m.forgotten_at
        FROM studio.agent_memory m
        LEFT JOIN studio.agent_memory later
          ON later.organization_id = m.organization_id AND later.memory_id = m.superseded_by
        WHERE m.organization_id = %(organization_id)s AND m.project_id = %(project_id)s
          AND m.content IS NOT NULL AND m.recorded_at <= %(known_at)s
          AND m.valid_from <= %(valid_at)s
          AND (m.valid_to IS NULL OR m.valid_to > %(valid_at)s)
          AND (later.memory_id IS NULL OR later.recorded_at > %(known_at)s)
        ORDER BY m.recorded_at, m.source_kind, m.source_id, m.memory_id LIMIT 2000
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "valid_at": valid_at,
            "known_at": known_at,
        },
    )
