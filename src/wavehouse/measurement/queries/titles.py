"""SQL that reads the titles of shows and episodes for figures that have their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx


@dataclass(frozen=True, slots=True)
class Title:
    """The title of a show or an episode, by its id as text."""

    member: str
    title: str


def show_titles(
    tx: Tx[Operational], *, organization_id: OrganizationId, podcast_ids: Sequence[UUID]
) -> dict[str, str]:
    """Titles by show id."""
    rows = tx.rows(
        Title,
        """
        SELECT podcast_id::text AS member, title FROM catalog.podcasts
        WHERE organization_id = %(organization_id)s AND podcast_id = ANY(%(podcast_ids)s)
        """,
        {"organization_id": organization_id, "podcast_ids": list(podcast_ids)},
    )
    return {row.member: row.title for row in rows}


def episode_titles(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_ids: Sequence[str]
) -> dict[str, str]:
    """Titles by episode id; ids as text, as in rollups."""
    rows = tx.rows(
        Title,
        """
        SELECT episode_id::text AS member, title FROM catalog.episodes
        WHERE organization_id = %(organization_id)s AND episode_id = ANY(%(episode_ids)s::uuid[])
        """,
        {"organization_id": organization_id, "episode_ids": list(episode_ids)},
    )
    return {row.member: row.title for row in rows}
