"""Use cases of agent memory: recall as of any time (CRE-4)."""

from __future__ import annotations

from datetime import datetime

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import memory as queries
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.ids import ProjectId
from wavehouse.studio.types.memory import Memory


def recalled(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> list[Memory]:
    """The memories of a project that hold at ``at``, oldest first; at most 2,000.

    ``known_at`` answers by what was recorded until then; both default to now. Forgotten memories
    are never returned.
    """
    show_project(tx, identity=identity, project_id=project_id)
    now = clock.now()
    return queries.recalled(
        tx,
        organization_id=identity.organization_id,
        project_id=project_id,
        valid_at=at or now,
        known_at=known_at or now,
    )
