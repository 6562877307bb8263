"""SQL for blocks of a script and their revisions, which a trigger stores."""

from __future__ import annotations

from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.blocks import Block, Revision
from wavehouse.studio.types.ids import StudioEpisodeId


def blocks(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: StudioEpisodeId
) -> list[Block]:
    """The blocks of an episode in their order, empty ones included."""
    return tx.rows(
        Block,
        """
        SELECT block_id, position, type, body, revision, written_by FROM studio.blocks
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        ORDER BY position
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def put_block(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    episode_id: StudioEpisodeId,
    position: int,
    type: str,  # noqa: A002 - the column's name
    body: str,
    written_by: UUID | None,
) -> None:
    """Store a block at its position. Unchanged text makes no revision."""
    tx.execute(
        """
        INSERT INTO studio.blocks AS b
          (organization_id, episode_id, position, type, body, written_by)
        VALUES (%(organization_id)s, %(episode_id)s, %(position)s, %(type)s, %(body)s,
          %(written_by)s)
        ON CONFLICT (episode_id, position) DO UPDATE
          SET type = excluded.type, body = excluded.body, written_by = excluded.written_by
          WHERE (b.type, b.body) IS DISTINCT FROM (excluded.type, excluded.body)
        """,
        {
            "organization_id": organization_id,
            "episode_id": episode_id,
            "position": position,
            "type": type,
            "body": body,
            "written_by": written_by,
        },
    )


def revisions(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: StudioEpisodeId
) -> list[Revision]:
    """The latest 2,000 revisions of an episode's blocks, latest first."""
    return tx.rows(
        Revision,
        """
        SELECT r.block_id, b.position, r.revision, r.type, r.body, r.written_by, r.recorded_at
        FROM studio.block_revisions r JOIN studio.blocks b USING (organization_id, block_id)
        WHERE r.organization_id = %(organization_id)s AND b.episode_id = %(episode_id)s
        ORDER BY r.recorded_at DESC, b.position, r.revision DESC LIMIT 2000
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )
