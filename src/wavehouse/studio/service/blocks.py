"""Use cases of scripts: write one, read it, read its revisions (CRE-7).

A block that is removed keeps its row with an empty body, so that its revisions and highlights
stay; ``script`` does not return it.
"""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse import accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel.errors import Conflict, InvalidInput
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import blocks as queries
from wavehouse.studio.rules import entered
from wavehouse.studio.service.episodes import lock_episode, show_episode
from wavehouse.studio.service.highlights import anchor_again
from wavehouse.studio.types.blocks import Author, Block, NewBlock, Revision
from wavehouse.studio.types.ids import StudioEpisodeId
from wavehouse.studio.types.projects import EpisodeStatus

MOST_BLOCKS = 500


def write_script(
    tx: Tx[Operational],
    *,
    identity: Identity,
    episode_id: StudioEpisodeId,
    blocks: Sequence[NewBlock],
    author: Author,
) -> list[Block]:
    """Store the script of an episode, block by block; changed blocks get a revision.

    ``author`` is the acting person or the generation. Writing the same script again changes
    nothing. Conflict when a person edits an archived episode; InvalidInput for more than 500 blocks
    or an empty one.
    """
    accounts.require(identity.role, Access.WRITE)
    episode = lock_episode(tx, identity=identity, episode_id=episode_id)
    if episode.status == EpisodeStatus.ARCHIVED:
        raise Conflict("the episode is archived")
    if len(blocks) > MOST_BLOCKS:
        raise InvalidInput(f"a script has at most {MOST_BLOCKS} blocks", where="blocks")
    old = queries.blocks(tx, organization_id=identity.organization_id, episode_id=episode_id)
    rows = [(each.type, entered.text_of(each.body, "block")) for each in blocks]
    rows += [(each.type, "") for each in old[len(rows) :]]  # type: ignore[misc]
    for position, (kind, body) in enumerate(rows):
        queries.put_block(
            tx,
            organization_id=identity.organization_id,
            episode_id=episode_id,
            position=position,
            type=kind,
            body=body,
            written_by=identity.user_id if author is Author.PERSON else None,
        )
    anchor_again(tx, identity=identity, episode_id=episode_id)
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action="script.written",
        resource=("studio_episode", episode_id),
        organization_id=identity.organization_id,
        metadata={"author": author, "blocks": len(blocks)},
    )
    return script(tx, identity=identity, episode_id=episode_id)


def script(tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId) -> list[Block]:
    """The script of an episode: its blocks in order, without removed ones."""
    show_episode(tx, identity=identity, episode_id=episode_id)
    rows = queries.blocks(tx, organization_id=identity.organization_id, episode_id=episode_id)
    return [row for row in rows if row.body]


def revisions(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> list[Revision]:
    """The latest 2,000 revisions of a script's blocks, latest first."""
    show_episode(tx, identity=identity, episode_id=episode_id)
    return queries.revisions(tx, organization_id=identity.organization_id, episode_id=episode_id)
