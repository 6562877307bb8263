"""SQL for episodes in production."""

from __future__ import annotations

from datetime import datetime

from wavehouse.accounts import Identity
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.projects import StudioEpisode


def insert_episode(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    title: str,
    status: str,
    scheduled_for: datetime | None,
) -> StudioEpisode:
    """Add an episode."""
    return tx.one(
        StudioEpisode,
        """
        INSERT INTO studio.episodes (organization_id, project_id, title, status, scheduled_for)
        VALUES (%(organization_id)s, %(project_id)s, %(title)s, %(status)s, %(scheduled_for)s)
        RETURNING episode_id, project_id, title, status, scheduled_for, published_at,
          generation_attempts, generation_errors, catalog_episode_id, notes_closed_at, created_at
        """,
        {
            "organization_id": identity.organization_id,
            "project_id": project_id,
            "title": title,
            "status": status,
            "scheduled_for": scheduled_for,
        },
    )


def episodes(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId | None
) -> list[StudioEpisode]:
    """The latest 500 episodes of a project or of all, the latest time first."""
    return tx.rows(
        StudioEpisode,
        """
        SELECT episode_id, project_id, title, status, scheduled_for, published_at,
          generation_attempts, generation_errors, catalog_episode_id, notes_closed_at, created_at
        FROM studio.episodes
        WHERE organization_id = %(organization_id)s
          AND (%(project_id)s::uuid IS NULL OR project_id = %(project_id)s)
        ORDER BY coalesce(scheduled_for, published_at, created_at) DESC, episode_id DESC
        LIMIT 500
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def episode(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: StudioEpisodeId
) -> StudioEpisode | None:
    """An episode by its id."""
    return tx.maybe(
        StudioEpisode,
        """
        SELECT episode_id, project_id, title, status, scheduled_for, published_at,
          generation_attempts, generation_errors, catalog_episode_id, notes_closed_at, created_at
        FROM studio.episodes
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def lock_episode(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: StudioEpisodeId
) -> StudioEpisode | None:
    """An episode by its id, locked until the transaction ends."""
    return tx.maybe(
        StudioEpisode,
        """
        SELECT episode_id, project_id, title, status, scheduled_for, published_at,
          generation_attempts, generation_errors, catalog_episode_id, notes_closed_at, created_at
        FROM studio.episodes
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        FOR NO KEY UPDATE
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def update_episode(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    episode_id: StudioEpisodeId,
    title: str,
    status: str,
) -> None:
    """Store the title and the status of an episode."""
    tx.execute(
        """
        UPDATE studio.episodes SET title = %(title)s, status = %(status)s
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        """,
        {
            "organization_id": organization_id,
            "episode_id": episode_id,
            "title": title,
            "status": status,
        },
    )
