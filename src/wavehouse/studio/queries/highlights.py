"""SQL for highlights."""

from __future__ import annotations

from wavehouse.accounts import Identity
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.blocks import Block
from wavehouse.studio.types.highlights import Highlight, Quote
from wavehouse.studio.types.ids import BlockId, HighlightId, StudioEpisodeId


def insert_highlight(
    tx: Tx[Operational],
    *,
    identity: Identity,
    block: Block,
    quote: Quote,
    note: str | None,
    colour: str,
) -> Highlight:
    """Add a highlight of the acting user."""
    return tx.one(
        Highlight,
        """
        INSERT INTO studio.highlights (organization_id, user_id, block_id, block_revision, exact,
          prefix, suffix, start, "end", note, colour)
        VALUES (%(organization_id)s, %(user_id)s, %(block_id)s, %(revision)s, %(exact)s,
          %(prefix)s, %(suffix)s, %(start)s, %(end)s, %(note)s, %(colour)s)
        RETURNING highlight_id, user_id, block_id, block_revision, exact, prefix, suffix, start,
          "end", note, colour, state, created_at
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "block_id": block.block_id,
            "revision": block.revision,
            "exact": quote.exact,
            "prefix": quote.prefix,
            "suffix": quote.suffix,
            "start": quote.start,
            "end": quote.end,
            "note": note,
            "colour": colour,
        },
    )


def highlights(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: StudioEpisodeId
) -> list[Highlight]:
    """The highlights of an episode's script in the order of the text, orphaned ones last."""
    return tx.rows(
        Highlight,
        """
        SELECT h.highlight_id, h.user_id, h.block_id, h.block_revision, h.exact, h.prefix,
          h.suffix, h.start, h."end", h.note, h.colour, h.state, h.created_at
        FROM studio.highlights h JOIN studio.blocks b USING (organization_id, block_id)
        WHERE h.organization_id = %(organization_id)s AND b.episode_id = %(episode_id)s
        ORDER BY h.state, b.position, h.start, h.highlight_id LIMIT 5000
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def place_highlight(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    highlight_id: HighlightId,
    block_id: BlockId,
    revision: int,
    start: int,
    end: int,
    state: str,
) -> None:
    """Store a highlight's new position, or that it is orphaned."""
    tx.execute(
        """
        UPDATE studio.highlights SET block_id = %(block_id)s, block_revision = %(revision)s,
          start = %(start)s, "end" = %(end)s, state = %(state)s
        WHERE organization_id = %(organization_id)s AND highlight_id = %(highlight_id)s
        """,
        {
            "organization_id": organization_id,
            "highlight_id": highlight_id,
            "block_id": block_id,
            "revision": revision,
            "start": start,
            "end": end,
            "state": state,
        },
    )


def delete_highlight(tx: Tx[Operational], *, identity: Identity, highlight_id: HighlightId) -> int:
    """Delete a highlight of the acting user; returns the number."""
    return tx.execute(
        """
        DELETE FROM studio.highlights
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
          AND highlight_id = %(highlight_id)s
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "highlight_id": highlight_id,
        },
    )
